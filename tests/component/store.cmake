# keystore/ writing stores: that keytool and openssl read them, also those that keytool made, and
# that a token's key goes into none.
find_program(keytool keytool)
foreach(part keytool text)
	scm_test(test_store_${part} LABEL component TIMEOUT 600
		SOURCES test_store_${part}.c java_store.c ../unit/store_scene.c ../unit/ca_fixture.c
		USES keystore LIBS PkgConfig::SSL PkgConfig::CRYPTO
		ARGS ${keytool})
endforeach()
scm_test(test_store_openssl LABEL component
	SOURCES test_store_openssl.c java_store.c ../unit/store_scene.c ../unit/ca_fixture.c
	USES keystore LIBS PkgConfig::CRYPTO)
# keystore.cmake comes before this in the order of names, and has the token's module.
scm_test(test_store_token LABEL component TIMEOUT 300
	SOURCES test_store_token.c token_fixture.c ../unit/store_scene.c ../unit/ca_fixture.c
	USES keystore LIBS PkgConfig::CRYPTO PkgConfig::P11KIT dl)
add_dependencies(test_store_token p11_fault_module)
target_compile_definitions(test_store_token PRIVATE SOFTHSM_MODULE="${softhsm_module}"
	SOFTHSM_INIT="${CMAKE_SOURCE_DIR}/tests/softhsm-init.sh"
	FAULT_MODULE="$<TARGET_FILE:p11_fault_module>")
foreach(part keytool text openssl token)
	target_include_directories(test_store_${part} PRIVATE ../unit)
endforeach()
