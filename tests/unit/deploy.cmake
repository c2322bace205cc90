scm_test(test_proc LABEL unit SOURCES test_proc.c USES base)
