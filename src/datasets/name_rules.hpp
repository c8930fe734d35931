// NameRules: an ordered list of rules that sort cookies and storage keys by name. The format of Gannet's own sets and of users'
// rule files. Immutable after parse(); free to use from any thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/value.hpp>

#include "base/error.hpp"
#include "datasets/category.hpp"

namespace gannet::datasets {

enum class NameMatch {
  exact,   // The whole name, case-sensitive as cookie names are.
  prefix,  // The name starts with it and is longer.
  regex,   // A PCRE2 pattern that must match the whole name; a dot matches any byte.
};

struct NameRule {
  NameMatch match = NameMatch::exact;
  std::string text;
  /// Applies only to this domain and those under it; empty: everywhere.
  std::string domain;
  Category category = Category::unknown;
  /// Product that writes it: "Matomo".
  /// Applies only where this site, or one under it, is visited; empty: everywhere.
  std::string site;
  std::string platform;
  std::string description;
  /// Where it was read: "rules.json: rules[3]".
  std::string place;

  /// "_ga", "_ga_*", "/ph_.+_posthog/", with " of Matomo" where the platform is known.
  std::string describe() const;
};

class NameRules {
 public:
  /// Reads an array of {"name" | "prefix" | "regex", "category", "domain"?, "site"?, "platform"?, "description"?}. Error
  /// `invalid` names `where`, the index, the field and what would be right; an unknown field or a pattern that does not compile
  /// is refused.
  static Result<NameRules> parse(const boost::json::value& array, std::string_view where);

  /// The first rule, in file order, that matches; nullptr for none. `site` is the host that was visited; a rule of one site
  /// matches no empty one. A pattern that exceeds its match limit on a hostile name counts as no match, as does a name above 4096
  /// bytes.
  const NameRule* find(std::string_view name, std::string_view domain, std::string_view site = {}) const;

  /// Puts the rules of `later` after its own.
  void append(const NameRules& later) { rules_.insert(rules_.end(), later.rules_.begin(), later.rules_.end()); }

  /// In file order.
  std::vector<NameRule> list() const;
  std::size_t size() const { return rules_.size(); }

 private:
  struct Compiled {
    NameRule rule;
    /// A pcre2_code; null unless the rule is a regex.
    std::shared_ptr<const void> code;
  };
  std::vector<Compiled> rules_;
};

}  // namespace gannet::datasets
