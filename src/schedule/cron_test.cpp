#include "schedule/cron.hpp"

#include <gtest/gtest.h>

#include "base/text.hpp"

namespace gannet::schedule {
namespace {

namespace chr = std::chrono;

/// The next `count` matches from the beginning of `from`, as "2026-11-28 09:00:00" without the year where it is that of `from`.
std::string next_matches(std::string_view expression, chr::local_days from, int count) {
  const auto cron = CronExpression::parse(expression);
  if (!cron) return cron.error().describe();
  std::vector<std::string> found;
  chr::local_seconds at = from;
  while (int(found.size()) < count) {
    const auto match = cron->next_local(at, at + chr::years(50));
    if (!match) break;
    const auto day = chr::floor<chr::days>(*match);
    const chr::year_month_day date(day);
    const chr::hh_mm_ss time(*match - day);
    found.push_back(fmt::format("{:02}-{:02} {:02}:{:02}:{:02}", unsigned(date.month()), unsigned(date.day()),
                                time.hours().count(), time.minutes().count(), time.seconds().count()));
    if (date.year() != chr::year_month_day(from).year()) found.back().insert(0, fmt::format("{}-", int(date.year())));
    at = *match + chr::seconds(1);
  }
  return join(found, ", ");
}

constexpr chr::local_days k_from = chr::local_days(chr::year(2026) / 11 / 28);  // A Saturday.

TEST(Cron, reads_values_lists_ranges_and_steps) {
  EXPECT_EQ(next_matches("30 9 * * *", k_from, 2), "11-28 09:30:00, 11-29 09:30:00");
  EXPECT_EQ(next_matches("5,35 0 * * *", k_from, 3), "11-28 00:05:00, 11-28 00:35:00, 11-29 00:05:00");
  EXPECT_EQ(next_matches("0 8-10 * * *", k_from, 4), "11-28 08:00:00, 11-28 09:00:00, 11-28 10:00:00, 11-29 08:00:00");
  EXPECT_EQ(next_matches("*/25 0 * * *", k_from, 4), "11-28 00:00:00, 11-28 00:25:00, 11-28 00:50:00, 11-29 00:00:00");
  EXPECT_EQ(next_matches("50/5 0 * * *", k_from, 3), "11-28 00:50:00, 11-28 00:55:00, 11-29 00:50:00");
  EXPECT_EQ(next_matches("0 0 10-20/5 * *", k_from, 3), "12-10 00:00:00, 12-15 00:00:00, 12-20 00:00:00");
}

TEST(Cron, reads_seconds_in_front_of_five_fields) {
  EXPECT_EQ(next_matches("*/20 59 23 * * *", k_from, 4), "11-28 23:59:00, 11-28 23:59:20, 11-28 23:59:40, 11-29 23:59:00");
  EXPECT_EQ(next_matches("7 0 0 1 1 ?", k_from, 1), "2027-01-01 00:00:07");
}

TEST(Cron, reads_names_in_any_case) {
  EXPECT_EQ(next_matches("0 0 1 jan *", k_from, 1), "2027-01-01 00:00:00");
  EXPECT_EQ(next_matches("0 0 ? DEC Mon", k_from, 2), "12-07 00:00:00, 12-14 00:00:00");
  EXPECT_EQ(next_matches("0 0 * * sat,Sun", k_from, 3), "11-28 00:00:00, 11-29 00:00:00, 12-05 00:00:00");
}

TEST(Cron, takes_0_and_7_for_sunday) {
  EXPECT_EQ(next_matches("0 0 * * 0", k_from, 2), next_matches("0 0 * * 7", k_from, 2));
  EXPECT_EQ(next_matches("0 0 * * 7-7", k_from, 2), "11-29 00:00:00, 12-06 00:00:00");
  EXPECT_EQ(next_matches("0 0 * * 5-7", k_from, 4), "11-28 00:00:00, 11-29 00:00:00, 12-04 00:00:00, 12-05 00:00:00");
  EXPECT_EQ(next_matches("0 0 * * 7-1", k_from, 3), "11-29 00:00:00, 11-30 00:00:00, 12-06 00:00:00");
  EXPECT_EQ(next_matches("0 0 * * 0-7", k_from, 8), next_matches("0 0 * * *", k_from, 8));
  EXPECT_EQ(next_matches("0 0 * * 1-7/3", k_from, 3), "11-29 00:00:00, 11-30 00:00:00, 12-03 00:00:00");
}

TEST(Cron, lets_a_range_wrap) {
  EXPECT_EQ(next_matches("0 22-1 * * *", k_from, 4), "11-28 00:00:00, 11-28 01:00:00, 11-28 22:00:00, 11-28 23:00:00");
  EXPECT_EQ(next_matches("0 22-4/2 * * *", k_from, 5),
            "11-28 00:00:00, 11-28 02:00:00, 11-28 04:00:00, 11-28 22:00:00, 11-29 00:00:00");
  EXPECT_EQ(next_matches("0 0 * * FRI-MON", k_from, 4), "11-28 00:00:00, 11-29 00:00:00, 11-30 00:00:00, 12-04 00:00:00");
  EXPECT_EQ(next_matches("0 0 1 NOV-JAN *", k_from, 3), "12-01 00:00:00, 2027-01-01 00:00:00, 2027-11-01 00:00:00");
  EXPECT_EQ(next_matches("0 0 30-2 * *", k_from, 4), "11-30 00:00:00, 12-01 00:00:00, 12-02 00:00:00, 12-30 00:00:00");
}

TEST(Cron, knows_the_last_days_and_the_nearest_weekdays_of_a_month) {
  EXPECT_EQ(next_matches("0 0 L * *", k_from, 4), "11-30 00:00:00, 12-31 00:00:00, 2027-01-31 00:00:00, 2027-02-28 00:00:00");
  EXPECT_EQ(next_matches("0 0 L-3 * *", k_from, 3), "12-28 00:00:00, 2027-01-28 00:00:00, 2027-02-25 00:00:00");
  EXPECT_EQ(next_matches("0 0 LW 1,2 *", k_from, 2), "2027-01-29 00:00:00, 2027-02-26 00:00:00");
  // 15 May 2027 is a Saturday, 15 August a Sunday, 1 May a Saturday, 31 October a Sunday: never into another month.
  EXPECT_EQ(next_matches("0 0 15W 5,8 *", k_from, 2), "2027-05-14 00:00:00, 2027-08-16 00:00:00");
  EXPECT_EQ(next_matches("0 0 1W 5 *", k_from, 1), "2027-05-03 00:00:00");
  EXPECT_EQ(next_matches("0 0 31W 10 *", k_from, 1), "2027-10-29 00:00:00");
  EXPECT_EQ(next_matches("0 0 1,15,L 12 *", k_from, 3), "12-01 00:00:00, 12-15 00:00:00, 12-31 00:00:00");
}

TEST(Cron, knows_the_nth_and_the_last_day_of_the_week) {
  EXPECT_EQ(next_matches("0 0 * * FRI#2", k_from, 2), "12-11 00:00:00, 2027-01-08 00:00:00");
  EXPECT_EQ(next_matches("0 0 * * 5L", k_from, 2), "12-25 00:00:00, 2027-01-29 00:00:00");
  EXPECT_EQ(next_matches("0 0 * * MON#5", k_from, 2), "11-30 00:00:00, 2027-03-29 00:00:00");
  EXPECT_EQ(next_matches("0 0 * 12 MON#1,7L", k_from, 3), "12-07 00:00:00, 12-27 00:00:00, 2027-12-06 00:00:00");
}

TEST(Cron, needs_both_day_fields_where_one_begins_with_a_star_else_either) {
  // Friday the 13th needs a trick; "13 or a Friday" is what the plain form says.
  EXPECT_EQ(next_matches("0 0 13 * FRI", k_from, 4), "12-04 00:00:00, 12-11 00:00:00, 12-13 00:00:00, 12-18 00:00:00");
  EXPECT_EQ(next_matches("0 0 */2 * FRI", k_from, 2), "12-11 00:00:00, 12-25 00:00:00");
  EXPECT_EQ(next_matches("0 0 13 * */5", k_from, 2), "12-13 00:00:00, 2027-06-13 00:00:00");
  EXPECT_EQ(next_matches("0 0 ? * FRI", k_from, 2), "12-04 00:00:00, 12-11 00:00:00");
}

TEST(Cron, finds_days_that_are_decades_away) {
  EXPECT_EQ(next_matches("0 0 29 2 *", k_from, 2), "2028-02-29 00:00:00, 2032-02-29 00:00:00");
  EXPECT_EQ(next_matches("0 0 */28 2 MON#5", k_from, 1), "2044-02-29 00:00:00");
}

TEST(Cron, knows_nicknames) {
  EXPECT_EQ(next_matches("@hourly", k_from, 2), "11-28 00:00:00, 11-28 01:00:00");
  EXPECT_EQ(next_matches("@Daily", k_from, 2), next_matches("@midnight", k_from, 2));
  EXPECT_EQ(next_matches("@weekly", k_from, 1), "11-29 00:00:00");
  EXPECT_EQ(next_matches("@monthly", k_from, 1), "12-01 00:00:00");
  EXPECT_EQ(next_matches("@yearly", k_from, 1), next_matches("@annually", k_from, 1));
}

TEST(Cron, is_a_wildcard_where_minute_or_hour_begins_with_a_star) {
  EXPECT_TRUE(CronExpression::parse("*/5 3 * * *")->is_wildcard());
  EXPECT_TRUE(CronExpression::parse("0 * * * *")->is_wildcard());
  EXPECT_FALSE(CronExpression::parse("0 3 * * *")->is_wildcard());
  EXPECT_FALSE(CronExpression::parse("* 0 0-23 * * *")->is_wildcard());
}

TEST(Cron, writes_itself_without_spare_blanks) {
  EXPECT_EQ(CronExpression::parse("  0\t9  * * MON-FRI ")->text(), "0 9 * * MON-FRI");
  EXPECT_EQ(CronExpression::parse("@daily")->text(), "0 0 * * *");
}

TEST(Cron, refuses_what_is_wrong_and_says_what_would_be_right) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "'' has 0 fields"},
      {"* * * *", "'* * * *' has 4 fields; right are five"},
      {"0 0 0 1 1 ? 2026", "has 7 fields"},
      {"60 * * * *", "minute is '60': 60 is not between 0 and 59; right would be 0, */15 or 5,35"},
      {"* 24 * * *", "hour is '24'"},
      {"* * 0 * *", "day of month is '0': 0 is not between 1 and 31"},
      {"* * * 13 *", "month is '13'"},
      {"* * * * 8", "day of week is '8': 8 is not between 0 and 7"},
      {"60 0 0 * * *", "second is '60'"},
      {"-5 * * * *", "minute is '-5': a number is missing"},
      {"5- * * * *", "minute is '5-': a number is missing"},
      {"1,,2 * * * *", "minute is '': a number is missing"},
      {"*/0 * * * *", "minute is '*/0': the step must be from 1 to 60"},
      {"*/61 * * * *", "the step must be from 1 to 60"},
      {"0 */25 * * *", "hour is '*/25': the step must be from 1 to 24"},
      {"*/ * * * *", "minute is '*/': a number is missing"},
      {"1/2/3 * * * *", "'2/3' is no number"},
      {"1-2-3 * * * *", "'2-3' is no number"},
      {"? * * * *", "minute is '?'"},
      {"* * * JANUARY *", "month is 'JANUARY'"},
      {"* * * * MONDAY", "day of week is 'MONDAY'"},
      {"99999999999999999999 * * * *", "9999 is not between"},
      {"* * 32W * *", "32 is not between 1 and 31"},
      {"* * 1-5W * *", "day of month is '1-5W'"},
      {"* * W * *", "day of month is 'W'"},
      {"* * L-0 * *", "must be from 1 to 30"},
      {"* * L-31 * *", "must be from 1 to 30"},
      {"* * * * L", "which day is to be the last"},
      {"* * * * 5#6", "a first to a fifth"},
      {"* * * * 5#0", "a first to a fifth"},
      {"* * * * #1", "a number is missing"},
      {"0 0 30 2 *", "'0 0 30 2 *' never comes"},
      {"0 0 31 4,6,9,11 *", "never comes"},
      {"@reboot", "'@reboot' is not known; @hourly"},
      {"0 0 * * MON\xff#1\x1b", "\\x"},
  };
  for (const auto& [text, message] : cases) {
    const auto cron = CronExpression::parse(text);
    ASSERT_FALSE(cron) << text;
    EXPECT_EQ(cron.error().kind(), ErrorKind::invalid);
    EXPECT_TRUE(cron.error().message().starts_with("cron: ")) << cron.error().message();
    EXPECT_NE(cron.error().message().find(message), std::string::npos) << text << " gave: " << cron.error().message();
  }
  EXPECT_FALSE(CronExpression::parse(std::string(2000, '*')));
}

}  // namespace
}  // namespace gannet::schedule
