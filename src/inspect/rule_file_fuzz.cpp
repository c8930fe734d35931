#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/assert.hpp"
#include "inspect/site_rules.hpp"

/// The input is a user's rule file.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace inspect = gannet::inspect;
  const auto rules = inspect::parse_rule_file({reinterpret_cast<const char*>(data), size}, "rules.json");
  if (!rules) {
    ASSERT_INVARIANT(rules.error().kind() == gannet::ErrorKind::invalid, "wrong rules are the user's mistake");
    ASSERT_INVARIANT(rules.error().describe().find("rules.json") != std::string::npos, "a mistake names its file");
    return 0;
  }
  ASSERT_INVARIANT(rules->lifetime_days() >= 1, "a lifetime that is too long exists");
  const auto both = inspect::layered(*rules, *rules);
  ASSERT_INVARIANT(both.lifetime_days() == rules->lifetime_days(), "a file above itself says the same");
  for (const auto& rule_case : both.cases) both.overrides.find(rule_case.name, rule_case.domain);
  return 0;
}
