#include "schedule/time_spec.hpp"

#include <algorithm>
#include <array>

#include "schedule/impl/time_config_reader.hpp"

namespace gannet::schedule {

namespace chr = std::chrono;

std::string_view to_string(Frequency frequency) {
  switch (frequency) {
    case Frequency::hourly: return "hourly";
    case Frequency::daily: return "daily";
    case Frequency::weekly: return "weekly";
    case Frequency::monthly: return "monthly";
    case Frequency::custom: return "custom";
    case Frequency::interval: return "interval";
  }
  return "";
}

Result<TimeSpec> TimeSpec::parse(const TimeSpecText& text) { return impl::TimeConfigReader().read(text); }

std::optional<Instant> TimeSpec::next_after(Instant after) const {
  if (cron_) return next_fire(*cron_, *zone_, rules_, after);
  // Whole intervals since the anchor, rounded down also before it.
  const auto since = chr::floor<chr::seconds>(after) - anchor_;
  const auto whole = since / interval_ - (since % interval_ < chr::seconds(0) ? 1 : 0);
  return anchor_ + (whole + 1) * interval_;
}

std::vector<Instant> TimeSpec::latest_between(Instant after, Instant until, std::size_t limit) const {
  std::vector<Instant> found;
  // Windows that end at `until` and grow until one has enough: a window of fires is walked only where the one before was short.
  for (auto window = chr::seconds(64);; window *= 16) {
    const bool is_last = window >= k_search_limit || until - window <= after;
    found.clear();
    auto at = next_after(is_last ? std::max(after, until - k_search_limit) : until - window);
    for (; at && *at <= until; at = next_after(*at)) found.push_back(*at);
    if (is_last || found.size() >= limit) break;
  }
  if (found.size() > limit) found.erase(found.begin(), found.end() - std::ptrdiff_t(limit));
  return found;
}

std::vector<UpcomingFire> TimeSpec::upcoming(Instant after, std::size_t count) const {
  std::vector<UpcomingFire> fires;
  for (auto at = next_after(after); at && fires.size() < count; at = next_after(*at))
    fires.push_back({*at, zone_->period_at(chr::floor<chr::seconds>(*at)).offset});
  return fires;
}

std::optional<std::string> TimeSpec::clock_change_warning(Instant now) const {
  if (!cron_) return std::nullopt;
  const auto change = find_clock_change(*cron_, *zone_, now, now + chr::years(1));
  if (!change) return std::nullopt;
  const auto date = chr::year_month_day(chr::floor<chr::days>(change->local_time));
  const chr::hh_mm_ss time(change->local_time - chr::floor<chr::days>(change->local_time));
  const auto local = fmt::format("{:02}:{:02}", time.hours().count(), time.minutes().count());
  const auto when = fmt::format("on {:04}-{:02}-{:02} the clock in {}", int(date.year()), unsigned(date.month()),
                                unsigned(date.day()), zone_->name());
  if (change->by > chr::seconds(0)) {
    if (rules_.gap == GapRule::skip) return fmt::format("{} jumps over {}; it does not fire then", when, local);
    const auto fires = upcoming(change->at - chr::seconds(1), 1);
    return fmt::format("{} jumps over {}; it fires at {}", when, local, fires.empty() ? "" : format_with_offset(fires[0]));
  }
  constexpr std::array k_what{"first", "second", "first and the second"};
  return fmt::format("{} shows {} twice; it fires at the {}", when, local, k_what[std::size_t(rules_.overlap)]);
}

std::string format_with_offset(const UpcomingFire& fire) {
  const auto local = chr::floor<chr::seconds>(fire.at) + fire.offset;
  const auto day = chr::floor<chr::days>(local);
  const chr::year_month_day date(day);
  const chr::hh_mm_ss time(local - day);
  const auto text = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", int(date.year()), unsigned(date.month()),
                                unsigned(date.day()), time.hours().count(), time.minutes().count(), time.seconds().count());
  if (fire.offset == chr::seconds(0)) return text + "Z";
  const chr::hh_mm_ss offset(chr::abs(fire.offset));
  return fmt::format("{}{}{:02}:{:02}", text, fire.offset < chr::seconds(0) ? '-' : '+', offset.hours().count(),
                     offset.minutes().count());
}

}  // namespace gannet::schedule
