#include "schedule/fire_plan.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace gannet::schedule {

namespace {

constexpr std::array<std::string_view, 5> k_misfire_names{"latest", "earliest", "skip", "window", "all"};
constexpr std::array<std::string_view, 4> k_overlap_names{"skip", "queue", "cancel", "allow"};
constexpr std::array<std::string_view, 8> k_reason_names{"missed",  "coalesced", "limit",    "blackout",
                                                         "overlap", "paused",    "disabled", "edited"};
/// Due times that are decided on one by one; those before them, or after them under `earliest`, are recorded as one.
constexpr std::size_t k_single_max = 1000;
constexpr auto k_least = std::chrono::microseconds(1);

template <class Policy, std::size_t Size>
Result<Policy> parse_name(std::string_view field, const std::array<std::string_view, Size>& names, std::string_view text) {
  const auto found = std::ranges::find(names, to_lower(trim(text)));
  if (found == names.end())
    return fail(ErrorKind::invalid, "{} is '{}'; right would be {}", field, printable(text, 60), fmt::join(names, ", "));
  return Policy(found - names.begin());
}

/// The decisions of one plan, as they come; several of one reason in a row are made one.
class Decisions {
 public:
  void run(Instant at) { decisions_.push_back({at, std::nullopt, std::nullopt}); }
  void skip(Instant at, SkipReason reason, std::optional<Instant> until = std::nullopt) {
    if (!decisions_.empty() && decisions_.back().skipped == reason) {
      decisions_.back().until = until ? until : at;
    } else {
      decisions_.push_back({at, reason, until});
    }
  }
  void skip_between(const TimeSpec& spec, Instant after, Instant until, SkipReason reason) {
    if (const auto decision = skip_all(spec, after, until, reason)) skip(decision->at, reason, decision->until);
  }
  std::vector<Decision> take() { return std::move(decisions_); }

 private:
  std::vector<Decision> decisions_;
};

std::vector<Instant> earliest_between(const TimeSpec& spec, Instant after, Instant until, std::size_t limit) {
  std::vector<Instant> found;
  for (auto at = spec.next_after(after); at && *at <= until && found.size() < limit; at = spec.next_after(*at))
    found.push_back(*at);
  return found;
}

/// Which of `due`, in order, are to run by the misfire policy.
std::vector<bool> choose(const FirePolicy& policy, const std::vector<bool>& may_run) {
  std::vector<bool> runs(may_run.size(), false);
  const auto first = std::ranges::find(may_run, true);
  if (first == may_run.end()) return runs;
  int left = policy.misfire == MisfirePolicy::latest ? 1 : policy.misfire_max;
  if (policy.misfire == MisfirePolicy::earliest) {
    runs[std::size_t(first - may_run.begin())] = true;
    return runs;
  }
  for (auto i = may_run.size(); i-- > 0 && left > 0;)
    if (may_run[i]) runs[i] = true, --left;
  return runs;
}

}  // namespace

std::string_view to_string(MisfirePolicy policy) { return k_misfire_names[std::size_t(policy)]; }
std::string_view to_string(OverlapPolicy policy) { return k_overlap_names[std::size_t(policy)]; }
std::string_view to_string(SkipReason reason) { return k_reason_names[std::size_t(reason)]; }
Result<MisfirePolicy> parse_misfire_policy(std::string_view text) {
  return parse_name<MisfirePolicy>("misfire_policy", k_misfire_names, text);
}
Result<OverlapPolicy> parse_overlap_policy(std::string_view text) {
  return parse_name<OverlapPolicy>("overlap_policy", k_overlap_names, text);
}

std::optional<Decision> skip_all(const TimeSpec& spec, Instant after, Instant until, SkipReason reason) {
  const auto first = spec.next_after(after);
  if (!first || *first > until) return std::nullopt;
  const auto last = spec.latest_between(after, until, 1);
  if (last.empty() || last[0] == *first) return Decision{*first, reason, std::nullopt};
  return Decision{*first, reason, last[0]};
}

FirePlan plan_fires(const TimeSpec& spec, const Blackouts& blackouts, const FirePolicy& policy, const FireSituation& situation) {
  const auto& [cursor, now, active_before] = situation;
  Decisions decisions;
  auto from = cursor;
  if (policy.misfire != MisfirePolicy::all) {
    const auto grace =
        policy.misfire == MisfirePolicy::skip ? std::min(policy.misfire_grace, k_skip_tolerance) : policy.misfire_grace;
    const auto too_old = now - grace - k_least;
    if (too_old > cursor) {
      decisions.skip_between(spec, cursor, too_old, SkipReason::missed);
      from = too_old;
    }
  }
  const bool is_single = policy.misfire == MisfirePolicy::latest || policy.misfire == MisfirePolicy::earliest;
  const auto passed_over = is_single ? SkipReason::coalesced : SkipReason::limit;
  const bool from_front = policy.misfire == MisfirePolicy::earliest;
  const auto due = from_front ? earliest_between(spec, from, now, k_single_max) : spec.latest_between(from, now, k_single_max);
  if (!due.empty() && !from_front) decisions.skip_between(spec, from, due.front() - k_least, passed_over);

  std::vector<bool> may_run(due.size());
  for (std::size_t i = 0; i < due.size(); ++i) may_run[i] = !blackouts.cover(due[i], spec.zone());
  const auto runs = choose(policy, may_run);
  const auto last_run = std::size_t(std::find(runs.rbegin(), runs.rend(), true).base() - runs.begin());

  FirePlan plan;
  auto active = active_before;
  for (std::size_t i = 0; i < due.size(); ++i) {
    const bool is_full = (policy.overlap == OverlapPolicy::skip && active >= policy.instances_max) ||
                         (policy.overlap == OverlapPolicy::queue && active >= policy.instances_max + k_waiting_max) ||
                         (policy.overlap == OverlapPolicy::cancel && i + 1 != last_run);
    if (!may_run[i]) {
      decisions.skip(due[i], SkipReason::blackout);
    } else if (!runs[i]) {
      decisions.skip(due[i], passed_over);
    } else if (is_full) {
      decisions.skip(due[i], SkipReason::overlap);
    } else {
      decisions.run(due[i]);
      plan.cancels_active = policy.overlap == OverlapPolicy::cancel && active_before > 0;
      ++active;
    }
  }
  if (!due.empty() && from_front) decisions.skip_between(spec, due.back(), now, passed_over);
  plan.decisions = decisions.take();
  return plan;
}

}  // namespace gannet::schedule
