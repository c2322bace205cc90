# scm-agent-fetch as the agent starts it, against scm-sim and worse.
add_library(fetch_scene STATIC ${CMAKE_CURRENT_LIST_DIR}/sim.c ${CMAKE_CURRENT_LIST_DIR}/bad_server.c
	${CMAKE_CURRENT_LIST_DIR}/fetch_client.c ${CMAKE_CURRENT_LIST_DIR}/fetch_scene.c)
target_link_libraries(fetch_scene PUBLIC base scm_wire
	PRIVATE PkgConfig::SSL PkgConfig::CRYPTO PkgConfig::CMOCKA Threads::Threads)

foreach(part orders lists dcv lost limits talk probe)
	scm_test(test_fetch_${part} LABEL component TIMEOUT 300 SOURCES test_fetch_${part}.c
		USES fetch_scene LIBS PkgConfig::CRYPTO
		ARGS $<TARGET_FILE:scm-sim> $<TARGET_FILE:scm-agent-fetch>)
endforeach()

scm_test(test_fetch_published LABEL component TIMEOUT 300 SOURCES test_fetch_published.c file_server.c
	USES fetch_scene ARGS $<TARGET_FILE:scm-sim> $<TARGET_FILE:scm-agent-fetch>)

# keystore.cmake, which comes first, has looked for the module.
scm_test(test_fetch_token LABEL component SOURCES test_fetch_token.c
	USES fetch_scene keystore LIBS PkgConfig::CRYPTO
	ARGS $<TARGET_FILE:scm-sim> $<TARGET_FILE:scm-agent-fetch>)
target_compile_definitions(test_fetch_token PRIVATE SOFTHSM_MODULE="${softhsm_module}"
	SOFTHSM_INIT="${CMAKE_SOURCE_DIR}/tests/softhsm-init.sh")

scm_test(test_fetch_sandbox LABEL component SOURCES test_fetch_sandbox.c USES fetch LIBS Threads::Threads)
