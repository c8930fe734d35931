// TimeSpec: when a schedule fires: its frequency, time_config and time zone, checked and made into one function from an instant
// to the next. Pure. docs/schedules.md is its description for users.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schedule/fire_times.hpp"

namespace gannet::schedule {

namespace impl {
class TimeConfigReader;
}

enum class Frequency { hourly, daily, weekly, monthly, custom, interval };

std::string_view to_string(Frequency frequency);

/// As it comes from a request, a feed or a row.
struct TimeSpecText {
  /// In any case; "cron" is "custom". May be empty where time_config has a `type`.
  std::string_view frequency;
  /// A JSON object.
  std::string_view time_config;
  /// IANA name; where it is empty, time_config's or else `timezone_default`.
  std::string_view timezone = {};
  std::string_view timezone_default = "UTC";
};

struct UpcomingFire {
  Instant at;
  /// Of local time from UTC at that instant.
  std::chrono::seconds offset{};
};

class TimeSpec {
 public:
  /// Error `invalid`, naming the field, its value and what would be right.
  static Result<TimeSpec> parse(const TimeSpecText& text);

  /// The first fire later than `after`; nullopt where none comes within k_search_limit.
  std::optional<Instant> next_after(Instant after) const;

  /// The fires in (after, until], newest last and at most `limit` of the newest, in time that does not grow with their number.
  std::vector<Instant> latest_between(Instant after, Instant until, std::size_t limit) const;

  std::vector<UpcomingFire> upcoming(Instant after, std::size_t count) const;

  /// "on 2027-03-28 the clock in Europe/Berlin jumps over 02:30; it fires at 03:00+02:00", where a clock change of the twelve
  /// months after `now` touches a fire.
  std::optional<std::string> clock_change_warning(Instant now) const;

  Frequency frequency() const { return frequency_; }
  const TimeZone& zone() const { return *zone_; }
  /// What is to be stored: only keys of this frequency, `day` as `day_of_week`, names in lower case. JSON.
  const std::string& time_config() const { return time_config_; }

 private:
  friend class impl::TimeConfigReader;
  TimeSpec() = default;

  Frequency frequency_ = Frequency::daily;
  const TimeZone* zone_ = &TimeZone::utc();
  std::optional<CronExpression> cron_;
  DstRules rules_;
  std::chrono::seconds interval_{};
  /// Intervals are counted from here, which no edit moves.
  std::chrono::sys_seconds anchor_{};
  std::string time_config_;
};

/// RFC 3339 with the offset: "2026-03-29T03:00:00+02:00", and "Z" where it is zero.
std::string format_with_offset(const UpcomingFire& fire);

}  // namespace gannet::schedule
