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
find_package(CURL REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(pugixml REQUIRED)
if(MAYFLY_TESTS)
  find_package(GTest REQUIRED)
  include(GoogleTest)
endif()

set(MAYFLY_WARNINGS -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wold-style-cast
    -Wno-missing-field-initializers -Wno-restrict)  # gcc 12: false positives on std::string
if(MAYFLY_WERROR)
  list(APPEND MAYFLY_WARNINGS -Werror)
endif()

# The arrows between the folders are part of every build: a missing one fails it.
find_program(MAYFLY_PYTHON python3 HINTS ${CMAKE_SOURCE_DIR}/.venv/bin REQUIRED)
add_custom_target(mayfly_check_layers ALL
  COMMAND ${MAYFLY_PYTHON} -B ${CMAKE_SOURCE_DIR}/tools/check_layers.py ${CMAKE_SOURCE_DIR}
  COMMENT "Checking the arrows of docs/layers.txt")

# The tests of folders with threads: what the tsan preset builds and runs (label "threads").
add_custom_target(mayfly_threaded_tests)

# mayfly_library(name SOURCES … [TESTS …] [LIBRARIES …] [THREADS]) makes mayfly_<name>, and
# mayfly_<name>_test. THREADS says that the folder starts threads.
function(mayfly_library name)
  cmake_parse_arguments(ARG "THREADS" "" "SOURCES;TESTS;LIBRARIES" ${ARGN})
  if(MAYFLY_PARTIAL)  # a tree in the middle of a change: leave out what is not written yet
    foreach(list ARG_SOURCES ARG_TESTS)
      set(kept)
      foreach(file ${${list}})
        if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${file})
          list(APPEND kept ${file})
        endif()
      endforeach()
      set(${list} ${kept})
    endforeach()
  endif()
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
    # A test is compiled once and runs for milliseconds: it is the compiler's time that counts.
    target_compile_options(${target}_test PRIVATE ${MAYFLY_WARNINGS} $<$<CONFIG:Release>:-O0>)
    target_link_libraries(${target}_test PRIVATE ${target} GTest::gtest_main GTest::gmock)
    set(labels unit)
    if(ARG_THREADS)
      list(APPEND labels threads)
      add_dependencies(mayfly_threaded_tests ${target}_test)
    endif()
    gtest_discover_tests(${target}_test TEST_PREFIX "${name}/" PROPERTIES LABELS "${labels}"
                         NO_PRETTY_VALUES DISCOVERY_MODE PRE_TEST)
  endif()
endfunction()
