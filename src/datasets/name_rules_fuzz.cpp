#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/assert.hpp"
#include "datasets/json_text.hpp"
#include "datasets/name_rules.hpp"

/// The input is a user's rules and, after a NUL, the name of a page's cookie.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto rules_end = text.find('\0');
  const auto json = gannet::datasets::parse_json(text.substr(0, rules_end), "rules.json");
  if (!json) return 0;
  const auto rules = gannet::datasets::NameRules::parse(*json, "rules.json");
  if (!rules) {
    ASSERT_INVARIANT(rules.error().kind() == gannet::ErrorKind::invalid, "wrong rules are the user's mistake");
    ASSERT_INVARIANT(rules.error().describe().find("rules.json") != std::string::npos, "a mistake names its file");
    return 0;
  }
  if (rules_end == std::string_view::npos) return 0;
  if (const auto* rule = rules->find(text.substr(rules_end + 1), "www.shop.test"))
    ASSERT_INVARIANT(!rule->describe().empty(), "a rule has words for itself");
  return 0;
}
