#include "schedule/time_spec.hpp"

#include <gtest/gtest.h>

#include "base/text.hpp"

namespace gannet::schedule {
namespace {

Instant at(std::string_view text) { return parse_instant(text).value(); }

Result<TimeSpec> parse(std::string_view frequency, std::string_view config, std::string_view timezone = "") {
  return TimeSpec::parse({.frequency = frequency, .time_config = config, .timezone = timezone});
}

/// The next fires, with offsets.
std::string upcoming(const Result<TimeSpec>& spec, std::string_view after, std::size_t count) {
  if (!spec) return spec.error().describe();
  std::vector<std::string> fires;
  for (const auto& fire : spec->upcoming(at(after), count)) fires.push_back(format_with_offset(fire));
  return join(fires, " ");
}

TEST(TimeSpec, reads_the_examples_of_the_guides) {
  EXPECT_EQ(upcoming(parse("daily", R"({"hour": 9, "minute": 0})"), "2026-11-28T08:00:00Z", 2),
            "2026-11-28T09:00:00Z 2026-11-29T09:00:00Z");
  EXPECT_EQ(upcoming(parse("hourly", R"({"minute": 0})"), "2026-11-28T08:00:00Z", 2),
            "2026-11-28T09:00:00Z 2026-11-28T10:00:00Z");
  const auto weekly = R"({"day_of_week": "monday", "hour": 2, "minute": 0})";
  EXPECT_EQ(upcoming(parse("weekly", weekly), "2026-11-28T08:00:00Z", 2), "2026-11-30T02:00:00Z 2026-12-07T02:00:00Z");
  EXPECT_EQ(parse("weekly", weekly)->time_config(), R"({"day_of_week":"monday","hour":2,"minute":0})");
  EXPECT_EQ(upcoming(parse("weekly", R"({"day": "monday", "hour": 2, "minute": 0})"), "2026-11-28T08:00:00Z", 1),
            "2026-11-30T02:00:00Z");
  const auto cron = R"({"type": "cron", "expression": "0 */6 * * *", "timezone": "UTC"})";
  EXPECT_EQ(upcoming(parse("", cron), "2026-11-28T08:00:00Z", 2), "2026-11-28T12:00:00Z 2026-11-28T18:00:00Z");
  EXPECT_EQ(upcoming(parse("", R"({"type": "interval", "minutes": 60})"), "2026-11-28T08:00:01Z", 1), "2026-11-28T09:00:00Z");
}

TEST(TimeSpec, takes_a_day_of_the_week_by_either_key_as_name_or_number_from_monday) {
  for (const char* day : {R"("day": "wednesday")", R"("day": "Wed")", R"("day": 2)", R"("day_of_week": 2)",
                          R"("day_of_week": " WEDNESDAY ")", R"("day": "wed", "day_of_week": 2)"}) {
    const auto spec = parse("Weekly", fmt::format(R"({{{}, "hour": 1, "minute": 5}})", day));
    EXPECT_EQ(upcoming(spec, "2026-11-28T08:00:00Z", 1), "2026-12-02T01:05:00Z") << day;
    EXPECT_EQ(spec->time_config(), R"({"day_of_week":"wednesday","hour":1,"minute":5})");
  }
  EXPECT_EQ(upcoming(parse("weekly", R"({"day": 6, "hour": 1, "minute": 5})"), "2026-11-28T08:00:00Z", 1),
            "2026-11-29T01:05:00Z");
}

TEST(TimeSpec, takes_the_last_day_for_a_day_that_a_month_does_not_have) {
  EXPECT_EQ(upcoming(parse("monthly", R"({"day": 31, "hour": 0, "minute": 0})"), "2028-01-15T00:00:00Z", 4),
            "2028-01-31T00:00:00Z 2028-02-29T00:00:00Z 2028-03-31T00:00:00Z 2028-04-30T00:00:00Z");
  EXPECT_EQ(upcoming(parse("monthly", R"({"day": 29, "hour": 0, "minute": 0})"), "2027-01-31T00:00:00Z", 2),
            "2027-02-28T00:00:00Z 2027-03-29T00:00:00Z");
  // The described service made the last day of every month of a 28.
  EXPECT_EQ(upcoming(parse("monthly", R"({"day": 28, "hour": 0, "minute": 0})"), "2027-01-01T00:00:00Z", 2),
            "2027-01-28T00:00:00Z 2027-02-28T00:00:00Z");
}

TEST(TimeSpec, counts_intervals_from_their_anchor_in_utc) {
  const auto ninety = parse("interval", R"({"minutes": 90})", "Europe/Berlin");
  EXPECT_EQ(upcoming(ninety, "2026-03-29T00:00:00Z", 3),
            "2026-03-29T03:30:00+02:00 2026-03-29T05:00:00+02:00 2026-03-29T06:30:00+02:00");
  const auto anchored = parse("interval", R"({"seconds": 40, "anchor": "2030-01-01T00:00:10Z"})");
  EXPECT_EQ(upcoming(anchored, "2026-01-01T00:00:00.5Z", 2), "2026-01-01T00:00:10Z 2026-01-01T00:00:50Z");
  EXPECT_EQ(upcoming(anchored, "2026-01-01T00:00:10Z", 1), "2026-01-01T00:00:50Z");
}

TEST(TimeSpec, has_the_zone_of_the_schedule_or_of_its_config_or_the_default) {
  const auto nine = R"({"hour": 9, "minute": 0})";
  EXPECT_EQ(upcoming(parse("daily", nine, "Asia/Kathmandu"), "2026-11-28T00:00:00Z", 1), "2026-11-28T09:00:00+05:45");
  EXPECT_EQ(upcoming(parse("daily", R"({"hour": 9, "minute": 0, "timezone": "America/New_York"})"), "2026-11-28T00:00:00Z", 1),
            "2026-11-28T09:00:00-05:00");
  const auto by_default = TimeSpec::parse({.frequency = "daily", .time_config = nine, .timezone_default = "Europe/Riga"});
  EXPECT_EQ(by_default->zone().name(), "Europe/Riga");
}

TEST(TimeSpec, obeys_its_rules_for_clock_changes) {
  const auto fires = [](const char* dst, const char* after, std::size_t count) {
    return upcoming(parse("daily", fmt::format(R"({{"hour": 2, "minute": 30, "dst": {}}})", dst), "Europe/Berlin"), after, count);
  };
  EXPECT_EQ(fires("{}", "2026-03-28T12:00:00Z", 2), "2026-03-29T03:00:00+02:00 2026-03-30T02:30:00+02:00");
  EXPECT_EQ(fires(R"({"gap": "skip"})", "2026-03-28T12:00:00Z", 1), "2026-03-30T02:30:00+02:00");
  EXPECT_EQ(fires(R"({"gap": "shift"})", "2026-03-28T12:00:00Z", 2), "2026-03-29T03:30:00+02:00 2026-03-30T02:30:00+02:00");
  EXPECT_EQ(fires("{}", "2026-10-24T12:00:00Z", 2), "2026-10-25T02:30:00+02:00 2026-10-26T02:30:00+01:00");
  EXPECT_EQ(fires(R"({"overlap": "second"})", "2026-10-24T12:00:00Z", 2), "2026-10-25T02:30:00+01:00 2026-10-26T02:30:00+01:00");
  EXPECT_EQ(fires(R"({"overlap": "both"})", "2026-10-24T12:00:00Z", 3),
            "2026-10-25T02:30:00+02:00 2026-10-25T02:30:00+01:00 2026-10-26T02:30:00+01:00");
}

TEST(TimeSpec, warns_of_the_next_clock_change_that_touches_it) {
  const auto warning = [](const char* config, const char* zone, const char* now) {
    return parse("daily", config, zone)->clock_change_warning(at(now)).value_or("none");
  };
  EXPECT_EQ(warning(R"({"hour": 2, "minute": 30})", "Europe/Berlin", "2026-11-28T00:00:00Z"),
            "on 2027-03-28 the clock in Europe/Berlin jumps over 02:30; it fires at 2027-03-28T03:00:00+02:00");
  EXPECT_EQ(warning(R"({"hour": 2, "minute": 30, "dst": {"gap": "skip"}})", "Europe/Berlin", "2026-11-28T00:00:00Z"),
            "on 2027-03-28 the clock in Europe/Berlin jumps over 02:30; it does not fire then");
  EXPECT_EQ(warning(R"({"hour": 2, "minute": 30, "dst": {"overlap": "both"}})", "Europe/Berlin", "2026-04-28T00:00:00Z"),
            "on 2026-10-25 the clock in Europe/Berlin shows 02:30 twice; it fires at the first and the second");
  EXPECT_EQ(warning(R"({"hour": 9, "minute": 0})", "Europe/Berlin", "2026-11-28T00:00:00Z"), "none");
  EXPECT_EQ(warning(R"({"hour": 2, "minute": 30})", "Asia/Kathmandu", "2026-11-28T00:00:00Z"), "none");
  EXPECT_EQ(parse("hourly", R"({"minute": 30})", "Europe/Berlin")->clock_change_warning(at("2026-11-28T00:00:00Z")),
            std::nullopt);
  EXPECT_EQ(parse("interval", R"({"minutes": 30})", "Europe/Berlin")->clock_change_warning(at("2026-11-28T00:00:00Z")),
            std::nullopt);
}

TEST(TimeSpec, finds_the_newest_fires_of_a_year_without_walking_all_of_them) {
  const auto every_second = parse("custom", R"({"cron": "* * * * * *"})");
  const auto latest = every_second->latest_between(at("2025-11-28T00:00:00Z"), at("2026-11-28T00:00:00.5Z"), 3);
  ASSERT_EQ(latest.size(), 3U);
  EXPECT_EQ(format_instant(latest[0]), "2026-11-27T23:59:58.000Z");
  EXPECT_EQ(format_instant(latest[2]), "2026-11-28T00:00:00.000Z");
  const auto yearly = parse("custom", R"({"cron": "0 0 29 2 *"})");
  EXPECT_EQ(yearly->latest_between(at("2016-01-01T00:00:00Z"), at("2026-11-28T00:00:00Z"), 9).size(), 3U);
  EXPECT_EQ(yearly->latest_between(at("2024-02-29T00:00:00Z"), at("2026-11-28T00:00:00Z"), 9).size(), 0U);
}

TEST(TimeSpec, leaves_out_what_belongs_to_another_frequency) {
  EXPECT_EQ(parse("daily", R"({"day_of_week": "monday", "hour": 9, "minute": 0, "timezone": "UTC"})")->time_config(),
            R"({"hour":9,"minute":0})");
  EXPECT_EQ(parse("hourly", R"({"hour": 9, "minute": 5})")->time_config(), R"({"minute":5})");
}

TEST(TimeSpec, refuses_what_is_wrong_and_says_what_would_be_right) {
  struct Case {
    const char *frequency, *config, *timezone, *message;
  };
  const Case cases[] = {
      {"daily", R"({"hour": 99, "minute": 0})", "", "time_config.hour is 99; right would be an hour from 0 to 23"},
      {"daily", R"({"hour": 9, "minute": 60})", "", "time_config.minute is 60; right would be a minute from 0 to 59"},
      {"daily", R"({"hour": "9", "minute": 0})", "", R"(time_config.hour is "9"; right would be an hour)"},
      {"daily", R"({"hour": 9.5, "minute": 0})", "", "time_config.hour is 9.5"},
      {"daily", R"({"hour": -1, "minute": 0})", "", "time_config.hour is -1"},
      {"daily", R"({"hour": 1e300, "minute": 0})", "", "time_config.hour is 1E300"},
      {"daily", R"({"hour": true, "minute": 0})", "", "time_config.hour is true"},
      {"daily", R"({"minute": 0})", "", "time_config.hour is missing; daily needs an hour from 0 to 23"},
      {"daily", R"({"hour": null, "minute": 0})", "", "time_config.hour is missing"},
      {"hourly", "{}", "", "time_config.minute is missing"},
      {"weekly", R"({"hour": 9, "minute": 0})", "", "time_config.day_of_week is missing; weekly needs a name such as monday"},
      {"weekly", R"({"day": "mo", "hour": 9, "minute": 0})", "", R"(time_config.day is "mo"; right would be a name)"},
      {"weekly", R"({"day_of_week": 7, "hour": 9, "minute": 0})", "", "time_config.day_of_week is 7"},
      {"weekly", R"({"day": 0, "day_of_week": "tuesday", "hour": 9, "minute": 0})", "",
       "time_config.day_of_week is tuesday but time_config.day is monday"},
      {"monthly", R"({"day": 0, "hour": 9, "minute": 0})", "", "time_config.day is 0; right would be a day from 1 to 31"},
      {"monthly", R"({"day": "monday", "hour": 9, "minute": 0})", "", R"(time_config.day is "monday")"},
      {"custom", "{}", "", "time_config.cron is missing; custom needs a cron expression"},
      {"custom", R"({"cron": "61 * * * *"})", "", "time_config: cron: minute is '61'"},
      {"custom", R"({"cron": 5})", "", "time_config.cron is 5"},
      {"custom", R"({"cron": "@daily", "expression": "@hourly"})", "", "time_config.cron is '@daily' but"},
      {"interval", "{}", "", "time_config.minutes is missing"},
      {"interval", R"({"minutes": 0})", "", "time_config.minutes is 0; right would be a number of minutes"},
      {"interval", R"({"minutes": 5, "seconds": 5})", "", "both minutes and seconds"},
      {"interval", R"({"minutes": 5, "anchor": "noon"})", "", "time_config.anchor"},
      {"fortnightly", "{}", "", "frequency is 'fortnightly'; right would be hourly, daily"},
      {"", "{}", "", "frequency is missing"},
      {"", R"({"type": "calendar"})", "", "time_config.type is 'calendar'"},
      {"daily", R"({"type": "cron", "expression": "@daily"})", "", "frequency is 'daily' but time_config.type is 'cron'"},
      {"daily", R"({"hours": 9, "minute": 0})", "", "time_config.hours is not known; known are type, minute"},
      {"daily", "[9, 0]", "", "time_config is '[9, 0]'; right would be a JSON object"},
      {"daily", "{", "", "time_config is '{'"},
      {"daily", R"({"hour": 9, "minute": 0})", "Mars/Phobos", "timezone is 'Mars/Phobos', which is no IANA time zone"},
      {"daily", R"({"hour": 9, "minute": 0, "timezone": "Europe/Riga"})", "UTC",
       "timezone is 'UTC' but time_config.timezone is 'Europe/Riga'"},
      {"daily", R"({"hour": 9, "minute": 0, "timezone": 1})", "", "time_config.timezone is 1"},
      {"daily", R"({"hour": 9, "minute": 0, "dst": {"gap": "later"}})", "",
       R"(time_config.dst is {"gap":"later"}; right would be)"},
      {"daily", R"({"hour": 9, "minute": 0, "dst": "vixie"})", "", "time_config.dst is"},
  };
  for (const auto& wrong : cases) {
    const auto spec = parse(wrong.frequency, wrong.config, wrong.timezone);
    ASSERT_FALSE(spec) << wrong.config;
    EXPECT_EQ(spec.error().kind(), ErrorKind::invalid);
    EXPECT_NE(spec.error().describe().find(wrong.message), std::string::npos)
        << wrong.config << " gave: " << spec.error().describe();
  }
  EXPECT_FALSE(parse("daily", std::string(20'000, '[')));
}

}  // namespace
}  // namespace gannet::schedule
