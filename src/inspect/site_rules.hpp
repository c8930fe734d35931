// SiteRules: what users tell inspect() about names: rule files, one above the other. Immutable after loading.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "datasets/name_rules.hpp"

namespace gannet::inspect {

/// A decision to be held: whatever rules and data sets say later, this cookie belongs to this category.
struct RuleCase {
  std::string name;
  /// The cookie's, in lower case.
  std::string domain;
  /// The host that is visited; empty: the cookie's own.
  std::string site;
  datasets::Category category = datasets::Category::unknown;
};

struct SiteRules {
  /// Decisions for single sites; they beat everything else.
  datasets::NameRules overrides;
  /// For all sites; they beat all data sets.
  datasets::NameRules rules;
  /// A non-essential cookie that declares to live longer is a finding.
  std::optional<std::int64_t> lifetime_days_max;
  std::vector<RuleCase> cases;

  /// 13 months where no file says, as the French authority (CNIL) recommends.
  std::int64_t lifetime_days() const { return lifetime_days_max.value_or(395); }
};

/// Reads JSON {"overrides"?: [rule…], "rules"?: [rule…], "cases"?: [case…], "lifetime_days_max"?: number}; a rule is as in
/// datasets::NameRules, a case {"name", "domain", "site"?, "category"}. Error `invalid` names `name`, the index, the field and
/// what would be right, or the line that is no JSON.
Result<SiteRules> parse_rule_file(std::string_view content, std::string_view name);

/// parse_rule_file() of a file of at most 4 MiB. Errors: also those of read_file().
Result<SiteRules> load_rule_file(const std::filesystem::path& path);

/// Both, the upper one first in each list; its limit beats the lower one's.
SiteRules layered(SiteRules upper, const SiteRules& lower);

}  // namespace gannet::inspect
