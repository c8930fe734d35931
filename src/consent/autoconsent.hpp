// Autoconsent: DuckDuckGo's consent rules (npm @duckduckgo/autoconsent, MPL-2.0), read unmodified from the data folder at run
// time. Immutable after loading; one serves all pages.
#pragma once

#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "consent/consent.hpp"

namespace gannet::consent {

class Autoconsent {
 public:
  /// Reads dist/autoconsent.playwright.js (the content script that leaves messaging to its host) and rules/rules.json (the
  /// compact rules lack opt-in) of the unpacked package. Blocks on the disk. Errors: read_file's, `invalid` for what is not a
  /// rule set.
  static Result<std::shared_ptr<const Autoconsent>> load(const std::filesystem::path& package_folder);
  static Result<std::shared_ptr<const Autoconsent>> make(std::string content_script, std::string_view rules_json);

  const std::string& content_script() const { return content_script_; }
  /// URL patterns of the site-specific rules, as a JSON array; their indices are what init_response takes.
  const std::string& patterns_json() const { return patterns_json_; }
  struct Document {
    bool is_main_frame = false;
    /// It is there to be recognised at the first look. Otherwise the rules look once more, half a second later.
    bool has_banner_in_sight = false;
    std::vector<std::size_t> matching_patterns;
  };
  /// The reply to the content script's `init`: detect only, no cosmetic rules, no heuristics, nothing hidden in advance.
  std::string init_response(const Document& document) const;
  /// False where the rule of that name has no steps for the choice. Rules built into the script have both.
  bool has_steps(const std::string& rule, Choice choice) const;
  std::size_t rule_count() const { return rule_count_; }

 private:
  std::string content_script_;
  std::string patterns_json_;
  std::vector<std::string> site_rules_;
  std::string generic_rules_main_;
  std::string generic_rules_frame_;
  std::set<std::string> without_opt_in_;
  std::set<std::string> without_opt_out_;
  std::size_t rule_count_ = 0;
};

}  // namespace gannet::consent
