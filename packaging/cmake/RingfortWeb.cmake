# ringfort_embed_web(TARGET): builds web/ with Vite and links the files into TARGET.
function(ringfort_embed_web target)
  find_program(NPM npm REQUIRED)
  find_program(NODE NAMES node nodejs REQUIRED)
  set(web ${PROJECT_SOURCE_DIR}/web)
  set(dist ${PROJECT_BINARY_DIR}/web-dist)
  set(out ${PROJECT_BINARY_DIR}/generated/web_assets.cpp)
  set(embed ${PROJECT_SOURCE_DIR}/packaging/cmake/embed_web.mjs)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${web}/src/* ${web}/public/*)
  list(APPEND sources ${web}/index.html ${web}/package.json ${web}/package-lock.json
    ${web}/vite.config.ts ${web}/svelte.config.js ${embed})
  add_custom_command(OUTPUT ${web}/node_modules/.package-lock.json
    COMMAND ${NPM} ci --no-audit --no-fund --prefix ${web}
    DEPENDS ${web}/package-lock.json
    COMMENT "Installing the web UI's tools" VERBATIM)
  add_custom_command(OUTPUT ${out}
    COMMAND ${CMAKE_COMMAND} -E env RINGFORT_WEB_OUT=${dist}
      ${NPM} run build --silent --prefix ${web}
    COMMAND ${NODE} ${embed} ${dist} ${out}
    DEPENDS ${sources} ${web}/node_modules/.package-lock.json
    COMMENT "Building the web UI" VERBATIM)
  target_sources(${target} PRIVATE ${out})
endfunction()
