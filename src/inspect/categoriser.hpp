// Categoriser: sorts a cookie, a storage key or a host into a category, says by which rule and how sure that is. Holds
// references: it must not outlive the data sets and rules. Const and free to use from any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.hpp"
#include "datasets/datasets.hpp"
#include "inspect/inspection.hpp"
#include "inspect/site_rules.hpp"

namespace gannet::inspect {

/// What is known of one name or host.
struct Judgement {
  Categorisation categorisation;
  Owner owner;
  /// Where the rule stands: "rules.json: rules[3]"; empty where it is of no rule list.
  std::string place = {};
};

/// Who may know a name, in order of precedence.
enum class Source { site_override, rule_file, consent_platform, gannet_rules, cookie_database, vendor };
/// As Categorisation::source has it.
std::string_view to_string(Source source);

/// What one source says.
struct Opinion {
  Source source = Source::site_override;
  /// Absent where it says nothing.
  std::optional<Categorisation> says;
  /// As Judgement::place.
  std::string place = {};
};

class Categoriser {
 public:
  /// `site` is the host that is visited, for rules that hold for one site only.
  Categoriser(const datasets::Datasets& sets, const SiteRules& rules, std::string_view site = {})
      : sets_(sets), rules_(rules), site_(to_lower(site)) {}

  /// In order: site overrides, rule file, consent platforms' names, Gannet's rules, Open Cookie Database, and for a third party
  /// the purpose of its vendor. A name known as necessary takes the vendor's purpose, unsure, where a tracker uses it. The owner
  /// is the domain's for a third party, else the company the database names.
  Judgement judge(std::string_view name, std::string_view domain, Party party) const;

  /// What each source says, in order of precedence, asked or not: the vendor counts for third parties only.
  std::vector<Opinion> explain(std::string_view name, std::string_view domain) const;

  /// What a host is for by its vendor alone. Never `necessary`: whom a cookie belongs to does not make it indispensable.
  Judgement judge_host(std::string_view host) const;

 private:
  std::optional<Judgement> ask(Source source, std::string_view name, std::string_view domain) const;
  std::optional<Judgement> ask_own_rules(std::string_view name, std::string_view domain) const;
  std::optional<Judgement> ask_database(std::string_view name, std::string_view domain) const;

  const datasets::Datasets& sets_;
  const SiteRules& rules_;
  std::string site_;
};

/// Whether requests to a host so judged count as tracking.
bool is_tracker(const Categorisation& categorisation);

/// The less sure of two.
record::Confidence weaker(record::Confidence a, record::Confidence b);

}  // namespace gannet::inspect
