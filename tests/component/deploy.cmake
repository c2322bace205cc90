foreach(part nginx nginx_token)
	scm_test(test_${part} LABEL component
		SOURCES test_${part}.c nginx_scene.c ../unit/ca_fixture.c
		USES deploy_hooks LIBS PkgConfig::CRYPTO
		ARGS ${CMAKE_SOURCE_DIR}/deploy-hooks/scripts/nginx)
	target_include_directories(test_${part} PRIVATE ../unit)
endforeach()
add_test(NAME deploy_scripts
	COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/deploy-scripts.sh ${CMAKE_SOURCE_DIR}/deploy-hooks/scripts)
set_tests_properties(deploy_scripts PROPERTIES LABELS component TIMEOUT 120 SKIP_RETURN_CODE 77)

add_executable(probe_once ${CMAKE_CURRENT_LIST_DIR}/probe_once.c)
target_link_libraries(probe_once PRIVATE deploy_hooks base)
add_test(NAME starttls_servers
	COMMAND ${CMAKE_CURRENT_LIST_DIR}/starttls.sh $<TARGET_FILE:probe_once>)
set_tests_properties(starttls_servers PROPERTIES LABELS component TIMEOUT 300 SKIP_RETURN_CODE 77)
