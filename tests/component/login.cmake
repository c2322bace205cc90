# scm-agent-fetch with every login and through real proxies. scm.cmake makes fetch_scene.
foreach(part auth oauth)
	scm_test(test_fetch_${part} LABEL component TIMEOUT 300 SOURCES test_fetch_${part}.c
		USES fetch_scene LIBS PkgConfig::CRYPTO
		ARGS $<TARGET_FILE:scm-sim> $<TARGET_FILE:scm-agent-fetch>)
endforeach()
