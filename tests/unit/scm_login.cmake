# scm/: as whom we come.
foreach(part authenticate token)
	scm_test(test_scm_${part} LABEL unit SOURCES test_scm_${part}.c USES scm)
endforeach()
