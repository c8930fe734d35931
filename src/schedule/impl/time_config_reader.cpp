#include "schedule/impl/time_config_reader.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace gannet::schedule::impl {

namespace json = boost::json;

namespace {

constexpr std::size_t k_config_bytes_max = 10'000;
constexpr std::string_view k_frequencies_right = "hourly, daily, weekly, monthly, custom or interval";
constexpr std::string_view k_day_names[] = {"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"};
constexpr std::string_view k_day_right = "a name such as monday, or a number from 0 (Monday) to 6 (Sunday)";

struct Name {
  std::string_view name;
  Frequency frequency;
};
constexpr Name k_frequency_names[] = {
    {"hourly", Frequency::hourly}, {"daily", Frequency::daily}, {"weekly", Frequency::weekly},    {"monthly", Frequency::monthly},
    {"custom", Frequency::custom}, {"cron", Frequency::custom}, {"interval", Frequency::interval}};

/// All keys of all frequencies: one that belongs to another frequency is left out, so that a schedule's frequency can be changed;
/// any other is a mistake.
constexpr std::string_view k_keys[] = {"type",       "minute", "hour",    "day",     "day_of_week", "cron",
                                       "expression", "anchor", "seconds", "minutes", "timezone",    "dst"};

std::string shown(const json::value& value) { return printable(json::serialize(value), 60); }

/// What JSON calls an integer, 9.0 among them.
std::optional<std::int64_t> integer_of(const json::value& value) {
  if (const auto* number = value.if_int64()) return *number;
  if (const auto* number = value.if_double();
      number && *number >= -1e9 && *number <= 1e9 && double(std::int64_t(*number)) == *number)
    return std::int64_t(*number);
  return std::nullopt;
}

/// 0 is Monday.
std::optional<int> weekday_of(const json::value& value) {
  if (const auto number = integer_of(value)) return *number >= 0 && *number <= 6 ? std::optional(int(*number)) : std::nullopt;
  const auto* text = value.if_string();
  if (!text) return std::nullopt;
  const auto name = to_lower(trim(*text));
  for (std::size_t day = 0; day < std::size(k_day_names); ++day)
    if (name == k_day_names[day] || name == k_day_names[day].substr(0, 3)) return int(day);
  return std::nullopt;
}

}  // namespace

Result<TimeSpec> TimeConfigReader::read(const TimeSpecText& text) {
  if (text.time_config.size() > k_config_bytes_max)
    return fail(ErrorKind::invalid, "time_config has {} bytes; at most {} are right", text.time_config.size(),
                k_config_bytes_max);
  boost::system::error_code error;
  auto value = json::parse(text.time_config, error);
  if (error || !value.is_object())
    return fail(ErrorKind::invalid, "time_config is '{}'; right would be a JSON object such as {{\"hour\": 9, \"minute\": 0}}",
                printable(text.time_config, 60));
  config_ = std::move(value.get_object());
  TRY(read_frequency(text.frequency));
  TRY(refuse_unknown_keys());
  TRY(read_zone(text));
  TRY(read_dst());
  switch (spec_.frequency_) {
    case Frequency::interval: TRY(read_interval()); break;
    case Frequency::custom: TRY(read_custom()); break;
    case Frequency::hourly:
    case Frequency::daily:
    case Frequency::weekly:
    case Frequency::monthly: TRY(read_times()); break;
  }
  spec_.time_config_ = json::serialize(kept_);
  return std::move(spec_);
}

Result<std::optional<std::string>> TimeConfigReader::find_text(const json::object& from, std::string_view key,
                                                               std::string_view right) const {
  const auto* value = from.if_contains(key);
  if (!value || value->is_null()) return std::nullopt;
  if (const auto* text = value->if_string()) return std::string(*text);
  return fail(ErrorKind::invalid, "time_config.{} is {}; right would be {}", key, shown(*value), right);
}

Result<void> TimeConfigReader::read_frequency(std::string_view given) {
  // The objects of guide 001 name their kind themselves: {"type": "cron", "expression": …}.
  const auto type = TRY(find_text(config_, "type", "\"cron\" or \"interval\""));
  const auto find = [](std::string_view text) -> const Name* {
    const auto wanted = to_lower(trim(text));
    const auto* found = std::ranges::find(k_frequency_names, wanted, &Name::name);
    return found == std::end(k_frequency_names) ? nullptr : found;
  };
  const auto* by_frequency = given.empty() ? nullptr : find(given);
  if (!given.empty() && !by_frequency)
    return fail(ErrorKind::invalid, "frequency is '{}'; right would be {}", printable(given, 60), k_frequencies_right);
  const auto* by_type = type ? find(*type) : nullptr;
  if (type && !by_type)
    return fail(ErrorKind::invalid, "time_config.type is '{}'; right would be cron or interval", printable(*type, 60));
  if (!by_frequency && !by_type) return fail(ErrorKind::invalid, "frequency is missing; right would be {}", k_frequencies_right);
  if (by_frequency && by_type && by_frequency->frequency != by_type->frequency)
    return fail(ErrorKind::invalid, "frequency is '{}' but time_config.type is '{}'; right would be one of them",
                printable(given, 60), *type);
  spec_.frequency_ = (by_frequency ? by_frequency : by_type)->frequency;
  return {};
}

Result<void> TimeConfigReader::refuse_unknown_keys() const {
  for (const auto& [key, value] : config_)
    if (std::ranges::find(k_keys, std::string_view(key)) == std::end(k_keys))
      return fail(ErrorKind::invalid, "time_config.{} is not known; known are {}", printable(key, 60),
                  fmt::join(std::begin(k_keys), std::end(k_keys), ", "));
  return {};
}

Result<void> TimeConfigReader::read_zone(const TimeSpecText& text) {
  const auto own = TRY(find_text(config_, "timezone", "an IANA name such as \"Europe/Berlin\""));
  if (own && !text.timezone.empty() && *own != text.timezone)
    return fail(ErrorKind::invalid, "timezone is '{}' but time_config.timezone is '{}'; right would be one of them",
                printable(text.timezone, 60), printable(*own, 60));
  const std::string_view name = !text.timezone.empty() ? text.timezone : own ? std::string_view(*own) : text.timezone_default;
  spec_.zone_ = TRY(find_zone(name));
  return {};
}

Result<void> TimeConfigReader::read_dst() {
  const auto* value = config_.if_contains("dst");
  if (!value || value->is_null()) return {};
  constexpr std::string_view k_right = R"({"gap": "run_after", "skip" or "shift", "overlap": "first", "second" or "both"})";
  const auto* object = value->if_object();
  const auto refuse = [&] {
    return fail(ErrorKind::invalid, "time_config.dst is {}; right would be {}", shown(*value), k_right);
  };
  if (!object) return refuse();
  for (const auto& [key, rule] : *object) {
    const auto* text = rule.if_string();
    if (!text) return refuse();
    if (key == "gap" && *text == "run_after")
      spec_.rules_.gap = GapRule::run_after;
    else if (key == "gap" && *text == "skip")
      spec_.rules_.gap = GapRule::skip;
    else if (key == "gap" && *text == "shift")
      spec_.rules_.gap = GapRule::shift;
    else if (key == "overlap" && *text == "first")
      spec_.rules_.overlap = OverlapRule::first;
    else if (key == "overlap" && *text == "second")
      spec_.rules_.overlap = OverlapRule::second;
    else if (key == "overlap" && *text == "both")
      spec_.rules_.overlap = OverlapRule::both;
    else
      return refuse();
  }
  keep("dst", *object);
  return {};
}

Result<int> TimeConfigReader::read_number(std::string_view key, const Range& range) {
  const auto* value = config_.if_contains(key);
  if (!value || value->is_null())
    return fail(ErrorKind::invalid, "time_config.{} is missing; {} needs {}", key, to_string(spec_.frequency_), range.right);
  const auto number = integer_of(*value);
  if (!number || *number < range.min || *number > range.max)
    return fail(ErrorKind::invalid, "time_config.{} is {}; right would be {}", key, shown(*value), range.right);
  keep(key, *number);
  return int(*number);
}

Result<int> TimeConfigReader::read_weekday() {
  std::optional<int> day;
  for (const std::string_view key : {"day_of_week", "day"}) {
    const auto* value = config_.if_contains(key);
    if (!value || value->is_null()) continue;
    const auto read = weekday_of(*value);
    if (!read) return fail(ErrorKind::invalid, "time_config.{} is {}; right would be {}", key, shown(*value), k_day_right);
    if (day && *day != *read)
      return fail(ErrorKind::invalid, "time_config.day_of_week is {} but time_config.day is {}; right would be one of them",
                  k_day_names[*day], k_day_names[*read]);
    day = read;
  }
  if (!day) return fail(ErrorKind::invalid, "time_config.day_of_week is missing; weekly needs {}", k_day_right);
  keep("day_of_week", k_day_names[*day]);
  return *day;
}

Result<void> TimeConfigReader::read_times() {
  constexpr Range k_minute{0, 59, "a minute from 0 to 59"}, k_hour{0, 23, "an hour from 0 to 23"};
  constexpr Range k_day{1, 31, "a day from 1 to 31, the last day being taken in months that are shorter"};
  const auto kind = spec_.frequency_;
  std::string hour = "*", date = "*", weekday = "*";
  if (kind == Frequency::weekly) weekday = fmt::to_string((TRY(read_weekday()) + 1) % 7);
  if (kind == Frequency::monthly) date = fmt::to_string(TRY(read_number("day", k_day)));
  if (kind != Frequency::hourly) hour = fmt::to_string(TRY(read_number("hour", k_hour)));
  const auto minute = TRY(read_number("minute", k_minute));
  auto cron = TRY(CronExpression::parse(fmt::format("{} {} {} * {}", minute, hour, date, weekday)));
  spec_.cron_ = kind == Frequency::monthly ? cron.with_short_months_clamped() : std::move(cron);
  return {};
}

Result<void> TimeConfigReader::read_custom() {
  constexpr std::string_view k_right = "a cron expression such as \"0 9 * * MON-FRI\"";
  auto cron = TRY(find_text(config_, "cron", k_right));
  auto expression = TRY(find_text(config_, "expression", k_right));
  if (cron && expression && *cron != *expression)
    return fail(ErrorKind::invalid, "time_config.cron is '{}' but time_config.expression is '{}'; right would be one of them",
                printable(*cron, 60), printable(*expression, 60));
  if (!cron) cron = expression;
  if (!cron) return fail(ErrorKind::invalid, "time_config.cron is missing; custom needs {}", k_right);
  auto parsed = CronExpression::parse(*cron);
  if (!parsed) return pass(parsed, "time_config");
  keep(expression ? "expression" : "cron", *cron);
  spec_.cron_ = std::move(*parsed);
  return {};
}

Result<void> TimeConfigReader::read_interval() {
  constexpr Range k_minutes{1, 525'600, "a number of minutes from 1 to 525600, or of seconds"};
  constexpr Range k_seconds{1, 31'536'000, "a number of seconds from 1 to 31536000"};
  if (config_.contains("minutes") && config_.contains("seconds"))
    return fail(ErrorKind::invalid, "time_config has both minutes and seconds; right would be one of them");
  spec_.interval_ = config_.contains("seconds") ? std::chrono::seconds(TRY(read_number("seconds", k_seconds)))
                                                : std::chrono::minutes(TRY(read_number("minutes", k_minutes)));
  if (const auto anchor = TRY(find_text(config_, "anchor", "an instant such as \"2026-11-21T22:00:00Z\""))) {
    auto at = parse_instant(*anchor);
    if (!at) return pass(at, "time_config.anchor");
    spec_.anchor_ = std::chrono::floor<std::chrono::seconds>(*at);
    keep("anchor", *anchor);
  }
  return {};
}

}  // namespace gannet::schedule::impl
