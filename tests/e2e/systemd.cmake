# The units' sandbox is not made for sanitized programs. The first run makes a root file system, which
# takes packages and a while.
if(NOT SCM_SANITIZE)
	add_test(NAME e2e_systemd_boot
		COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/systemd-boot.sh ${CMAKE_BINARY_DIR})
	set_tests_properties(e2e_systemd_boot PROPERTIES LABELS e2e TIMEOUT 600 SKIP_RETURN_CODE 77)
endif()
