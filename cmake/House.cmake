# The house: one static library a folder, and include rules that the compiler enforces.
#
# A room's headers are reached as "ROOM/header.h" through an include root that holds that room
# alone. A target sees its own room and the rooms named in USES, so a forbidden include does not
# compile. tests/lint/includes.sh refuses the ways around it ("../").

# scm_include_root(NAME FOLDER [FILE...]): an include root that shows FOLDER, or only its FILEs.
function(scm_include_root name folder)
	set(root ${CMAKE_BINARY_DIR}/include/${name})
	if(ARGN)
		file(MAKE_DIRECTORY ${root}/${folder})
		foreach(header ${ARGN})
			file(CREATE_LINK ${CMAKE_SOURCE_DIR}/${folder}/${header} ${root}/${folder}/${header} SYMBOLIC)
		endforeach()
	else()
		file(MAKE_DIRECTORY ${root})
		file(CREATE_LINK ${CMAKE_SOURCE_DIR}/${folder} ${root}/${folder} SYMBOLIC)
	endif()
endfunction()

# scm_room(NAME FOLDER f SOURCES ... [HEADERS ...] [USES room...] [LIBS library...])
# HEADERS: show only these to others. USES: rooms (targets made by scm_room). LIBS: outside libraries.
function(scm_room name)
	cmake_parse_arguments(R "" "FOLDER" "SOURCES;HEADERS;USES;LIBS" ${ARGN})
	add_library(${name} STATIC ${R_SOURCES})
	scm_include_root(${name} ${R_FOLDER} ${R_HEADERS})
	target_include_directories(${name} PUBLIC ${CMAKE_BINARY_DIR}/include/${name})
	target_link_libraries(${name} PUBLIC ${R_USES} PRIVATE ${R_LIBS})
endfunction()

# scm_test(NAME LABEL unit|component|fault SOURCES ... [USES room...] [LIBS ...] [ARGS ...])
# A cmocka program, run by ctest under its name.
function(scm_test name)
	cmake_parse_arguments(T "" "LABEL;TIMEOUT" "SOURCES;USES;LIBS;ARGS" ${ARGN})
	add_executable(${name} ${T_SOURCES})
	target_link_libraries(${name} PRIVATE ${T_USES} ${T_LIBS} PkgConfig::CMOCKA)
	add_test(NAME ${name} COMMAND ${name} ${T_ARGS})
	if(NOT T_TIMEOUT)
		set(T_TIMEOUT 120)
	endif()
	set_tests_properties(${name} PROPERTIES LABELS ${T_LABEL} TIMEOUT ${T_TIMEOUT} SKIP_RETURN_CODE 77)
endfunction()
