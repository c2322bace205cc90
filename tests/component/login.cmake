# scm-agent-fetch with every login and through real proxies. scm.cmake makes fetch_scene.
foreach(part auth oauth)
	scm_test(test_fetch_${part} LABEL component TIMEOUT 300 SOURCES test_fetch_${part}.c
		USES fetch_scene LIBS PkgConfig::CRYPTO
		ARGS $<TARGET_FILE:scm-sim> $<TARGET_FILE:scm-agent-fetch>)
endforeach()

scm_test(test_fetch_proxy LABEL component TIMEOUT 300 SOURCES test_fetch_proxy.c proxy.c
	USES fetch_scene LIBS PkgConfig::CRYPTO
	ARGS $<TARGET_FILE:scm-sim> $<TARGET_FILE:scm-agent-fetch>)

# jks.cmake, which comes first, has looked for keytool.
scm_test(test_fetch_stores LABEL component TIMEOUT 300 SOURCES test_fetch_stores.c
	USES fetch_scene LIBS PkgConfig::CRYPTO
	ARGS $<TARGET_FILE:scm-sim> $<TARGET_FILE:scm-agent-fetch> ${keytool})

# What the agent does with an account's credentials, by the same program.
scm_test(test_net LABEL component SOURCES test_net.c USES fetch_scene agent
	ARGS $<TARGET_FILE:scm-sim> $<TARGET_FILE:scm-agent-fetch>)
