# keystore/ writing what servers read: key stores and PEM.
foreach(part pem_write store store_hostile)
	scm_test(test_ks_${part} LABEL unit
		SOURCES test_ks_${part}.c store_scene.c jks_fixture.c p12_fixture.c ca_fixture.c
		USES keystore LIBS PkgConfig::CRYPTO)
endforeach()
