// Categoriser: sorts a cookie, a storage key or a host into a category, says by which rule and how sure that is. Holds
// references: it must not outlive the data sets and rules. Const and free to use from any thread.
#pragma once

#include <string_view>

#include "datasets/datasets.hpp"
#include "inspect/inspection.hpp"
#include "inspect/site_rules.hpp"

namespace gannet::inspect {

/// What is known of one name or host.
struct Judgement {
  Categorisation categorisation;
  Owner owner;
};

class Categoriser {
 public:
  Categoriser(const datasets::Datasets& sets, const SiteRules& rules) : sets_(sets), rules_(rules) {}

  /// In order: site overrides, rule file, consent platforms' names, Gannet's rules, Open Cookie Database, and for a third party
  /// the purpose of its vendor. A name known as necessary takes the vendor's purpose, unsure, where a tracker uses it. The owner
  /// is the domain's for a third party, else the company the database names.
  Judgement judge(std::string_view name, std::string_view domain, Party party) const;

  /// What a host is for by its vendor alone. Never `necessary`: whom a cookie belongs to does not make it indispensable.
  Judgement judge_host(std::string_view host) const;

 private:
  std::optional<Judgement> judge_by_user(std::string_view name, std::string_view domain) const;
  std::optional<Judgement> judge_by_rules(std::string_view name, std::string_view domain) const;
  std::optional<Judgement> judge_by_database(std::string_view name, std::string_view domain) const;

  const datasets::Datasets& sets_;
  const SiteRules& rules_;
};

/// Whether requests to a host so judged count as tracking.
bool is_tracker(const Categorisation& categorisation);

/// The less sure of two.
record::Confidence weaker(record::Confidence a, record::Confidence b);

}  // namespace gannet::inspect
