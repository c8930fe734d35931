#include "base/clock.hpp"

#include <cstdio>

namespace gannet {

using namespace std::chrono;

Instant SystemClock::now() const { return time_point_cast<microseconds>(system_clock::now()); }
SteadyInstant SystemClock::steady_now() const { return steady_clock::now(); }

std::string format_instant(Instant at) {
  const auto day = floor<days>(at);
  const year_month_day date{day};
  const hh_mm_ss time{floor<milliseconds>(at - day)};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", int(date.year()), unsigned(date.month()), unsigned(date.day()),
                     time.hours().count(), time.minutes().count(), time.seconds().count(), time.subseconds().count());
}

Result<Instant> parse_instant(std::string_view text) {
  int y = 0, h = 0, m = 0, s = 0, used = 0;
  unsigned month_number = 0, d = 0;
  const std::string copy(text);
  const auto bad = [&] { return fail(ErrorKind::invalid, "'{}' is not a UTC time like 2026-11-21T22:37:20Z", text); };
  if (std::sscanf(copy.c_str(), "%4d-%2u-%2uT%2d:%2d:%2d%n", &y, &month_number, &d, &h, &m, &s, &used) != 6) return bad();
  const year_month_day date{year(y), month(month_number), day(d)};
  if (!date.ok() || h > 23 || m > 59 || s > 59 || h < 0 || m < 0 || s < 0) return bad();
  std::string_view rest = text.substr(size_t(used));
  std::int64_t micros = 0;
  if (rest.starts_with('.')) {
    rest.remove_prefix(1);
    std::int64_t scale = 100'000;
    size_t digits = 0;
    for (; digits < rest.size() && rest[digits] >= '0' && rest[digits] <= '9'; ++digits, scale /= 10)
      micros += (rest[digits] - '0') * scale;
    if (digits == 0) return bad();
    rest.remove_prefix(digits);
  }
  if (rest != "Z") return bad();
  return Instant(sys_days(date).time_since_epoch() + hours(h) + minutes(m) + seconds(s) + microseconds(micros));
}

std::string format_duration(Duration duration) {
  const auto ms = duration.count();
  if (ms < 0) return "-" + format_duration(-duration);
  if (ms < 1000) return fmt::format("{} ms", ms);
  if (ms < 60'000) return fmt::format("{:.1f} s", double(ms) / 1000);
  const auto s = ms / 1000;
  if (s < 3600) return s % 60 ? fmt::format("{} min {} s", s / 60, s % 60) : fmt::format("{} min", s / 60);
  if (s < 48 * 3600) return s / 60 % 60 ? fmt::format("{} h {} min", s / 3600, s / 60 % 60) : fmt::format("{} h", s / 3600);
  return fmt::format("{} d", (s + 43200) / 86400);
}

}  // namespace gannet
