#include "report/verdict.hpp"

#include <algorithm>
#include <map>
#include <tuple>

#include <fmt/format.h>

#include "base/text.hpp"
#include "report/impl/problems.hpp"
#include "report/impl/rows.hpp"
#include "report/impl/states.hpp"
#include "report/impl/words.hpp"

namespace gannet::report {
namespace {

using record::ConsentResult;
using record::ConsentState;
using record::Phase;
using record::SettledBy;
using record::StateRecord;
using record::Visit;
using record::VisitStatus;

using Gaps = std::vector<Gap>;

bool has_phase(const Visit& visit, Phase phase) { return std::ranges::count(visit.phases, phase, &record::PhaseEnd::phase) > 0; }

/// Something of the page reached the record. A refusal of the site has its phases too: they show the bot wall.
bool is_seen(const Visit& visit) {
  const bool was_loaded = visit.status == VisitStatus::ok || visit.status == VisitStatus::partial;
  return was_loaded && has_phase(visit, Phase::s0);
}

std::string_view visit_words(VisitStatus status) {
  switch (status) {
    case VisitStatus::ok: return "seen";
    case VisitStatus::partial: return "seen only in part";
    case VisitStatus::blocked: return "refused by the site";
    case VisitStatus::failed: return "not loaded";
  }
  return "";
}

/// "2 of 5 pages", or the page itself where there is only one.
std::string pages_words(std::size_t count, std::size_t total, const std::string& first_url) {
  if (total == 1) return safe(first_url, 120) + " was";
  return fmt::format("{} of {} pages {}", count, total, count == 1 ? "was" : "were");
}

/// Pages that were not seen in full, one gap for each status and reason.
void add_visit_gaps(Gaps& gaps, const StateRecord& state) {
  struct Group {
    std::size_t count = 0;
    const Visit* first = nullptr;
  };
  std::map<std::tuple<VisitStatus, std::string, int>, Group> groups;
  for (const Visit& visit : state.visits) {
    if (visit.status == VisitStatus::ok) continue;
    Group& group = groups[{visit.status, visit.reason, visit.http_status}];
    if (group.count++ == 0) group.first = &visit;
  }
  for (const auto& [key, group] : groups) {
    const auto& [status, reason, http_status] = key;
    std::string text =
        fmt::format("{} {}", pages_words(group.count, state.visits.size(), group.first->requested_url), visit_words(status));
    if (http_status >= 400) text += fmt::format(" (HTTP {})", http_status);
    if (state.visits.size() > 1)
      text += fmt::format(", {}{}", group.count > 1 ? "first " : "", safe(group.first->requested_url, 120));
    if (!reason.empty()) text += ": " + safe(reason, 200);
    gaps.push_back({state.state, text});
  }
}

/// Pages that count as seen although they did not come to rest, or are error pages.
void add_page_gaps(Gaps& gaps, const StateRecord& state) {
  const auto add = [&](auto is_so, std::string_view words, auto is_blocking) {
    const auto applies = [&](const Visit& visit) { return visit.status == VisitStatus::ok && is_so(visit); };
    const auto count = std::size_t(std::ranges::count_if(state.visits, applies));
    if (count == 0) return;
    const std::string& first_url = std::ranges::find_if(state.visits, applies)->requested_url;
    gaps.push_back(
        {state.state, fmt::format("{} {}", pages_words(count, state.visits.size(), first_url), words), is_blocking(count)});
  };
  const auto always = [](std::size_t) { return true; };
  const auto never = [](std::size_t) { return false; };
  const auto is_settled_by = [](const Visit& visit, SettledBy how) {
    return std::ranges::count(visit.phases, how, &record::PhaseEnd::settled_by) > 0;
  };
  add([](const Visit& visit) { return !has_phase(visit, Phase::s0); }, "left before it was loaded", always);
  add([&](const Visit& visit) { return is_settled_by(visit, SettledBy::deadline); }, "still loading when the time ran out",
      always);
  add([&](const Visit& visit) { return is_settled_by(visit, SettledBy::ceiling); },
      "still busy when the waiting time ended; what came later was not seen", never);
  add([](const Visit& visit) { return visit.http_status >= 400; }, "an error page of the site",
      [&](std::size_t count) { return count == state.visits.size(); });
}

/// Whether the choice that the state stands for was made.
void add_consent_gaps(Gaps& gaps, const StateRecord& state) {
  if (state.state == ConsentState::untouched) return;
  const std::string_view button = state.state == ConsentState::rejected ? "reject" : "accept";
  const record::ConsentOutcome& consent = state.consent;
  const std::string note = consent.note.empty() ? "" : " (" + safe(consent.note, 200) + ")";
  switch (consent.result) {
    case ConsentResult::not_attempted:
      gaps.push_back({state.state, fmt::format("the choice to {} was never made{}", button, note)});
      return;
    case ConsentResult::no_banner:
      gaps.push_back(
          {state.state, fmt::format("no consent banner was found, so there was nothing to {}{}", button, note), false});
      return;
    case ConsentResult::no_control:
      gaps.push_back({state.state, fmt::format("a consent banner was found, but no {} button{}", button, note)});
      return;
    case ConsentResult::unproved: {
      const std::string label = consent.button_text.empty() ? "" : " “" + safe(consent.button_text, 60) + "”";
      gaps.push_back(
          {state.state, fmt::format("the {} button{} was clicked but nothing proves that it worked{}", button, label, note)});
      return;
    }
    case ConsentResult::proved: break;
  }
  const bool was_seen_after =
      std::ranges::any_of(state.visits, [](const Visit& v) { return has_phase(v, Phase::s2) || has_phase(v, Phase::s3); });
  if (!was_seen_after) gaps.push_back({state.state, "no page was seen after the choice was made"});
}

void add_scan_gaps(Gaps& gaps, const record::ScanRecord& scan) {
  const std::string reason = scan.reason.empty() ? "" : ": " + safe(scan.reason, 300);
  switch (scan.status) {
    case record::ScanStatus::success: break;
    case record::ScanStatus::partial: gaps.push_back({std::nullopt, "the scan ended early" + reason}); break;
    case record::ScanStatus::failed: gaps.push_back({std::nullopt, "the scan failed" + reason}); break;
    case record::ScanStatus::cancelled:  // Its reason is a sentence of its own.
      gaps.push_back({std::nullopt, scan.reason.empty() ? "the scan was interrupted" : safe(scan.reason, 300)});
      break;
  }
  if (scan.states.empty()) gaps.push_back({std::nullopt, "no page was visited"});
  std::vector<ConsentState> missing;
  std::ranges::copy_if(k_states, std::back_inserter(missing), [&](ConsentState state) { return !find_state(scan, state); });
  if (!missing.empty() && !scan.states.empty())
    gaps.push_back({std::nullopt, fmt::format("not part of this scan: {}", state_words(missing)), false});
  if (scan.how.third_party_cookies == "block")
    gaps.push_back({std::nullopt, "the browser was set to block third-party cookies", false});
}

void add_state_gaps(Gaps& gaps, const StateRecord& state, const inspect::Inspection& inspection) {
  if (state.visits.empty()) {
    gaps.push_back({state.state, "no page was visited"});
    return;
  }
  if (!find_state(inspection, state.state)) gaps.push_back({state.state, "what was seen was not inspected"});
  // Where nothing was loaded, a choice that was not made is no news.
  const bool was_possible = state.consent.result != ConsentResult::not_attempted || std::ranges::any_of(state.visits, is_seen);
  if (was_possible) add_consent_gaps(gaps, state);
  add_visit_gaps(gaps, state);
  add_page_gaps(gaps, state);
}

/// How far a verdict reaches: "in 3 states"; by name where not all visited states count.
std::string scope_words(const std::vector<ConsentState>& established, std::size_t visited) {
  if (established.size() == 1) return fmt::format("in the state {}", to_string(established[0]));
  if (established.size() == visited) return fmt::format("in {} states", visited);
  return fmt::format("in the states {}", state_words(established));
}

/// Why nothing can be said: the engine's reason, else the last gap, which is the most particular.
std::string failure_words(const Gaps& gaps, const record::ScanRecord& scan) {
  const bool is_failed = scan.status == record::ScanStatus::failed;
  const std::string words = is_failed ? "The scan failed" : "No page could be seen";
  if (is_failed && !scan.reason.empty()) return words + ": " + safe(scan.reason, 300);
  const auto last = std::find_if(gaps.rbegin(), gaps.rend(), [](const Gap& gap) { return gap.is_blocking && gap.state; });
  return last == gaps.rend() ? words : words + ": " + last->text;
}

bool has_what_needs_consent(const inspect::StateInspection& state) {
  const auto needs = [](const auto& verdict) { return needs_consent(verdict.categorisation.category); };
  return std::ranges::any_of(state.cookies, needs) || std::ranges::any_of(state.storage, needs) ||
         std::ranges::any_of(state.third_parties,
                             [&](const inspect::ThirdParty& party) { return party.is_tracker || needs(party); });
}

/// A site may well use analytics once it is accepted: then there is no problem, but "nothing that needs consent" would be untrue.
void word_clean(Verdict& verdict, const record::ScanRecord& scan, const inspect::Inspection& inspection) {
  const std::string scope = scope_words(verdict.established, scan.states.size());
  bool is_anywhere = false, is_only_accepted = true;
  for (const inspect::StateInspection& state : inspection.states) {
    if (!has_what_needs_consent(state)) continue;
    is_anywhere = true;
    is_only_accepted = is_only_accepted && state.state == ConsentState::accepted;
  }
  verdict.headline = (is_anywhere ? "No problem found, " : "Nothing found that needs consent, ") + scope;
  if (is_anywhere && is_only_accepted) verdict.detail = "Analytics or advertising was seen only where it was accepted";
}

void word_verdict(Verdict& verdict, const record::ScanRecord& scan, const inspect::Inspection& inspection) {
  const auto blocking = std::ranges::find(verdict.gaps, true, &Gap::is_blocking);
  const std::string problems = problem_words(inspection);
  const std::string suspicions = suspicion_words(inspection);
  const std::string review = review_words(inspection);
  const bool has_no_banner =
      std::ranges::any_of(scan.states, [](const StateRecord& state) { return state.consent.result == ConsentResult::no_banner; });
  switch (verdict.kind) {
    case VerdictKind::failed:
      verdict.headline = failure_words(verdict.gaps, scan);
      verdict.detail = problems.empty() ? "This says nothing about the site" : "Seen until then: " + problems;
      return;
    case VerdictKind::problems:
      verdict.headline = problems;
      if (!suspicions.empty()) verdict.add_detail("Perhaps also " + suspicions);
      if (blocking != verdict.gaps.end())
        verdict.add_detail("There may be more: not everything could be established");
      else if (!review.empty())
        verdict.add_detail("To look at: " + review);
      return;
    case VerdictKind::undetermined:
      verdict.headline = "Could not tell: " + (blocking != verdict.gaps.end() ? *blocking : verdict.gaps.front()).text;
      verdict.detail = !verdict.is_anything_seen ? "This says nothing about the site"
                       : verdict.established.empty()
                           ? "No state was seen in full"
                           : "The pages that were seen show no problem in the state " + state_words(verdict.established);
      return;
    case VerdictKind::review:
      verdict.headline = fmt::format("No certain problem {}, but {}", scope_words(verdict.established, scan.states.size()),
                                     suspicions.empty() ? review + " to look at" : "perhaps " + suspicions);
      if (!suspicions.empty() && !review.empty()) verdict.add_detail("To look at: " + review);
      break;
    case VerdictKind::clean: word_clean(verdict, scan, inspection); break;
  }
  if (has_no_banner) verdict.add_detail("No consent banner was found, so no choice could be made");
}

}  // namespace

void Verdict::add_detail(std::string_view sentence) {
  if (!detail.empty()) detail += ". ";
  detail += sentence;
}

bool Verdict::is_established(ConsentState state) const { return std::ranges::count(established, state) > 0; }

bool Verdict::has_blocking_gap() const { return std::ranges::count(gaps, true, &Gap::is_blocking) > 0; }

Verdict make_verdict(const record::ScanRecord& scan, const inspect::Inspection& inspection) {
  Verdict verdict;
  add_scan_gaps(verdict.gaps, scan);
  for (const ConsentState name : k_states) {
    const StateRecord* state = find_state(scan, name);
    if (!state) continue;
    const std::size_t gaps_before = verdict.gaps.size();
    add_state_gaps(verdict.gaps, *state, inspection);
    const bool has_blocking = std::any_of(verdict.gaps.begin() + std::ptrdiff_t(gaps_before), verdict.gaps.end(),
                                          [](const Gap& gap) { return gap.is_blocking; });
    if (!has_blocking && state->consent.result != ConsentResult::no_banner) verdict.established.push_back(name);
    verdict.is_anything_seen = verdict.is_anything_seen || std::ranges::any_of(state->visits, is_seen);
  }
  if (!inspection.review.empty())
    verdict.gaps.push_back({std::nullopt, "the purpose is not known of " + handful_words(inspection.review), false});

  const bool is_cancelled = scan.status == record::ScanStatus::cancelled;
  if (scan.status == record::ScanStatus::failed || (!verdict.is_anything_seen && !is_cancelled))
    verdict.kind = VerdictKind::failed;
  else if (std::ranges::any_of(inspection.findings, is_problem))
    verdict.kind = VerdictKind::problems;
  else if (verdict.has_blocking_gap() || verdict.established.empty())
    verdict.kind = VerdictKind::undetermined;
  else if (!review_words(inspection).empty() || !suspicion_words(inspection).empty())
    verdict.kind = VerdictKind::review;
  else
    verdict.kind = VerdictKind::clean;
  word_verdict(verdict, scan, inspection);
  return verdict;
}

}  // namespace gannet::report
