# One static library and one test program for each folder of src/.

function(ringfort_warnings target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Werror -Wshadow
    -Wnon-virtual-dtor -Wno-missing-field-initializers)
  if(CMAKE_CXX_COMPILER_ID MATCHES Clang)
    target_compile_options(${target} PRIVATE -Wthread-safety)
  endif()
endfunction()

if(RINGFORT_SANITIZE)
  add_compile_options(-fsanitize=${RINGFORT_SANITIZE} -fno-sanitize-recover=all
    -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${RINGFORT_SANITIZE})
endif()
if(RINGFORT_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

# ringfort_folder(NAME USES folder... LIBS target...): library ringfort_NAME from src/NAME and,
# with RINGFORT_TESTS, program test_NAME from tests/unit/NAME.
function(ringfort_folder name)
  cmake_parse_arguments(F "" "" "USES;LIBS" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${name}/*.cpp)
  set(lib ringfort_${name})
  list(TRANSFORM F_USES PREPEND ringfort_)
  if(sources)
    add_library(${lib} STATIC ${sources})
    target_include_directories(${lib} PUBLIC ${PROJECT_SOURCE_DIR}/src)
    target_compile_definitions(${lib} PRIVATE RINGFORT_VERSION="${PROJECT_VERSION}")
    target_link_libraries(${lib} PUBLIC ${F_USES} ${F_LIBS})
    ringfort_warnings(${lib})
  else()
    add_library(${lib} INTERFACE)
    target_include_directories(${lib} INTERFACE ${PROJECT_SOURCE_DIR}/src)
    target_link_libraries(${lib} INTERFACE ${F_USES} ${F_LIBS})
  endif()

  file(GLOB tests CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/unit/${name}/*.cpp)
  if(RINGFORT_TESTS AND tests)
    add_executable(test_${name} ${tests} ${PROJECT_SOURCE_DIR}/tests/unit/main.cpp)
    target_include_directories(test_${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
    target_link_libraries(test_${name} PRIVATE ${lib} ${F_LIBS})
    target_compile_options(test_${name} PRIVATE -O0)  # compiled often, run once
    ringfort_warnings(test_${name})
    set_property(GLOBAL APPEND PROPERTY RINGFORT_TEST_PROGRAMS test_${name})
    add_test(NAME ${name} COMMAND test_${name})
  endif()
endfunction()

# ringfort_web(FOLDER): builds web/ with Vite and embeds the files into FOLDER's library.
function(ringfort_web folder)
  # Written by the http/web side: see packaging/cmake/RingfortWeb.cmake.
  include(RingfortWeb OPTIONAL RESULT_VARIABLE found)
  if(found)
    ringfort_embed_web(ringfort_${folder})
  endif()
endfunction()
