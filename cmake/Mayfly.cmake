# How a folder becomes a target. One call per folder; sources are listed by name; a folder links only
# what docs/layers.txt allows it to include (checked by tools/check_layers.py, part of every build).

option(MAYFLY_TESTS "Build the tests" ON)
option(MAYFLY_BENCH "Build the benchmarks" OFF)
option(MAYFLY_WERROR "Warnings are errors" ON)

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

find_program(MAYFLY_CCACHE ccache)
if(MAYFLY_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${MAYFLY_CCACHE})
endif()
find_program(MAYFLY_MOLD mold)
if(MAYFLY_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

find_package(fmt REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(tomlplusplus REQUIRED)
find_package(CLI11 REQUIRED)
find_package(PostgreSQL REQUIRED)
find_package(ZLIB REQUIRED)
if(MAYFLY_TESTS)
  find_package(GTest REQUIRED)
  include(GoogleTest)
endif()

set(MAYFLY_WARNINGS -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wold-style-cast
    -Wno-missing-field-initializers -Wno-restrict)  # gcc 12: false positives on std::string
if(MAYFLY_WERROR)
  list(APPEND MAYFLY_WARNINGS -Werror)
endif()

# mayfly_library(name SOURCES … [TESTS …] [LIBRARIES …]) makes mayfly_<name>, and mayfly_<name>_test.
function(mayfly_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;TESTS;LIBRARIES" ${ARGN})
  set(target mayfly_${name})
  if(ARG_SOURCES)
    add_library(${target} STATIC ${ARG_SOURCES})
    target_include_directories(${target} PUBLIC ${CMAKE_SOURCE_DIR}/src)
    target_compile_options(${target} PRIVATE ${MAYFLY_WARNINGS})
    target_link_libraries(${target} PUBLIC ${ARG_LIBRARIES})
  else()
    add_library(${target} INTERFACE)
    target_include_directories(${target} INTERFACE ${CMAKE_SOURCE_DIR}/src)
    target_link_libraries(${target} INTERFACE ${ARG_LIBRARIES})
  endif()
  if(MAYFLY_TESTS AND ARG_TESTS)
    add_executable(${target}_test ${ARG_TESTS})
    target_compile_options(${target}_test PRIVATE ${MAYFLY_WARNINGS})
    target_link_libraries(${target}_test PRIVATE ${target} GTest::gtest_main GTest::gmock)
    gtest_discover_tests(${target}_test TEST_PREFIX "${name}/" PROPERTIES LABELS unit
                         DISCOVERY_MODE PRE_TEST)
  endif()
endfunction()
