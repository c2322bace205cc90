# keystore/ against a real SoftHSM, fresh for each test, and against one that fails on demand.
file(GLOB softhsm_module /usr/lib*/softhsm/libsofthsm2.so /usr/lib*/pkcs11/libsofthsm2.so
	/usr/lib/*/softhsm/libsofthsm2.so)
list(APPEND softhsm_module "")
list(GET softhsm_module 0 softhsm_module)

add_library(p11_fault_module MODULE p11_fault_module.c)
target_link_libraries(p11_fault_module PRIVATE PkgConfig::P11KIT dl)
target_compile_definitions(p11_fault_module PRIVATE SOFTHSM_MODULE="${softhsm_module}")

foreach(part token token_open token_faults token_sweep token_hang token_credential)
	scm_test(test_${part} LABEL component TIMEOUT 300
		SOURCES test_${part}.c token_fixture.c ../unit/ca_fixture.c
		USES keystore
		LIBS PkgConfig::SSL PkgConfig::CRYPTO PkgConfig::P11KIT dl)
	add_dependencies(test_${part} p11_fault_module)
	target_include_directories(test_${part} PRIVATE ../unit)
	target_compile_definitions(test_${part} PRIVATE SOFTHSM_MODULE="${softhsm_module}"
		SOFTHSM_INIT="${CMAKE_SOURCE_DIR}/tests/softhsm-init.sh"
		FAULT_MODULE="$<TARGET_FILE:p11_fault_module>")
endforeach()
