// CronExpression: a cron expression as sets of seconds, minutes, hours and days of a local calendar. Pure; it knows no time
// zones: fire_times.hpp puts it on the time line. Copyable, immutable, free to use from any thread.
//
// Five fields (minute, hour, day of month, month, day of week) or six, with seconds in front; or @yearly, @annually, @monthly,
// @weekly, @daily, @midnight, @hourly. In a field:
//
//   *  ?            all (`?` in the two day fields only)
//   5  5,7  5-9     a value, a list, a range; months and days also by their first three letters, in any case
//   22-4  FRI-MON   a range that wraps: from 22 over midnight to 4
//   */15  5-50/5    every so many, from the first of the range; 5/15 is 5-59/15
//   L  L-3  15W  LW day of month: the last, the third before it, the weekday (Monday to Friday) nearest to the 15th in the same
//                   month, the last weekday
//   5L  FRI#2       day of week: the last Friday of the month, the second Friday; 0 and 7 are Sunday
//
// A day must match both day fields where one of them begins with `*` or is `?`, else either: the rule of Vixie's cron, in which
// `*/2` begins with `*` too.
#pragma once

#include <array>
#include <bitset>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace gannet::schedule {

class CronExpression {
 public:
  /// Error `invalid`, naming the field, its value and what would be right; also where no date ever matches (30 February).
  static Result<CronExpression> parse(std::string_view text);

  /// The same, but a day of the month that a month does not have means its last day.
  CronExpression with_short_months_clamped() const;

  /// The first match at `from` or later and before `until`.
  std::optional<std::chrono::local_seconds> next_local(std::chrono::local_seconds from, std::chrono::local_seconds until) const;

  /// Whether the field of minutes or hours begins with `*`: such a schedule is about intervals and not about times of the day.
  bool is_wildcard() const { return is_wildcard_; }

  /// Without spaces to spare.
  const std::string& text() const { return text_; }

 private:
  friend class CronParser;

  /// Bit 0 of each set is unused where the field starts at 1.
  using Set = std::bitset<64>;

  /// All that the days of a month depend on.
  struct MonthShape {
    unsigned length = 31;
    /// Sunday is 0.
    unsigned first_weekday = 0;
  };
  static constexpr unsigned k_month_length_min = 28, k_month_length_max = 31;

  void fill_days();
  std::uint32_t days_by_date(MonthShape month) const;
  std::uint32_t days_by_weekday(MonthShape month) const;
  /// The first day that matches, at `from` or later and before `until`.
  std::optional<std::chrono::local_days> next_day(std::chrono::local_days from, std::chrono::local_seconds until) const;

  Set seconds_, minutes_, hours_, dates_, months_;
  /// Days n whose nearest weekday is meant, `15W`.
  Set nearest_weekdays_;
  /// Days before the last: bit 0 is `L`, bit 3 is `L-3`.
  Set before_last_;
  bool has_last_weekday_ = false;
  bool is_clamped_ = false;
  /// By day of the week, Sunday first: bit 0 every one, bits 1 to 5 the n-th of a month, bit 6 the last.
  std::array<std::uint8_t, 7> weekdays_{};
  bool needs_both_days_ = false;
  /// The days that match, by the month's length and first weekday. Day n is bit n.
  std::array<std::array<std::uint32_t, 7>, k_month_length_max - k_month_length_min + 1> days_{};
  bool is_wildcard_ = false;
  std::string text_;
};

}  // namespace gannet::schedule
