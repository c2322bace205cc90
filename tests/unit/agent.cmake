# agent/: what decides, and what it remembers.
foreach(part profile record validation store table situation renew retry refusal)
	scm_test(test_${part} LABEL unit SOURCES test_${part}.c USES agent)
endforeach()
foreach(part ini conf conf_dcv conf_key)
	scm_test(test_${part} LABEL unit SOURCES test_${part}.c conf_scene.c USES agent)
endforeach()
scm_test(test_revocation LABEL unit SOURCES test_revocation.c USES agent)
scm_test(test_out LABEL unit SOURCES test_out.c USES agent LIBS PkgConfig::CJSON)
