# webhook/: what reads a stranger's request; and the other end of its hints.
foreach(part notice credential listen spool tally visitors)
	scm_test(test_webhook_${part} LABEL unit SOURCES test_webhook_${part}.c USES webhook)
endforeach()
scm_test(test_hints LABEL unit SOURCES test_hints.c USES agent)
