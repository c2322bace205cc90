# csr/: names, requests, the gate.
foreach(part name)
	scm_test(test_csr_${part} LABEL unit SOURCES test_csr_${part}.c USES csr)
endforeach()
