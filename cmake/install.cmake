# find_package(gradus) and pkg-config; headers under include/gradus.
include(CMakePackageConfigHelpers)

install(TARGETS gradus EXPORT gradus-targets)
install(TARGETS gradus-program)
foreach(folder tensor autograd nn optim data)
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/${folder} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/gradus
          FILES_MATCHING PATTERN "*.h" PATTERN "*-inl.h" EXCLUDE PATTERN "reference" EXCLUDE)
endforeach()
install(FILES ${PROJECT_SOURCE_DIR}/gradus.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/gradus)

# What a consumer links against besides fmt and OpenMP: found again on the consumer's machine.
set(package ${CMAKE_INSTALL_LIBDIR}/cmake/gradus)
install(TARGETS gradus-blas gradus-utf8proc gradus-onednn EXPORT gradus-targets)
install(EXPORT gradus-targets NAMESPACE gradus:: DESTINATION ${package})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/gradus-config-version.cmake
                                 COMPATIBILITY SameMajorVersion)
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/gradus-config.cmake.in
                              ${PROJECT_BINARY_DIR}/gradus-config.cmake
                              INSTALL_DESTINATION ${package})
install(FILES ${PROJECT_BINARY_DIR}/gradus-config.cmake
              ${PROJECT_BINARY_DIR}/gradus-config-version.cmake DESTINATION ${package})

file(RELATIVE_PATH GRADUS_PREFIX_FROM_PC /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
configure_file(${PROJECT_SOURCE_DIR}/cmake/gradus.pc.in ${PROJECT_BINARY_DIR}/gradus.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/gradus.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
