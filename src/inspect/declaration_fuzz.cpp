// A declaration in each of its forms, and the comparison with a name taken from it.
#include <cstdint>

#include "base/assert.hpp"
#include "inspect/declaration.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace inspect = gannet::inspect;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const auto parse : {inspect::parse_declaration_csv, inspect::parse_declaration_json, inspect::parse_declaration_html}) {
    const auto declared = parse(text, "fuzz");
    if (!declared || declared->empty()) continue;
    inspect::InventoryItem item;
    item.name = declared->back().name;
    item.domain = declared->back().domain;
    ASSERT_INVARIANT(inspect::compare_declaration(*declared, {item}).undeclared.empty(), "a name that is declared is found");
  }
  return 0;
}
