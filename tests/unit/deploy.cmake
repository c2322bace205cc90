scm_test(test_proc LABEL unit SOURCES test_proc.c USES base)
foreach(part hook hook_env stanza verify)
	scm_test(test_${part} LABEL unit SOURCES test_${part}.c USES deploy_hooks)
endforeach()
