# keystore/ against Java's own keytool, which makes each of the files.
find_program(keytool keytool)
scm_test(test_jks_keytool LABEL component TIMEOUT 300
	SOURCES test_jks_keytool.c ../unit/ca_fixture.c
	USES keystore LIBS PkgConfig::CRYPTO
	ARGS ${keytool})
target_include_directories(test_jks_keytool PRIVATE ../unit)
