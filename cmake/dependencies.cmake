# OpenBLAS must be the OpenMP build: the pthread build is fought over by two thread pools, and the
# serial build is not thread-safe. All builds share one soname, hence the explicit paths and RPATH.
find_path(GRADUS_OPENBLAS_INCLUDE cblas.h
          PATH_SUFFIXES openblas-openmp x86_64-linux-gnu/openblas-openmp openblas REQUIRED)
find_library(GRADUS_OPENBLAS_LIBRARY openblas
             PATH_SUFFIXES openblas-openmp x86_64-linux-gnu/openblas-openmp REQUIRED)
add_library(gradus-blas INTERFACE)
target_include_directories(gradus-blas SYSTEM INTERFACE ${GRADUS_OPENBLAS_INCLUDE})
target_link_libraries(gradus-blas INTERFACE ${GRADUS_OPENBLAS_LIBRARY})
get_filename_component(GRADUS_OPENBLAS_DIR ${GRADUS_OPENBLAS_LIBRARY} DIRECTORY)
target_link_options(gradus-blas INTERFACE "LINKER:-rpath,${GRADUS_OPENBLAS_DIR}")

# Unicode's character categories. Debian's package brings no CMake configuration.
find_path(GRADUS_UTF8PROC_INCLUDE utf8proc.h REQUIRED)
find_library(GRADUS_UTF8PROC_LIBRARY utf8proc REQUIRED)
add_library(gradus-utf8proc INTERFACE)
target_include_directories(gradus-utf8proc SYSTEM INTERFACE $<BUILD_INTERFACE:${GRADUS_UTF8PROC_INCLUDE}>)
target_link_libraries(gradus-utf8proc INTERFACE ${GRADUS_UTF8PROC_LIBRARY})

# Products on CPUs with AVX-512, and in bfloat16. Without it OpenBLAS multiplies.
option(GRADUS_ONEDNN "Multiply through oneDNN where that is faster, if it is installed" ON)
add_library(gradus-onednn INTERFACE)
if(GRADUS_ONEDNN)
  find_path(GRADUS_ONEDNN_INCLUDE oneapi/dnnl/dnnl.hpp)
  find_library(GRADUS_ONEDNN_LIBRARY dnnl)
endif()
if(GRADUS_ONEDNN AND GRADUS_ONEDNN_INCLUDE AND GRADUS_ONEDNN_LIBRARY)
  target_include_directories(gradus-onednn SYSTEM INTERFACE $<BUILD_INTERFACE:${GRADUS_ONEDNN_INCLUDE}>)
  set(GRADUS_ONEDNN_LINK ${GRADUS_ONEDNN_LIBRARY})
  target_link_libraries(gradus-onednn INTERFACE ${GRADUS_ONEDNN_LINK})
  set_source_files_properties(${PROJECT_SOURCE_DIR}/tensor/kernels/onednn.cpp PROPERTIES
                              COMPILE_DEFINITIONS GRADUS_ONEDNN)
endif()

find_package(OpenMP REQUIRED COMPONENTS CXX)
find_package(fmt REQUIRED)
find_package(hwy REQUIRED)
find_package(nlohmann_json REQUIRED)
if(GRADUS_PROGRAM)
  find_package(CLI11 REQUIRED)
endif()

# Warnings for our own code, never for those who link against it.
add_library(gradus-warnings INTERFACE)
target_compile_options(gradus-warnings INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion)
option(GRADUS_WERROR "Treat warnings as errors" OFF)
if(GRADUS_WERROR)
  # g++ 12 sees overflows in std::string that are not there (GCC bug 105651).
  target_compile_options(gradus-warnings INTERFACE -Werror
    $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict -Wno-array-bounds -Wno-stringop-overflow
                             -Wno-stringop-overread -Wno-maybe-uninitialized>)
endif()
