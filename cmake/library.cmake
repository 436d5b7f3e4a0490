file(GLOB_RECURSE gradus_sources CONFIGURE_DEPENDS
     ${PROJECT_SOURCE_DIR}/tensor/*.cpp ${PROJECT_SOURCE_DIR}/autograd/*.cpp
     ${PROJECT_SOURCE_DIR}/nn/*.cpp ${PROJECT_SOURCE_DIR}/optim/*.cpp ${PROJECT_SOURCE_DIR}/data/*.cpp)
# gradus_library(name float|double [source...]): all of gradus, or the sources named.
# Each op file registers its samples while the program loads; an archive would drop the ones that
# nothing calls, so objects are linked as they are.
function(gradus_library name real)
  if(NOT ARGN)
    set(ARGN ${gradus_sources})
  endif()
  add_library(${name}-objects OBJECT ${ARGN})
  # Highway compiles a kernel once per instruction set by including its file again: one at a time.
  set(kernels ${ARGN})
  list(FILTER kernels INCLUDE REGEX "/tensor/kernels/")
  set_source_files_properties(${kernels} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  add_library(${name} STATIC)
  foreach(target ${name}-objects ${name})
    target_compile_features(${target} PUBLIC cxx_std_20)
    target_include_directories(${target} PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>
      $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>
      $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/gradus>)
    target_link_libraries(${target} PUBLIC fmt::fmt OpenMP::OpenMP_CXX)
    if(real STREQUAL double)
      # Its own namespace: both builds can be linked into one program and compared.
      target_compile_definitions(${target} PUBLIC GRADUS_DOUBLE gradus=gradus_f64)
    endif()
    if(GRADUS_SANITIZE)
      target_compile_options(${target} PUBLIC -fsanitize=address,undefined -fno-sanitize-recover=undefined)
      target_link_options(${target} PUBLIC -fsanitize=address,undefined)
    endif()
  endforeach()
  target_link_libraries(${name}-objects PUBLIC gradus-blas hwy::hwy gradus-utf8proc gradus-onednn
                                        PRIVATE nlohmann_json::nlohmann_json gradus-warnings)
  target_sources(${name} PRIVATE $<TARGET_OBJECTS:${name}-objects>)
  target_link_libraries(${name} PRIVATE gradus-blas hwy::hwy gradus-utf8proc gradus-onednn)
endfunction()
