foreach(part err buf strlist clock parse)
	scm_test(test_${part} LABEL unit SOURCES test_${part}.c USES base)
endforeach()
