# dcv/: what a CA asks to be published. The zone is tests/component's.
foreach(part name challenge webroot answer)
	scm_test(test_dcv_${part} LABEL unit SOURCES test_dcv_${part}.c USES scm_dcv)
endforeach()
