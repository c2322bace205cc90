scm_test(test_scm_wire LABEL unit SOURCES test_scm_wire.c USES scm_wire)
