// Cookies of one state: writes say who, when and where; jars say what stayed.
#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "inspect/trace.hpp"

namespace gannet::inspect {
namespace {

using record::Cookie;
using record::CookieKey;
using record::CookieWrite;

constexpr std::size_t k_other_writers_max = 8;

struct Draft {
  CookieTrace trace;
  const CookieWrite* last_write = nullptr;
  std::size_t last_write_visit = 0;
  /// Start of the visit that first showed a cookie without any write.
  Instant first_seen;
};

using Drafts = std::map<CookieKey, Draft>;

bool is_same_writer(const record::Writer& a, const record::Writer& b) { return a.kind == b.kind && a.url == b.url; }

void add_write(Draft& draft, const CookieWrite& write, std::size_t visit_index) {
  CookieVerdict& verdict = draft.trace.verdict;
  if (!draft.last_write) {
    verdict.phase = write.phase;
    verdict.set_by = write.writer;
  } else if (!is_same_writer(verdict.set_by, write.writer) && verdict.also_set_by.size() < k_other_writers_max &&
             std::ranges::none_of(verdict.also_set_by, [&](const auto& other) { return is_same_writer(other, write.writer); })) {
    verdict.also_set_by.push_back(write.writer);
  }
  if (std::ranges::find(verdict.pages, write.page_url) == verdict.pages.end()) verdict.pages.push_back(write.page_url);
  verdict.cookie = write.cookie;
  verdict.declared_lifetime_seconds = write.declared_lifetime_seconds;
  verdict.is_present = true;
  draft.last_write = &write;
  draft.last_write_visit = visit_index;
}

void collect_writes(Drafts& drafts, StateTrace& trace) {
  std::set<std::tuple<CookieKey, std::vector<std::string>, std::string>> blocked;
  const auto& visits = trace.state->visits;
  for (std::size_t i = 0; i < visits.size(); ++i) {
    for (const CookieWrite& write : visits[i].cookie_writes) {
      if (write.is_blocked()) {
        if (blocked.emplace(write.cookie.key, write.blocked_reasons, write.writer.url).second)
          trace.blocked_cookies.push_back(write);
        continue;
      }
      if (write.is_deletion) {
        if (const auto it = drafts.find(write.cookie.key); it != drafts.end()) it->second.trace.verdict.is_present = false;
        continue;
      }
      Draft& draft = drafts[write.cookie.key];
      add_write(draft, write, i);
      if (!write.writer.by_gannet) {
        draft.trace.sightings.add(
            moment_of(*trace.state, i, write.phase),
            {.visit = &visits[i], .phase = write.phase, .page_url = write.page_url, .writer = &write.writer, .request = nullptr});
      }
    }
  }
}

/// Cookies that stand in a jar though no write of them was kept: the first jar in which they were seen gives the phase.
void collect_unwritten(Drafts& drafts, StateTrace& trace) {
  const record::StateRecord& state = *trace.state;
  for (std::size_t i = 0; i < state.visits.size(); ++i) {
    const record::Visit& visit = state.visits[i];
    for (const auto& [phase, jar] : visit.jars) {
      const Moment moment = moment_of(state, i, phase);
      if (moment == Moment::after_choice) trace.has_jar_after_choice = true;
      for (const Cookie& cookie : jar) {
        auto [it, is_new] = drafts.try_emplace(cookie.key);
        Draft& draft = it->second;
        if (draft.last_write) continue;
        draft.trace.verdict.cookie = cookie;
        if (!is_new) continue;
        draft.trace.verdict.phase = phase;
        draft.first_seen = visit.started_at;
        draft.trace.sightings.add(
            moment, {.visit = &visit, .phase = phase, .page_url = visit.requested_url, .writer = nullptr, .request = nullptr});
      }
    }
  }
}

/// What the jars hold in the end: the last jar of the context, of each page's own, of each browser that was lost. nullopt where
/// no jar was read.
std::optional<std::map<CookieKey, const Cookie*>> final_jar(const record::StateRecord& state) {
  std::vector<const record::Visit*> last;
  for (const auto& visit : state.visits) {
    if (visit.jars.empty()) continue;
    const auto end_of = [](const record::Visit& v) { return v.started_at + std::chrono::milliseconds(v.duration_ms); };
    if (!state.has_fresh_context_per_page && !visit.has_restarted_browser() && !last.empty()) {
      // Pages of one context may load side by side: the jar that was read last counts.
      if (end_of(visit) >= end_of(*last.back())) last.back() = &visit;
    } else {
      last.push_back(&visit);
    }
  }
  if (last.empty()) return std::nullopt;
  std::map<CookieKey, const Cookie*> jar;
  for (const auto* visit : last) {
    for (const Cookie& cookie : visit->jars.rbegin()->second) jar[cookie.key] = &cookie;
  }
  return jar;
}

struct JarEntry {
  const Cookie* cookie = nullptr;
  std::size_t visit_index = 0;
  record::Phase phase = record::Phase::s0;
};

/// The newest jar entry of each key: what the browser made of the write, its cap on the expiry included.
std::map<CookieKey, JarEntry> newest_entries(const record::StateRecord& state) {
  std::map<CookieKey, JarEntry> entries;
  for (std::size_t i = 0; i < state.visits.size(); ++i) {
    for (const auto& [phase, jar] : state.visits[i].jars) {
      for (const Cookie& cookie : jar) entries[cookie.key] = {.cookie = &cookie, .visit_index = i, .phase = phase};
    }
  }
  return entries;
}

/// Whether the jar was read after the draft's last write, so that it shows that write's result.
bool is_newer(const JarEntry& entry, const Draft& draft) {
  if (!draft.last_write) return true;
  return std::pair(entry.visit_index, entry.phase) >= std::pair(draft.last_write_visit, draft.last_write->phase);
}

std::optional<std::int64_t> seconds_between(Instant from, std::optional<Instant> to) {
  if (!to) return std::nullopt;
  return std::chrono::round<std::chrono::seconds>(*to - from).count();
}

/// A likely category becomes certain when a script or host of that same purpose wrote the cookie.
void corroborate(CookieVerdict& verdict, const Categoriser& categoriser) {
  if (verdict.categorisation.confidence != record::Confidence::likely) return;
  const auto confirms = [&](const std::string& url) {
    return !url.empty() && categoriser.judge_host(host_of(url)).categorisation.category == verdict.categorisation.category;
  };
  const bool is_confirmed = confirms(verdict.set_by.url) ||
                            std::ranges::any_of(verdict.set_by.stack, [&](const auto& frame) { return confirms(frame.url); });
  if (is_tracker(verdict.categorisation) && is_confirmed) verdict.categorisation.confidence = record::Confidence::certain;
}

}  // namespace

void trace_cookies(StateTrace& trace, const Site& site, const Categoriser& categoriser) {
  const record::StateRecord& state = *trace.state;
  Drafts drafts;
  collect_writes(drafts, trace);
  collect_unwritten(drafts, trace);
  const auto newest = newest_entries(state);
  const auto last = final_jar(state);
  for (auto& [key, draft] : drafts) {
    CookieVerdict& verdict = draft.trace.verdict;
    if (const auto it = newest.find(key); it != newest.end() && is_newer(it->second, draft)) {
      verdict.cookie = *it->second.cookie;
    }
    if (last) verdict.is_present = last->contains(key);
    verdict.lifetime_seconds =
        seconds_between(draft.last_write ? draft.last_write->at : draft.first_seen, verdict.cookie.expires);
    verdict.party = site.party_of(key.domain);
    Judgement judgement = categoriser.judge(key.name, key.domain, verdict.party);
    verdict.categorisation = std::move(judgement.categorisation);
    verdict.owner = std::move(judgement.owner);
    corroborate(verdict, categoriser);
    trace.cookies.push_back(std::move(draft.trace));
  }
}

}  // namespace gannet::inspect
