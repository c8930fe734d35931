// Edits of a rule file as text, so that what a person wrote by hand stays: members, order and rules that are not concerned.
// Only the layout is Gannet's own: one rule a line. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"
#include "datasets/category.hpp"

namespace gannet::inspect {

/// Which cookie a decision is about. Hosts in lower case without leading dots.
struct DecisionKey {
  /// The whole name.
  std::string name;
  std::string domain;
  /// Only where this site is visited; empty: everywhere.
  std::string site;
};

struct Decision {
  DecisionKey key;
  datasets::Category category = datasets::Category::unknown;
  /// Why, for reports; empty leaves the rule's description as it is.
  std::string note;
};

/// The file with this decision as a rule (an override where it is for one site) and as a case. A rule with the same key is
/// changed where it stands; a new one comes first in its list, so that no older rule hides it. An empty `content` is an empty
/// file. Errors: as parse_rule_file().
Result<std::string> with_decision(std::string_view content, std::string_view file, const Decision& decision);

/// The file without the rule and the case of this key. Errors: `not_found` where there is neither; as parse_rule_file().
Result<std::string> without_decision(std::string_view content, std::string_view file, const DecisionKey& key);

}  // namespace gannet::inspect
