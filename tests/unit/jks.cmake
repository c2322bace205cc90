# keystore/ and what Java keeps keys and certificates in.
foreach(part jks jks_credential jks_damage ks_trust)
	scm_test(test_${part} LABEL unit
		SOURCES test_${part}.c jks_fixture.c p12_fixture.c ca_fixture.c
		USES keystore LIBS PkgConfig::CRYPTO)
endforeach()
