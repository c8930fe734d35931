#include "inspect/judgement.hpp"

#include "base/version.hpp"

namespace gannet::inspect {
namespace {

using Versions = std::map<std::string, record::DatasetVersion>;

Versions by_name(const std::vector<record::DatasetVersion>& datasets) {
  Versions versions;
  for (const auto& dataset : datasets) versions[dataset.name] = dataset;
  return versions;
}

std::map<std::string, const record::Finding*> by_id(const std::vector<record::Finding>& findings) {
  std::map<std::string, const record::Finding*> found;
  for (const auto& finding : findings) found[finding.id] = &finding;
  return found;
}

/// For each key whose values differ, or that only one side has: add(key, from, to), with the empty value for the absent one.
template <class Map, class Add>
void for_each_difference(const Map& before, const Map& after, Add add) {
  const typename Map::mapped_type absent{};
  for (const auto& [key, value] : before) {
    const auto there = after.find(key);
    if (there == after.end())
      add(key, value, absent);
    else if (!(there->second == value))
      add(key, value, there->second);
  }
  for (const auto& [key, value] : after)
    if (!before.contains(key)) add(key, absent, value);
}

}  // namespace

record::Judgement make_judgement(const Inspection& inspection, Instant judged_at) {
  record::Judgement judgement;
  judgement.judged_at = judged_at;
  judgement.gannet_version = version();
  for (const auto& dataset : inspection.datasets) judgement.datasets.push_back({dataset.name, dataset.version, dataset.hash});
  judgement.findings = inspection.findings;
  for (const auto& state : inspection.states) {
    for (const auto& verdict : state.cookies)
      judgement.categories[fmt::format("cookie {} {}", verdict.cookie.key.name, verdict.cookie.key.domain)] =
          to_string(verdict.categorisation.category);
    for (const auto& verdict : state.storage)
      judgement
          .categories[fmt::format("{} {} {}", record::to_string(verdict.entry.area), verdict.entry.key, verdict.entry.origin)] =
          to_string(verdict.categorisation.category);
  }
  return judgement;
}

JudgementChange compare_judgements(const record::Judgement& before, const record::Judgement& after) {
  JudgementChange change;
  const auto findings_before = by_id(before.findings), findings_after = by_id(after.findings);
  for (const auto& finding : after.findings) {
    const auto former = findings_before.find(finding.id);
    if (former == findings_before.end())
      change.added.push_back(finding);
    else if (former->second->severity != finding.severity || former->second->confidence != finding.confidence)
      change.regraded.push_back({*former->second, finding});
  }
  for (const auto& finding : before.findings)
    if (!findings_after.contains(finding.id)) change.gone.push_back(finding);
  for_each_difference(before.categories, after.categories,
                      [&](const auto& key, const auto& from, const auto& to) { change.categories[key] = {from, to}; });
  for_each_difference(by_name(before.datasets), by_name(after.datasets), [&](const auto& key, const auto& from, const auto& to) {
    change.datasets[key] = {from.version, to.version};
  });
  change.gannet = {before.gannet_version, after.gannet_version};
  return change;
}

}  // namespace gannet::inspect
