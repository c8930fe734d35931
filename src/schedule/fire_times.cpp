#include "schedule/fire_times.hpp"

#include <algorithm>

namespace gannet::schedule {

namespace chr = std::chrono;
using chr::local_seconds;
using chr::sys_seconds;

namespace {

constexpr chr::seconds k_tick(1);

local_seconds to_local(sys_seconds at, chr::seconds offset) { return local_seconds(at.time_since_epoch() + offset); }
sys_seconds to_sys(local_seconds at, chr::seconds offset) { return sys_seconds(at.time_since_epoch() - offset); }

/// Fires in one period of constant offset. Each function looks from `from`, which is in the period, to its end.
class PeriodFires {
 public:
  PeriodFires(const CronExpression& cron, DstRules rules, std::span<const TimeZone::Period> periods, std::size_t index,
              sys_seconds limit)
      : cron_(cron), rules_(rules), period_(periods[index]), end_(std::min(period_.end, limit)) {
    if (index > 0) jump_in_ = period_.offset - periods[index - 1].offset;
    if (index + 1 < periods.size()) jump_out_ = periods[index + 1].offset - period_.offset;
  }

  std::optional<sys_seconds> first_from(sys_seconds from) const {
    if (cron_.is_wildcard()) return regular_from(from);
    const auto regular = regular_from(from), jumped = jumped_over_from(from);
    if (!regular || !jumped) return regular ? regular : jumped;
    return std::min(*regular, *jumped);
  }

 private:
  /// Of local times that the period has; of those that come twice only where the rule says so.
  std::optional<sys_seconds> regular_from(sys_seconds from) const {
    auto end = end_;
    if (!cron_.is_wildcard()) {
      if (rules_.overlap == OverlapRule::first && jump_in_ < chr::seconds(0)) from = std::max(from, period_.begin - jump_in_);
      if (rules_.overlap == OverlapRule::second && jump_out_ < chr::seconds(0)) end = std::min(end, period_.end + jump_out_);
    }
    const auto match = cron_.next_local(to_local(from, period_.offset), to_local(end, period_.offset));
    if (!match) return std::nullopt;
    return to_sys(*match, period_.offset);
  }

  /// Of local times that were jumped over when the period began.
  std::optional<sys_seconds> jumped_over_from(sys_seconds from) const {
    if (jump_in_ <= chr::seconds(0) || rules_.gap == GapRule::skip) return std::nullopt;
    const auto old_offset = period_.offset - jump_in_;
    const auto gap_begin = to_local(period_.begin, old_offset), gap_end = to_local(period_.begin, period_.offset);
    if (rules_.gap == GapRule::run_after) {
      if (from > period_.begin || !cron_.next_local(gap_begin, gap_end)) return std::nullopt;
      return period_.begin;
    }
    const auto match = cron_.next_local(std::max(gap_begin, to_local(from, old_offset)), gap_end);
    if (!match || to_sys(*match, old_offset) >= end_) return std::nullopt;
    return to_sys(*match, old_offset);
  }

  const CronExpression& cron_;
  const DstRules rules_;
  const TimeZone::Period& period_;
  const sys_seconds end_;
  chr::seconds jump_in_{};
  chr::seconds jump_out_{};
};

}  // namespace

std::optional<Instant> next_fire(const CronExpression& cron, const TimeZone& zone, DstRules rules, Instant after) {
  auto from = chr::floor<chr::seconds>(after) + k_tick;
  const auto limit = from + k_search_limit;
  const auto periods = zone.periods();
  for (auto index = zone.index_at(from); index < periods.size() && from < limit; from = periods[index].end, ++index)
    if (const auto found = PeriodFires(cron, rules, periods, index, limit).first_from(from)) return *found;
  return std::nullopt;
}

std::optional<ClockChange> find_clock_change(const CronExpression& cron, const TimeZone& zone, Instant after, Instant until) {
  if (cron.is_wildcard()) return std::nullopt;
  const auto periods = zone.periods();
  for (auto index = zone.index_at(chr::floor<chr::seconds>(after)) + 1; index < periods.size(); ++index) {
    const auto& period = periods[index];
    if (period.begin >= until) break;
    const auto jump = period.offset - periods[index - 1].offset;
    const auto before = to_local(period.begin, periods[index - 1].offset), now = to_local(period.begin, period.offset);
    if (const auto match = cron.next_local(std::min(before, now), std::max(before, now)))
      return ClockChange{period.begin, jump, *match};
  }
  return std::nullopt;
}

}  // namespace gannet::schedule
