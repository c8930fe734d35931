#include "schedule/cron.hpp"

#include <algorithm>
#include <bit>
#include <span>
#include <vector>

#include "base/text.hpp"

namespace gannet::schedule {

namespace chr = std::chrono;

namespace {

constexpr std::uint8_t k_every_week = 1;
constexpr std::uint8_t k_last_of_month = 1 << 6;
/// Longer texts are no expressions but attacks; the longest list of all minutes has some 180 characters.
constexpr std::size_t k_text_bytes_max = 1000;
/// The Gregorian calendar repeats after 400 years, so what has no match in them has none.
constexpr chr::years k_calendar_cycle(400);

struct Field {
  std::string_view name;
  int min = 0, max = 0;
  std::string_view example;
  std::span<const std::string_view> names;
};

constexpr std::string_view k_month_names[] = {"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::string_view k_weekday_names[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

constexpr Field k_second{"second", 0, 59, "0, */10 or 5-30", {}};
constexpr Field k_minute{"minute", 0, 59, "0, */15 or 5,35", {}};
constexpr Field k_hour{"hour", 0, 23, "9, */2 or 8-18", {}};
constexpr Field k_date{"day of month", 1, 31, "1, 1,15, L, L-3, 15W or LW", {}};
constexpr Field k_month{"month", 1, 12, "1, JAN or 3-9", k_month_names};
constexpr Field k_weekday{"day of week", 0, 7, "MON, MON-FRI, 5L or FRI#2", k_weekday_names};

struct Nickname {
  std::string_view name, meaning;
};
constexpr Nickname k_nicknames[] = {{"@yearly", "0 0 1 1 *"}, {"@annually", "0 0 1 1 *"}, {"@monthly", "0 0 1 * *"},
                                    {"@weekly", "0 0 * * 0"}, {"@daily", "0 0 * * *"},    {"@midnight", "0 0 * * *"},
                                    {"@hourly", "0 * * * *"}};

std::vector<std::string_view> split_at_blanks(std::string_view text) {
  std::vector<std::string_view> words;
  constexpr std::string_view k_blank = " \t\r\n";
  for (auto begin = text.find_first_not_of(k_blank); begin != std::string_view::npos;) {
    const auto end = std::min(text.find_first_of(k_blank, begin), text.size());
    words.push_back(text.substr(begin, end - begin));
    begin = text.find_first_not_of(k_blank, end);
  }
  return words;
}

constexpr unsigned k_sunday = 0, k_saturday = 6;

/// The days of a month, as far as bits go.
std::uint32_t all_days(unsigned length) { return std::uint32_t((std::uint64_t(1) << (length + 1)) - 2); }

/// The first member of the set at `at` or later, or 64.
unsigned first_of(const std::bitset<64>& set, unsigned at) {
  return at > 63 ? 64 : unsigned(std::countr_zero(set.to_ullong() >> at << at));
}

}  // namespace

/// Reads one expression. Every error names the field, the part of it that is wrong, and what would be right.
class CronParser {
 public:
  Result<CronExpression> parse(std::string_view text);

 private:
  using Set = CronExpression::Set;

  template <class... Args>
  static std::unexpected<Error> refuse(const Field& field, std::string_view part, fmt::format_string<Args...> why,
                                       Args&&... args) {
    return fail(ErrorKind::invalid, "cron: {} is '{}': {}; right would be {}", field.name, printable(part, 60),
                fmt::format(why, std::forward<Args>(args)...), field.example);
  }

  static Result<int> parse_value(const Field& field, std::string_view part, std::string_view text);
  static Result<int> parse_number(const Field& field, std::string_view part, std::string_view text);
  static Result<Set> parse_simple(const Field& field, std::string_view part);
  static Result<Set> parse_set(const Field& field, std::string_view text);
  Result<void> parse_dates(std::string_view text);
  Result<bool> parse_special_date(std::string_view part);
  Result<void> parse_weekdays(std::string_view text);

  CronExpression cron_;
};

Result<int> CronParser::parse_number(const Field& field, std::string_view part, std::string_view text) {
  int value = 0;
  if (text.empty()) return refuse(field, part, "a number is missing");
  for (const char c : text) {
    if (c < '0' || c > '9') return refuse(field, part, "'{}' is no number", printable(text, 20));
    value = std::min(value * 10 + (c - '0'), 9999);
  }
  return value;
}

Result<int> CronParser::parse_value(const Field& field, std::string_view part, std::string_view text) {
  for (std::size_t i = 0; i < field.names.size(); ++i)
    if (equals_ignoring_case(text, field.names[i])) return int(i) + field.min;
  const int value = TRY(parse_number(field, part, text));
  if (value < field.min || value > field.max)
    return refuse(field, part, "{} is not between {} and {}", value, field.min, field.max);
  return value;
}

/// `*`, `5`, `5-9`, each with or without a step.
Result<CronParser::Set> CronParser::parse_simple(const Field& field, std::string_view part) {
  const auto slash = part.find('/');
  const auto range = part.substr(0, slash);
  const auto dash = range.find('-');
  const bool has_step = slash != std::string_view::npos;
  // 7 is a second name of Sunday, not an eighth day.
  const int max = field.names.data() == k_weekday_names ? 6 : field.max;
  const int size = max - field.min + 1;
  int first = field.min, last = max, step = 1;
  if (range != "*") {
    const int value = TRY(parse_value(field, part, range.substr(0, dash)));
    first = value > max ? field.min : value;
    if (dash != std::string_view::npos) {
      const int end = TRY(parse_value(field, part, range.substr(dash + 1)));
      // A 7 at the end is the Sunday after; 7-7 is that one day.
      last = value > max && end > max ? first : end;
    } else if (!has_step) {
      last = first;
    }
  }
  if (has_step) {
    step = TRY(parse_number(field, part, part.substr(slash + 1)));
    if (step < 1 || step > size) return refuse(field, part, "the step must be from 1 to {}", size);
  }
  if (last < first) last += size;
  Set set;
  for (int i = first; i <= last; i += step) set.set(std::size_t(i > max ? i - size : i));
  return set;
}

Result<CronParser::Set> CronParser::parse_set(const Field& field, std::string_view text) {
  Set set;
  for (const auto part : split(text, ',')) set |= TRY(parse_simple(field, part));
  return set;
}

/// False where the part is an ordinary one.
Result<bool> CronParser::parse_special_date(std::string_view part) {
  if (equals_ignoring_case(part, "L")) {
    cron_.before_last_.set(0);
  } else if (equals_ignoring_case(part, "LW")) {
    cron_.has_last_weekday_ = true;
  } else if (part.size() > 2 && equals_ignoring_case(part.substr(0, 2), "L-")) {
    const int before = TRY(parse_number(k_date, part, part.substr(2)));
    if (before < 1 || before > 30) return refuse(k_date, part, "the days before the last must be from 1 to 30");
    cron_.before_last_.set(std::size_t(before));
  } else if (part.size() > 1 && (part.back() == 'W' || part.back() == 'w')) {
    cron_.nearest_weekdays_.set(std::size_t(TRY(parse_value(k_date, part, part.substr(0, part.size() - 1)))));
  } else {
    return false;
  }
  return true;
}

Result<void> CronParser::parse_dates(std::string_view text) {
  if (text == "?") text = "*";
  for (const auto part : split(text, ','))
    if (!TRY(parse_special_date(part))) cron_.dates_ |= TRY(parse_simple(k_date, part));
  return {};
}

Result<void> CronParser::parse_weekdays(std::string_view text) {
  if (text == "?") text = "*";
  for (const auto part : split(text, ',')) {
    const auto hash = part.find('#');
    if (equals_ignoring_case(part, "L")) return refuse(k_weekday, part, "which day is to be the last of the month is not said");
    if (hash != std::string_view::npos) {
      const int day = TRY(parse_value(k_weekday, part, part.substr(0, hash)));
      const int nth = TRY(parse_number(k_weekday, part, part.substr(hash + 1)));
      if (nth < 1 || nth > 5) return refuse(k_weekday, part, "a month has a first to a fifth of a day, {} is neither", nth);
      cron_.weekdays_[std::size_t(day % 7)] |= std::uint8_t(1 << nth);
    } else if (part.size() > 1 && (part.back() == 'L' || part.back() == 'l')) {
      const int day = TRY(parse_value(k_weekday, part, part.substr(0, part.size() - 1)));
      cron_.weekdays_[std::size_t(day % 7)] |= k_last_of_month;
    } else {
      const auto days = TRY(parse_simple(k_weekday, part));
      for (std::size_t day = 0; day < 7; ++day)
        if (days[day]) cron_.weekdays_[day] |= k_every_week;
    }
  }
  return {};
}

Result<CronExpression> CronParser::parse(std::string_view text) {
  if (text.size() > k_text_bytes_max)
    return fail(ErrorKind::invalid, "cron: {} characters are too many; at most {} are right", text.size(), k_text_bytes_max);
  auto words = split_at_blanks(text);
  if (words.size() == 1 && words[0].starts_with('@')) {
    for (const auto& nickname : k_nicknames)
      if (equals_ignoring_case(words[0], nickname.name)) return parse(nickname.meaning);
    return fail(ErrorKind::invalid, "cron: '{}' is not known; @hourly, @daily, @weekly, @monthly and @yearly are",
                printable(words[0], 60));
  }
  if (words.size() != 5 && words.size() != 6) {
    return fail(
        ErrorKind::invalid,
        "cron: '{}' has {} fields; right are five (minute, hour, day of month, month, day of week) or six, with seconds in "
        "front, such as '0 9 * * MON-FRI'",
        printable(text, 60), words.size());
  }
  cron_.text_ = std::string(words[0]);
  for (std::size_t i = 1; i < words.size(); ++i) cron_.text_.append(" ").append(words[i]);
  if (words.size() == 5) words.insert(words.begin(), "0");
  cron_.seconds_ = TRY(parse_set(k_second, words[0]));
  cron_.minutes_ = TRY(parse_set(k_minute, words[1]));
  cron_.hours_ = TRY(parse_set(k_hour, words[2]));
  TRY(parse_dates(words[3]));
  cron_.months_ = TRY(parse_set(k_month, words[4]));
  TRY(parse_weekdays(words[5]));
  const auto is_open = [](std::string_view field) { return field.starts_with('*') || field == "?"; };
  cron_.needs_both_days_ = is_open(words[3]) || is_open(words[5]);
  cron_.is_wildcard_ = words[1].starts_with('*') || words[2].starts_with('*');
  cron_.fill_days();

  const chr::local_seconds origin(chr::local_days(chr::year(2000) / 1 / 1));
  if (!cron_.next_local(origin, origin + k_calendar_cycle))
    return fail(ErrorKind::invalid, "cron: '{}' never comes: no month has such a day", cron_.text_);
  return std::move(cron_);
}

Result<CronExpression> CronExpression::parse(std::string_view text) { return CronParser().parse(text); }

CronExpression CronExpression::with_short_months_clamped() const {
  auto clamped = *this;
  clamped.is_clamped_ = true;
  clamped.fill_days();
  return clamped;
}

void CronExpression::fill_days() {
  for (auto length = k_month_length_min; length <= k_month_length_max; ++length)
    for (unsigned weekday = 0; weekday < 7; ++weekday) {
      const MonthShape month{length, weekday};
      const auto by_date = days_by_date(month), by_weekday = days_by_weekday(month);
      days_[length - k_month_length_min][weekday] = needs_both_days_ ? by_date & by_weekday : by_date | by_weekday;
    }
}

std::uint32_t CronExpression::days_by_date(MonthShape month) const {
  const auto last = month.length;
  const auto weekday_of = [month](unsigned date) { return (month.first_weekday + date - 1) % 7; };
  const auto all = all_days(last);
  auto days = std::uint32_t(dates_.to_ullong());
  if (is_clamped_ && (days & ~all) != 0) days |= std::uint32_t(1) << last;
  for (unsigned before = 0; before < last; ++before)
    if (before_last_[before]) days |= std::uint32_t(1) << (last - before);
  for (unsigned date = 1; date <= last; ++date) {
    if (!nearest_weekdays_[date]) continue;
    auto nearest = date;
    if (weekday_of(date) == k_saturday) nearest = date == 1 ? date + 2 : date - 1;
    if (weekday_of(date) == k_sunday) nearest = date == last ? date - 2 : date + 1;
    days |= std::uint32_t(1) << nearest;
  }
  if (has_last_weekday_) {
    auto date = last;
    while (weekday_of(date) == k_saturday || weekday_of(date) == k_sunday) --date;
    days |= std::uint32_t(1) << date;
  }
  return days & all;
}

std::uint32_t CronExpression::days_by_weekday(MonthShape month) const {
  const auto last = month.length;
  // Days 1, 8, 15, 22 and 29.
  constexpr std::uint32_t k_weekly = 0x20408102;
  std::uint32_t days = 0;
  for (unsigned weekday = 0; weekday < 7; ++weekday) {
    const auto which = weekdays_[weekday];
    if (which == 0) continue;
    const auto first = 1 + (weekday + 7 - month.first_weekday) % 7;
    if (which & k_every_week) days |= k_weekly << (first - 1);
    for (unsigned nth = 1; nth <= 5; ++nth)
      if (which >> nth & 1 && first + 7 * (nth - 1) <= last) days |= std::uint32_t(1) << (first + 7 * (nth - 1));
    if (which & k_last_of_month) days |= std::uint32_t(1) << (first + (last - first) / 7 * 7);
  }
  return days & all_days(last);
}

std::optional<chr::local_days> CronExpression::next_day(chr::local_days from, chr::local_seconds until) const {
  const chr::year_month_day date(from);
  auto year = date.year();
  auto month = unsigned(date.month()), first_date = unsigned(date.day());
  for (;; first_date = 1) {
    if (months_[month]) {
      const auto in_year = year / int(month);
      const chr::local_days begin(in_year / 1);
      if (begin >= until) return std::nullopt;
      const auto length = unsigned((in_year / chr::last).day());
      const auto days = days_[length - k_month_length_min][chr::weekday(begin).c_encoding()] >> first_date << first_date;
      if (days != 0) return begin + chr::days(std::countr_zero(days) - 1);
    }
    month = first_of(months_, month + 1);
    if (month > 12) month = first_of(months_, 1), ++year;
  }
}

std::optional<chr::local_seconds> CronExpression::next_local(chr::local_seconds from, chr::local_seconds until) const {
  const auto today = chr::floor<chr::days>(from);
  const auto since_midnight = unsigned((from - today).count());
  auto hour = first_of(hours_, since_midnight / 3600), minute = 0U, second = 0U;
  // The least time of the day that is not before `from`, by carrying over; past the last hour the next day begins anew.
  if (hour == since_midnight / 3600) {
    minute = first_of(minutes_, since_midnight / 60 % 60);
    if (minute == since_midnight / 60 % 60) {
      second = first_of(seconds_, since_midnight % 60);
      if (second > 59) minute = first_of(minutes_, minute + 1), second = first_of(seconds_, 0);
    } else {
      second = first_of(seconds_, 0);
    }
    if (minute > 59) hour = first_of(hours_, hour + 1), minute = first_of(minutes_, 0);
  } else {
    minute = first_of(minutes_, 0), second = first_of(seconds_, 0);
  }
  const auto day = next_day(hour < 24 ? today : today + chr::days(1), until);
  if (!day) return std::nullopt;
  if (*day != today) hour = first_of(hours_, 0), minute = first_of(minutes_, 0), second = first_of(seconds_, 0);
  const auto match = *day + chr::hours(hour) + chr::minutes(minute) + chr::seconds(second);
  if (match >= until) return std::nullopt;
  return match;
}

}  // namespace gannet::schedule
