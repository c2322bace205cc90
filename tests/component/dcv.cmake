# dcv/lookup.c against a real BIND; the script makes a network for it and starts the server.
add_executable(test_dcv_lookup test_dcv_lookup.c)
target_link_libraries(test_dcv_lookup PRIVATE scm_dcv PkgConfig::CMOCKA)
add_test(NAME test_dcv_lookup
	COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/dcv-lookup.sh $<TARGET_FILE:test_dcv_lookup>)
set_tests_properties(test_dcv_lookup PROPERTIES LABELS component TIMEOUT 120 SKIP_RETURN_CODE 77)
