scm_test(test_proc LABEL unit SOURCES test_proc.c USES base)
foreach(part hook hook_env stanza verify)
	scm_test(test_${part} LABEL unit SOURCES test_${part}.c USES deploy_hooks)
endforeach()
foreach(part starttls starttls_hostile)
	scm_test(test_${part} LABEL unit SOURCES test_${part}.c starttls_story.c USES deploy_hooks)
endforeach()
scm_test(test_probe LABEL unit
	SOURCES test_probe.c tls_server.c ca_fixture.c
	USES deploy_hooks LIBS PkgConfig::SSL PkgConfig::CRYPTO Threads::Threads)
