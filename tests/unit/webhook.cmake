# webhook/: what reads a stranger's request.
foreach(part notice credential listen refusals spool visitors)
	scm_test(test_webhook_${part} LABEL unit SOURCES test_webhook_${part}.c USES webhook)
endforeach()
