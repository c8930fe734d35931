#include "inspect/inspect.hpp"

#include <set>

#include "base/text.hpp"
#include "inspect/findings.hpp"
#include "inspect/trace.hpp"

namespace gannet::inspect {
namespace {

std::vector<std::string> review_list(const std::vector<StateTrace>& traces) {
  std::set<std::string> names;
  for (const auto& trace : traces) {
    for (const auto& cookie : trace.cookies) {
      if (cookie.verdict.categorisation.category != Category::unknown) continue;
      const auto& key = cookie.verdict.cookie.key;
      names.insert(fmt::format("{} @ {}", printable(key.name, k_subject_name_bytes), key.domain));
    }
  }
  return {names.begin(), names.end()};
}

template <class Traces, class Verdicts>
void move_verdicts(Traces& traces, Verdicts& verdicts) {
  verdicts.reserve(traces.size());
  for (auto& trace : traces) verdicts.push_back(std::move(trace.verdict));
}

}  // namespace

Inspection inspect(const record::ScanRecord& scan, const datasets::Datasets& sets, const SiteRules& rules) {
  const Site site(scan);
  const Categoriser categoriser(sets, rules, site.host());
  std::vector<StateTrace> traces;
  traces.reserve(scan.states.size());
  for (const auto& state : scan.states) traces.push_back(trace_state(state, site, categoriser));

  Inspection inspection;
  inspection.review = review_list(traces);
  FindingSet findings(site.host());
  find_in_cookies(findings, traces, rules);
  find_in_storage(findings, traces);
  find_in_requests(findings, traces);
  find_in_consent(findings, traces);
  find_unclassified(findings, traces, inspection.review);
  inspection.findings = findings.take();

  for (auto& trace : traces) {
    StateInspection& state = inspection.states.emplace_back();
    state.state = trace.state->state;
    state.blocked_cookies = std::move(trace.blocked_cookies);
    move_verdicts(trace.cookies, state.cookies);
    move_verdicts(trace.storage, state.storage);
    move_verdicts(trace.third_parties, state.third_parties);
  }
  for (const auto& row : sets.describe(scan.ended_at)) {
    inspection.datasets.push_back({.name = row.name, .version = row.version, .hash = row.sha256});
  }
  return inspection;
}

}  // namespace gannet::inspect
