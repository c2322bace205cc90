# Warnings and hardening flags, for every target of the tree. tests/lint/hardening.sh looks at what
# came out.

add_compile_options(-Wall -Wextra -Wshadow -Wconversion -Wformat=2 -Wundef -Wvla
	-Wstrict-prototypes -Wmissing-prototypes -Wwrite-strings -Wpointer-arith)
if(SCM_WERROR)
	add_compile_options(-Werror)
endif()

add_compile_definitions(_GNU_SOURCE)
# assert() stays on in every build: bugs end the process, they do not go on.
foreach(type RELEASE RELWITHDEBINFO MINSIZEREL)
	string(REPLACE "-DNDEBUG" "" CMAKE_C_FLAGS_${type} "${CMAKE_C_FLAGS_${type}}")
endforeach()

if(SCM_SANITIZE)
	add_compile_options(-fsanitize=${SCM_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer -g)
	add_link_options(-fsanitize=${SCM_SANITIZE})
elseif(NOT CMAKE_BUILD_TYPE STREQUAL "Debug")
	# Level 3 sees the sizes of malloc()ed objects too; clang 14 knows level 2 only.
	if(CMAKE_C_COMPILER_ID STREQUAL "GNU" AND CMAKE_C_COMPILER_VERSION VERSION_GREATER_EQUAL 12)
		set(fortify_level 3)
	else()
		set(fortify_level 2)
	endif()
	add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=${fortify_level})
endif()
if(SCM_FUZZ)
	add_compile_options(-fsanitize=fuzzer-no-link)
endif()
add_compile_options(-fstack-protector-strong -fstack-clash-protection -fno-common)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
	add_compile_options(-fcf-protection)
endif()
if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
	add_compile_options(-ftrivial-auto-var-init=zero)
endif()
include(CheckPIESupported)
check_pie_supported(LANGUAGES C)
add_link_options(-Wl,-z,relro,-z,now,-z,noexecstack,-z,separate-code -Wl,--as-needed)
