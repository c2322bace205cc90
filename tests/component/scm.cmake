# scm-agent-fetch as the agent starts it, against scm-sim and worse.
add_library(fetch_scene STATIC ${CMAKE_CURRENT_LIST_DIR}/sim.c ${CMAKE_CURRENT_LIST_DIR}/bad_server.c
	${CMAKE_CURRENT_LIST_DIR}/fetch_client.c ${CMAKE_CURRENT_LIST_DIR}/fetch_scene.c)
target_link_libraries(fetch_scene PUBLIC base scm_wire
	PRIVATE PkgConfig::SSL PkgConfig::CRYPTO PkgConfig::CMOCKA Threads::Threads)

foreach(part orders lost)
	scm_test(test_fetch_${part} LABEL component SOURCES test_fetch_${part}.c
		USES fetch_scene ARGS $<TARGET_FILE:scm-sim> $<TARGET_FILE:scm-agent-fetch>)
endforeach()
