# Embeds src/store/migrations/<schema>/NNNN_*.sql into the store's library.
# Included: adds the generated source. Run with -P: writes it.

if(CMAKE_SCRIPT_MODE_FILE)
  file(GLOB_RECURSE files ${MIGRATIONS}/*.sql)
  list(SORT files)
  foreach(schema system tenant keys)
    set(rows_${schema} "")
    foreach(file ${files})
      if(file MATCHES "/${schema}/0*([0-9]+)_[^/]*\\.sql$")
        set(number ${CMAKE_MATCH_1})
        file(READ ${file} sql)
        string(APPEND rows_${schema} "    {${number}, R\"sql(${sql})sql\"},\n")
      endif()
    endforeach()
  endforeach()
  file(WRITE ${OUT} "// Made from src/store/migrations at build.\n"
    "#include \"store/migrations.h\"\n\nnamespace ringfort::store {\nnamespace {\n\n"
    "constexpr Migration system_steps[] = {\n${rows_system}};\n"
    "constexpr Migration tenant_steps[] = {\n${rows_tenant}};\n"
    "constexpr Migration keys_steps[] = {\n${rows_keys}};\n\n}  // namespace\n\n"
    "std::span<const Migration> migrations(Schema schema) {\n"
    "  if (schema == Schema::system) return system_steps;\n"
    "  if (schema == Schema::tenant) return tenant_steps;\n"
    "  return keys_steps;\n}\n\n}  // namespace ringfort::store\n")
  return()
endif()

set(embed_sql_script ${CMAKE_CURRENT_LIST_FILE})

function(ringfort_embed_sql target)
  set(folder ${PROJECT_SOURCE_DIR}/src/store/migrations)
  set(out ${PROJECT_BINARY_DIR}/generated/store_migrations.cpp)
  file(GLOB_RECURSE files CONFIGURE_DEPENDS ${folder}/*.sql)
  add_custom_command(OUTPUT ${out}
    COMMAND ${CMAKE_COMMAND} -DMIGRATIONS=${folder} -DOUT=${out} -P ${embed_sql_script}
    DEPENDS ${files} ${embed_sql_script} VERBATIM)
  target_sources(${target} PRIVATE ${out})
endfunction()
