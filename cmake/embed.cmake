# embed_text(TARGET FILE SYMBOL): compiles a text file into TARGET as `extern const std::string_view gannet::embedded::SYMBOL`,
# declared in the generated header "embedded/SYMBOL.hpp". Used for the scripts that run inside pages.
#
# The target gannet_embedded makes all of them: clang-tidy needs the generated headers, not the objects.
add_custom_target(gannet_embedded)

function(embed_text target file symbol)
  set(source ${CMAKE_CURRENT_SOURCE_DIR}/${file})
  set(out ${CMAKE_CURRENT_BINARY_DIR}/embedded)
  file(MAKE_DIRECTORY ${out})
  add_custom_command(
    OUTPUT ${out}/${symbol}.cpp ${out}/${symbol}.hpp
    COMMAND ${CMAKE_COMMAND} -DINPUT=${source} -DOUT=${out} -DSYMBOL=${symbol} -P ${PROJECT_SOURCE_DIR}/cmake/embed_text.cmake
    DEPENDS ${source} ${PROJECT_SOURCE_DIR}/cmake/embed_text.cmake
    COMMENT "Embedding ${file}")
  target_sources(${target} PRIVATE ${out}/${symbol}.cpp ${out}/${symbol}.hpp)
  set_source_files_properties(${out}/${symbol}.cpp PROPERTIES SKIP_PRECOMPILE_HEADERS ON)
  target_include_directories(${target} PRIVATE ${CMAKE_CURRENT_BINARY_DIR})
  add_custom_target(embedded_${symbol} DEPENDS ${out}/${symbol}.cpp ${out}/${symbol}.hpp)
  add_dependencies(gannet_embedded embedded_${symbol})
endfunction()
