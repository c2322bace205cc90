foreach(part err buf strlist clock parse secret fs fs_full log)
	scm_test(test_${part} LABEL unit SOURCES test_${part}.c USES base)
endforeach()
target_link_libraries(test_secret PRIVATE PkgConfig::CRYPTO)
