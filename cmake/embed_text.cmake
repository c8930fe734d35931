# Writes OUT/SYMBOL.{hpp,cpp} from the text file INPUT. Bytes go in as numbers, so any content is safe.
file(READ "${INPUT}" hex HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "char(0x\\1)," bytes "${hex}")
get_filename_component(name "${INPUT}" NAME)
file(WRITE "${OUT}/${SYMBOL}.hpp"
"#pragma once\n#include <string_view>\nnamespace gannet::embedded { extern const std::string_view ${SYMBOL}; }  // ${name}\n")
file(WRITE "${OUT}/${SYMBOL}.cpp"
"#include \"embedded/${SYMBOL}.hpp\"\nnamespace gannet::embedded {\nstatic const char k_bytes[] = {${bytes}0};\nconst std::string_view ${SYMBOL}{k_bytes, sizeof k_bytes - 1};\n}\n")
