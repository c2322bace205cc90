# Orders that follow another, and revocations, by scm-agent-fetch at scm-sim. scm.cmake makes fetch_scene.
foreach(part operations enrollment)
	scm_test(test_fetch_${part} LABEL component TIMEOUT 300
		SOURCES test_fetch_${part}.c follow_scene.c
		USES fetch_scene LIBS PkgConfig::CRYPTO
		ARGS $<TARGET_FILE:scm-sim> $<TARGET_FILE:scm-agent-fetch>)
endforeach()
