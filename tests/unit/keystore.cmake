# keystore/ without a token: key types, key files, PEM and PKCS #12 credentials, module names.
foreach(part type id files legacy module uri)
	scm_test(test_ks_${part} LABEL unit SOURCES test_ks_${part}.c
		USES keystore LIBS PkgConfig::CRYPTO PkgConfig::P11KIT)
endforeach()
foreach(part pem p12 p12_damage)
	scm_test(test_ks_${part} LABEL unit SOURCES test_ks_${part}.c p12_fixture.c ca_fixture.c
		USES keystore LIBS PkgConfig::CRYPTO)
endforeach()
