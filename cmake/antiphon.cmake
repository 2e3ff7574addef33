# The conventions of the house: one folder = one library = one namespace = one test program.
#
#   antiphon_library(core DEPENDS ...)        every *.cpp of the folder, tests (*.test.cpp) in core_test
#   antiphon_program(antiphon DEPENDS ...)    a program from the *.cpp of the folder, put into build/
#   antiphon_fuzz(NAME SOURCES f.cpp DEPENDS ...)   a libFuzzer target, only where ANTIPHON_FUZZ is on

add_library(antiphon_options INTERFACE)
target_compile_features(antiphon_options INTERFACE cxx_std_20)
target_include_directories(antiphon_options INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(antiphon_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wold-style-cast -Wcast-qual -Woverloaded-virtual
  -Wimplicit-fallthrough -Werror -fno-strict-aliasing
  $<$<CXX_COMPILER_ID:GNU>:-Wduplicated-cond -Wlogical-op>
  # g++ 12 sees overlaps in std::string's own code when it optimises (its bug 105651)
  $<$<AND:$<CXX_COMPILER_ID:GNU>,$<VERSION_LESS:$<CXX_COMPILER_VERSION>,13>>:-Wno-restrict>
  # clang takes a defaulted friend operator in an unnamed namespace for an unused function; g++ finds the real ones
  # clang tells of what libstdc++'s own std::stable_sort uses; g++ tells of ours
  $<$<CXX_COMPILER_ID:Clang>:-Wno-missing-field-initializers -Wno-unused-function -Wno-deprecated-declarations>
  # an aggregate message names the fields it sets; the others have their defaults
  $<$<CXX_COMPILER_ID:GNU>:-Wno-missing-field-initializers>)

foreach(linker mold lld)
  find_program(ANTIPHON_LINKER_${linker} NAMES ${linker} ld.${linker})
  if(ANTIPHON_LINKER_${linker} AND NOT CMAKE_CROSSCOMPILING AND NOT ANTIPHON_FAST_LINKER)
    set(ANTIPHON_FAST_LINKER ${linker})
  endif()
endforeach()
if(ANTIPHON_FAST_LINKER AND NOT (ANTIPHON_FAST_LINKER STREQUAL lld AND CMAKE_CXX_COMPILER_ID STREQUAL GNU))
  add_link_options(-fuse-ld=${ANTIPHON_FAST_LINKER})
endif()

find_program(ANTIPHON_CCACHE ccache)
if(ANTIPHON_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # One cache serves every clone: paths below the source folder count as relative.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=1
    CCACHE_MAXSIZE=5G ${ANTIPHON_CCACHE})
endif()

if(ANTIPHON_SANITIZE)
  # what a sanitizer inserts makes g++ see uninitialised values that are not
  add_compile_options(-fsanitize=${ANTIPHON_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all
    $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
  add_link_options(-fsanitize=${ANTIPHON_SANITIZE})
endif()
if(ANTIPHON_SANITIZE STREQUAL thread)
  # ThreadSanitizer does not see fences, and g++ refuses them; without Asio's it sees what the locks alone order
  add_compile_definitions(BOOST_ASIO_DISABLE_FENCED_BLOCK)
endif()

function(antiphon_sources folder out_sources out_tests)
  file(GLOB all CONFIGURE_DEPENDS ${folder}/*.cpp)
  set(tests ${all})
  list(FILTER tests INCLUDE REGEX "\\.test\\.cpp$")
  set(sources ${all})
  list(FILTER sources EXCLUDE REGEX "\\.(test|bench|fuzz)\\.cpp$")
  set(${out_sources} ${sources} PARENT_SCOPE)
  set(${out_tests} ${tests} PARENT_SCOPE)
endfunction()

function(antiphon_tests name)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPENDS" ${ARGN})
  if(NOT arg_SOURCES OR NOT BUILD_TESTING)
    return()
  endif()
  add_executable(${name}_test ${arg_SOURCES})
  target_link_libraries(${name}_test PRIVATE antiphon_options ${arg_DEPENDS} GTest::gmock GTest::gtest_main)
  set_property(GLOBAL APPEND PROPERTY antiphon_unit_tests $<TARGET_FILE:${name}_test>)
  gtest_discover_tests(${name}_test TEST_PREFIX "${name}." DISCOVERY_MODE PRE_TEST
    PROPERTIES TIMEOUT 120 LABELS unit)
endfunction()

function(antiphon_library name)
  cmake_parse_arguments(arg "" "" "DEPENDS;PRIVATE_DEPENDS;TEST_DEPENDS" ${ARGN})
  antiphon_sources(${CMAKE_CURRENT_SOURCE_DIR} sources tests)
  if(sources)
    add_library(antiphon_${name} STATIC ${sources})
    target_link_libraries(antiphon_${name} PUBLIC antiphon_options ${arg_DEPENDS} PRIVATE ${arg_PRIVATE_DEPENDS})
  else()
    add_library(antiphon_${name} INTERFACE)
    target_link_libraries(antiphon_${name} INTERFACE antiphon_options ${arg_DEPENDS})
  endif()
  add_library(antiphon::${name} ALIAS antiphon_${name})
  antiphon_tests(${name} SOURCES ${tests} DEPENDS antiphon_${name} ${arg_PRIVATE_DEPENDS} ${arg_TEST_DEPENDS})
endfunction()

function(antiphon_program name)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPENDS" ${ARGN})
  if(NOT arg_SOURCES)
    antiphon_sources(${CMAKE_CURRENT_SOURCE_DIR} arg_SOURCES tests)
  endif()
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE antiphon_options ${arg_DEPENDS})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR})
endfunction()

function(antiphon_fuzz name)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPENDS" ${ARGN})
  if(NOT ANTIPHON_FUZZ)
    return()
  endif()
  add_executable(fuzz_${name} ${arg_SOURCES})
  target_link_libraries(fuzz_${name} PRIVATE antiphon_options ${arg_DEPENDS})
  target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
  set_target_properties(fuzz_${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/fuzz)
  # `--target fuzz_targets` builds these and what they need, not the whole project
  if(NOT TARGET fuzz_targets)
    add_custom_target(fuzz_targets)
  endif()
  add_dependencies(fuzz_targets fuzz_${name})
endfunction()
