# What `cmake --install` installs, and the .deb and .rpm that `cpack` makes of it:
#   cmake -S . -B build-package -G Ninja && ninja -C build-package && cpack --config
#   build-package/CPackConfig.cmake -G DEB -B build-package
if(CMAKE_INSTALL_PREFIX_INITIALIZED_TO_DEFAULT)
  set(CMAKE_INSTALL_PREFIX /usr CACHE PATH "" FORCE)
endif()
include(GNUInstallDirs)

# Debian wants changelog and man page compressed without a time stamp.
find_program(GZIP gzip REQUIRED)
function(ringfort_gzip source target)
  execute_process(COMMAND ${GZIP} -9nc ${source} OUTPUT_FILE ${target} COMMAND_ERROR_IS_FATAL ANY)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${source})
endfunction()

set(docs ${PROJECT_BINARY_DIR}/package)
file(MAKE_DIRECTORY ${docs})
string(TIMESTAMP RINGFORT_PACKAGE_DATE "%a, %d %b %Y %H:%M:%S +0000" UTC)
configure_file(packaging/debian/changelog.in ${docs}/changelog @ONLY)
configure_file(packaging/man/ringfort.1.in ${docs}/ringfort.1 @ONLY)
ringfort_gzip(${docs}/changelog ${docs}/changelog.gz)
ringfort_gzip(${docs}/ringfort.1 ${docs}/ringfort.1.gz)
ringfort_gzip(${PROJECT_SOURCE_DIR}/CHANGELOG.md ${docs}/NEWS.gz)

target_link_options(ringfort PRIVATE LINKER:-z,relro,-z,now)
install(TARGETS ringfort RUNTIME)
install(FILES etc/ringfort.toml DESTINATION ${CMAKE_INSTALL_FULL_SYSCONFDIR}/ringfort)
install(FILES etc/ringfort.toml DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)
install(FILES systemd/ringfort.service DESTINATION lib/systemd/system)
install(FILES systemd/ringfort.sysusers DESTINATION lib/sysusers.d RENAME ringfort.conf)
install(FILES ${docs}/ringfort.1.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${docs}/changelog.gz ${docs}/NEWS.gz packaging/debian/copyright
  DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES packaging/completion/ringfort.bash
  DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME ringfort)

set(CPACK_GENERATOR DEB)
set(CPACK_SET_DESTDIR ON)
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE
  GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_PACKAGE_NAME ringfort)
set(CPACK_PACKAGE_VENDOR Ringfort)
set(CPACK_PACKAGE_CONTACT "The Ringfort engineers <packages@ringfort.example>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "phone system that keeps calls and recordings on your box")
set(CPACK_PACKAGE_DESCRIPTION "Phones register to Ringfort over SIP, trunks connect it to the
telephone network, and calls and their recordings stay encrypted on this
machine until their time is up. One daemon, one configuration file, one data
directory, and web pages to find and play every call.")
set(CPACK_VERBATIM_VARIABLES ON)

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION comm)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "adduser, tzdata")
# espeak-ng speaks announcements in other languages than English.
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "systemd, espeak-ng")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "asterisk-moh-opsound-wav")
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA)
foreach(script postinst prerm postrm conffiles)
  list(APPEND CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
    ${PROJECT_SOURCE_DIR}/packaging/debian/${script})
endforeach()

set(CPACK_RPM_FILE_NAME RPM-DEFAULT)
set(CPACK_RPM_PACKAGE_LICENSE "GPL-3.0-or-later")
set(CPACK_RPM_PACKAGE_GROUP "Applications/Communications")
set(CPACK_RPM_PACKAGE_REQUIRES "systemd, tzdata")
set(CPACK_RPM_PACKAGE_SUGGESTS espeak-ng)
set(CPACK_RPM_USER_FILELIST "%config(noreplace) /etc/ringfort/ringfort.toml")
set(CPACK_RPM_EXCLUDE_FROM_AUTO_FILELIST_ADDITION /etc /usr /usr/bin /usr/lib /usr/lib/systemd
  /usr/lib/systemd/system /usr/lib/sysusers.d /usr/share /usr/share/doc /usr/share/man
  /usr/share/man/man1 /usr/share/bash-completion /usr/share/bash-completion/completions)
set(CPACK_RPM_POST_INSTALL_SCRIPT_FILE ${PROJECT_SOURCE_DIR}/packaging/rpm/post)
set(CPACK_RPM_PRE_UNINSTALL_SCRIPT_FILE ${PROJECT_SOURCE_DIR}/packaging/rpm/preun)
set(CPACK_RPM_POST_UNINSTALL_SCRIPT_FILE ${PROJECT_SOURCE_DIR}/packaging/rpm/postun)
include(CPack)
