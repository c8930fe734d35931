#include "inspect/trace.hpp"

#include <map>
#include <set>
#include <tuple>

namespace gannet::inspect {
namespace {

using record::ConsentResult;
using record::ConsentState;
using record::Phase;

constexpr std::size_t k_initiators_max = 20;

bool is_clicked(ConsentResult result) { return result == ConsentResult::proved || result == ConsentResult::unproved; }

/// The visit that settled the choice for the state's shared context; nullopt where nothing was clicked.
std::optional<std::size_t> choosing_visit(const record::StateRecord& state, std::size_t visit_index) {
  // A browser that was lost took the jar with it, and the choice that was made in it.
  std::size_t begin = visit_index;
  while (begin > 0 && !state.visits[begin].has_restarted_browser()) --begin;
  for (std::size_t i = begin; i <= visit_index; ++i) {
    if (is_clicked(state.visits[i].consent.result)) return i;
  }
  if (begin == 0 && is_clicked(state.consent.result)) return 0;
  return std::nullopt;
}

using StorageKey = std::tuple<record::StorageArea, std::string_view, std::string_view>;

/// The first file outside the browser on the way to the request, then its callers.
std::vector<std::string> initiators_of(const record::Request& request) {
  std::vector<std::string> urls;
  const auto add = [&](std::string_view url) {
    if (!url.empty() && (urls.empty() || urls.back() != url)) urls.emplace_back(url);
  };
  for (const auto& frame : request.initiator_stack) add(frame.url);
  if (urls.empty()) add(request.initiator_url);
  add(request.frame_url);
  return urls;
}

/// Stronger purposes first: a domain is as bad as the worst of its hosts.
int weight_of(const Categorisation& categorisation) {
  switch (categorisation.category) {
    case Category::advertising: return 4;
    case Category::analytics: return 3;
    case Category::functional: return 2;
    case Category::unknown: return 1;
    case Category::necessary: return 0;
  }
  return 0;
}

}  // namespace

Moment moment_of(const record::StateRecord& state, std::size_t visit_index, Phase phase) {
  if (state.state == ConsentState::untouched) return Moment::before_choice;
  const bool is_early = phase == Phase::s0 || phase == Phase::s1;
  if (state.has_fresh_context_per_page) {
    const ConsentResult own = state.visits[visit_index].consent.result;
    if (is_early) return Moment::before_choice;
    return is_clicked(own) ? Moment::after_choice : Moment::no_choice;
  }
  const auto chosen = choosing_visit(state, visit_index);
  if (chosen && visit_index > *chosen) return Moment::after_choice;
  if (is_early) return Moment::before_choice;
  return chosen && visit_index == *chosen ? Moment::after_choice : Moment::no_choice;
}

void Sightings::add(Moment moment, const Sighting& sighting) {
  if (moment == Moment::no_choice) return;
  auto& earliest = moment == Moment::before_choice ? before_choice : after_choice;
  if (!earliest || sighting.phase < earliest->phase) earliest = sighting;
}

void trace_storage(StateTrace& trace, const Site& site, const Categoriser& categoriser) {
  std::map<StorageKey, StorageTrace> entries;
  const auto& visits = trace.state->visits;
  for (std::size_t i = 0; i < visits.size(); ++i) {
    for (const auto& entry : visits[i].storage) {
      auto [it, is_new] = entries.try_emplace({entry.area, entry.origin, entry.key});
      StorageVerdict& verdict = it->second.verdict;
      if (is_new) {
        const std::string host = host_of(entry.origin);
        verdict.entry = entry;
        verdict.party = site.party_of(host);
        Judgement judgement = categoriser.judge(entry.key, host, verdict.party);
        verdict.categorisation = std::move(judgement.categorisation);
        verdict.owner = std::move(judgement.owner);
      }
      verdict.entry.is_present = entry.is_present;
      verdict.entry.value = entry.value;
      if (!entry.writer.by_gannet) {
        it->second.sightings.add(
            moment_of(*trace.state, i, entry.phase),
            {.visit = &visits[i], .phase = entry.phase, .page_url = entry.page_url, .writer = &entry.writer, .request = nullptr});
      }
    }
  }
  for (auto& [_, entry] : entries) trace.storage.push_back(std::move(entry));
}

void trace_third_parties(StateTrace& trace, const Site& site, const Categoriser& categoriser) {
  std::map<std::string, ThirdPartyTrace> parties;
  const auto& visits = trace.state->visits;
  for (std::size_t i = 0; i < visits.size(); ++i) {
    for (const auto& request : visits[i].requests) {
      const std::string host = host_of(request.url);
      if (host.empty() || request.by_gannet || site.party_of(host) == Party::first) continue;
      auto [it, is_new] = parties.try_emplace(registrable_domain(host));
      ThirdParty& party = it->second.verdict;
      const Judgement judgement = categoriser.judge_host(host);
      if (is_new) {
        party.domain = it->first;
        party.first_phase = request.phase;
      }
      if (party.hosts.insert(host).second) {
        if (party.owner.name.empty()) party.owner = judgement.owner;
        if (is_new || weight_of(judgement.categorisation) > weight_of(party.categorisation))
          party.categorisation = judgement.categorisation;
      }
      party.request_count += 1;
      party.transferred_bytes += request.transferred_bytes;
      party.first_phase = std::min(party.first_phase, request.phase);
      if (party.initiators.empty()) party.initiators = initiators_of(request);
      if (is_tracker(judgement.categorisation)) {
        party.is_tracker = true;
        it->second.tracking.add(moment_of(*trace.state, i, request.phase), {.visit = &visits[i],
                                                                            .phase = request.phase,
                                                                            .page_url = visits[i].requested_url,
                                                                            .writer = nullptr,
                                                                            .request = &request});
      }
    }
  }
  for (const auto& cookie : trace.cookies) {
    const auto it = parties.find(registrable_domain(cookie.verdict.cookie.key.domain));
    if (it == parties.end()) continue;
    auto& names = it->second.verdict.cookie_names;
    if (names.empty() || names.back() != cookie.verdict.cookie.key.name) names.push_back(cookie.verdict.cookie.key.name);
  }
  for (auto& [_, party] : parties) {
    if (party.verdict.initiators.size() > k_initiators_max) party.verdict.initiators.resize(k_initiators_max);
    trace.third_parties.push_back(std::move(party));
  }
}

StateTrace trace_state(const record::StateRecord& state, const Site& site, const Categoriser& categoriser) {
  StateTrace trace;
  trace.state = &state;
  trace_cookies(trace, site, categoriser);
  trace_storage(trace, site, categoriser);
  trace_third_parties(trace, site, categoriser);
  return trace;
}

}  // namespace gannet::inspect
