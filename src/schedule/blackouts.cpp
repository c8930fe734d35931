#include "schedule/blackouts.hpp"

#include <boost/json.hpp>

#include "base/text.hpp"

namespace gannet::schedule {

namespace chr = std::chrono;
namespace json = boost::json;

namespace {

constexpr std::size_t k_entries_max = 50;
constexpr std::size_t k_text_bytes_max = 20'000;
constexpr unsigned k_all_days = 0x7f;
constexpr std::string_view k_day_names[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

/// "22:00"; "24:00" is the end of the day.
std::optional<chr::minutes> parse_time_of_day(std::string_view text) {
  const auto digit = [&](std::size_t i) { return text[i] >= '0' && text[i] <= '9' ? text[i] - '0' : -1; };
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  for (const std::size_t i : {0, 1, 3, 4})
    if (digit(i) < 0) return std::nullopt;
  const auto time = chr::hours(digit(0) * 10 + digit(1)) + chr::minutes(digit(3) * 10 + digit(4));
  if (digit(3) > 5 || time > chr::hours(24)) return std::nullopt;
  return time;
}

std::optional<unsigned> parse_days(const json::value& value) {
  const auto* list = value.if_array();
  if (!list) return std::nullopt;
  unsigned days = 0;
  for (const auto& day : *list) {
    const auto* text = day.if_string();
    const auto name = text ? to_lower(*text).substr(0, 3) : std::string();
    unsigned bit = 0;
    for (unsigned i = 0; i < 7; ++i)
      if (name == k_day_names[i]) bit = 1U << i;
    if (bit == 0) return std::nullopt;
    days |= bit;
  }
  return days == 0 ? std::nullopt : std::optional(days);
}

}  // namespace

Result<Blackouts::Once> Blackouts::parse_once(std::string_view from, std::string_view until) {
  const Once once{TRY(parse_instant(from)), TRY(parse_instant(until))};
  if (once.until <= once.from) return fail(ErrorKind::invalid, "it ends before it begins");
  return once;
}

Result<Blackouts::Weekly> Blackouts::parse_weekly(std::string_view from, std::string_view until) {
  const auto begin = parse_time_of_day(from), end = parse_time_of_day(until);
  if (!begin || !end) return fail(ErrorKind::invalid, "a time of the day is wrong");
  return Weekly{.days = k_all_days, .from = *begin, .until = *end};
}

Result<Blackouts> Blackouts::parse(std::string_view text) {
  boost::system::error_code error;
  const auto value = text.size() > k_text_bytes_max ? json::value() : json::parse(text, error);
  const auto* list = value.if_array();
  if (error || !list || list->size() > k_entries_max)
    return fail(ErrorKind::invalid, "blackouts is '{}'; right would be a JSON list of at most {} entries", printable(text, 60),
                k_entries_max);
  Blackouts blackouts;
  for (std::size_t i = 0; i < list->size(); ++i) {
    const auto& entry = (*list)[i];
    const auto refuse = [&](std::string_view why) {
      return fail(
          ErrorKind::invalid,
          R"(blackouts[{}] is {}: {}; right would be {{"days": ["sat"], "from": "22:00", "until": "06:00"}} or two instants)", i,
          printable(json::serialize(entry), 100), why);
    };
    const auto* object = entry.if_object();
    const auto* from = object ? object->if_contains("from") : nullptr;
    const auto* until = object ? object->if_contains("until") : nullptr;
    if (!from || !until || !from->is_string() || !until->is_string()) return refuse("from or until is missing");
    const auto* days = object->if_contains("days");
    if (object->size() != (days ? 3U : 2U)) return refuse("it has keys that are not known");
    if (days || from->get_string().size() == 5) {
      auto weekly = parse_weekly(from->get_string(), until->get_string());
      if (!weekly) return refuse(weekly.error().message());
      const auto named = days ? parse_days(*days) : std::optional(k_all_days);
      if (!named) return refuse("days is wrong");
      weekly->days = *named;
      blackouts.weekly_.push_back(*weekly);
    } else {
      const auto once = parse_once(from->get_string(), until->get_string());
      if (!once) return refuse(once.error().message());
      blackouts.once_.push_back(*once);
    }
  }
  return blackouts;
}

bool Blackouts::cover(Instant at, const TimeZone& zone) const {
  for (const auto& once : once_)
    if (at >= once.from && at < once.until) return true;
  if (weekly_.empty()) return false;
  const auto second = chr::floor<chr::seconds>(at);
  const chr::local_seconds local(second.time_since_epoch() + zone.period_at(second).offset);
  const auto day = chr::floor<chr::days>(local);
  const auto time = local - day;
  const auto begins_on = [](const Weekly& weekly, chr::local_days date) {
    return (weekly.days >> chr::weekday(date).c_encoding() & 1) != 0;
  };
  for (const auto& weekly : weekly_) {
    if (weekly.from < weekly.until) {
      if (begins_on(weekly, day) && time >= weekly.from && time < weekly.until) return true;
    } else if ((begins_on(weekly, day) && time >= weekly.from) ||
               (begins_on(weekly, day - chr::days(1)) && time < weekly.until)) {
      return true;
    }
  }
  return false;
}

}  // namespace gannet::schedule
