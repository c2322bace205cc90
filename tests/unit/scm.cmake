# scm/: the pure parts; what needs a network is tests/component's.
scm_test(test_scm_wire LABEL unit SOURCES test_scm_wire.c USES scm_wire)
foreach(part request request_list request_dcv published verdict headers)
	scm_test(test_scm_${part} LABEL unit SOURCES test_scm_${part}.c USES scm)
endforeach()
foreach(part body endpoint)
	scm_test(test_scm_${part} LABEL unit SOURCES test_scm_${part}.c ca_fixture.c
		USES scm LIBS PkgConfig::CRYPTO)
endforeach()
foreach(part json json_lists json_dcv)
	scm_test(test_scm_${part} LABEL unit SOURCES test_scm_${part}.c json_shapes.c USES scm)
endforeach()
foreach(part work work_lists work_dcv submit find find_key revoke)
	scm_test(test_scm_${part} LABEL unit SOURCES test_scm_${part}.c work_scene.c ca_fixture.c
		USES scm LIBS PkgConfig::CRYPTO)
endforeach()
