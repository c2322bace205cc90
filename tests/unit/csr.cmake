# csr/: names, requests, the gate.
foreach(part name der pin)
	scm_test(test_csr_${part} LABEL unit SOURCES test_csr_${part}.c USES csr)
endforeach()
foreach(part key build)
	scm_test(test_csr_${part} LABEL unit SOURCES test_csr_${part}.c ca_fixture.c
		USES csr LIBS PkgConfig::CRYPTO)
endforeach()
foreach(part chain mutants)
	scm_test(test_csr_${part} LABEL unit SOURCES test_csr_${part}.c chain_scene.c ca_fixture.c
		USES csr LIBS PkgConfig::CRYPTO)
endforeach()
