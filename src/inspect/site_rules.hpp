// SiteRules: what a site's owner tells inspect() about it. Immutable after loading.
#pragma once

#include <cstdint>
#include <filesystem>

#include "base/error.hpp"
#include "datasets/name_rules.hpp"

namespace gannet::inspect {

struct SiteRules {
  /// Decisions for this one site; they beat everything else.
  datasets::NameRules overrides;
  /// The operator's rule file; beats all data sets.
  datasets::NameRules rules;
  /// A non-essential cookie that declares to live longer is a finding. 13 months, as the French authority (CNIL) recommends.
  std::int64_t lifetime_days_max = 395;
};

/// Reads a JSON file {"overrides"?: [rule…], "rules"?: [rule…], "lifetime_days_max"?: number}; a rule is as in
/// datasets::NameRules. Errors name the file, the index, the field and what would be right: `invalid`, and those of read_file().
Result<SiteRules> load_rule_file(const std::filesystem::path& path);

}  // namespace gannet::inspect
