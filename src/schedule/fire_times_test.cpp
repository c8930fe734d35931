// Fires on the nights on which clocks change, and in general: properties that hold for any expression in any zone, against a
// definition of its own: every instant is asked whether it matches.
#include "schedule/fire_times.hpp"

#include <set>

#include <gtest/gtest.h>

#include "base/random.hpp"
#include "schedule/time_spec.hpp"

namespace gannet::schedule {
namespace {

namespace chr = std::chrono;

std::vector<Instant> fires_between(const CronExpression& cron, const TimeZone& zone, DstRules rules, Instant from,
                                   Instant until) {
  std::vector<Instant> found;
  for (auto at = next_fire(cron, zone, rules, from); at && *at <= until; at = next_fire(cron, zone, rules, *at))
    found.push_back(*at);
  return found;
}

chr::sys_seconds seconds_of(Instant at) { return chr::floor<chr::seconds>(at); }

/// Whether the expression matches that local second.
bool matches(const CronExpression& cron, chr::local_seconds at) { return cron.next_local(at, at + chr::seconds(1)).has_value(); }

/// Something like "5,17 1-3/2 * * 1": any field may be any of the forms.
std::string random_expression(Random& random) {
  const auto number = [&](int min, int max) { return min + int(random.next() % std::uint64_t(max - min + 1)); };
  const auto field = [&](int min, int max) -> std::string {
    switch (random.next() % 6) {
      case 0: return "*";
      case 1: return fmt::format("*/{}", number(1, max));
      case 2: return fmt::format("{}-{}", number(min, max), number(min, max));
      case 3: return fmt::format("{},{}", number(min, max), number(min, max));
      default: return fmt::to_string(number(min, max));
    }
  };
  return fmt::format("{} {} {} * {}", field(0, 59), field(0, 4), random.next() % 3 ? "*" : field(1, 28),
                     random.next() % 3 ? "*" : field(0, 7));
}

struct Night {
  const char *zone, *from;
};
/// A day and a half before each kind of change.
constexpr Night k_nights[] = {{"Europe/Berlin", "2026-03-28T00:00:00Z"},       {"Europe/Berlin", "2026-10-24T00:00:00Z"},
                              {"Europe/Dublin", "2026-03-28T00:00:00Z"},       {"Europe/Dublin", "2026-10-24T00:00:00Z"},
                              {"Australia/Lord_Howe", "2026-10-03T00:00:00Z"}, {"Australia/Lord_Howe", "2026-04-04T00:00:00Z"},
                              {"Africa/Cairo", "2026-04-23T00:00:00Z"},        {"Africa/Cairo", "2026-10-29T00:00:00Z"},
                              {"Pacific/Apia", "2011-12-29T00:00:00Z"},        {"Africa/Casablanca", "2026-02-14T00:00:00Z"},
                              {"Africa/Casablanca", "2026-03-21T00:00:00Z"},   {"Antarctica/Troll", "2026-03-28T00:00:00Z"},
                              {"Antarctica/Troll", "2026-10-24T00:00:00Z"},    {"America/Asuncion", "2024-03-23T00:00:00Z"},
                              {"America/New_York", "2026-03-07T00:00:00Z"},    {"Asia/Kathmandu", "2026-05-01T00:00:00Z"}};

TEST(FireTimes, of_a_wildcard_are_all_instants_that_match) {
  SeededRandom random(42);
  for (const auto& night : k_nights) {
    const auto& zone = *find_zone(night.zone).value();
    const auto from = parse_instant(night.from).value(), until = from + chr::days(3);
    for (int i = 0; i < 60; ++i) {
      const auto cron = CronExpression::parse(random_expression(random));
      if (!cron || !cron->is_wildcard()) continue;
      std::vector<Instant> expected;
      for (auto at = seconds_of(from) + chr::minutes(1); at <= until; at += chr::minutes(1))
        if (matches(*cron, chr::local_seconds(at.time_since_epoch() + zone.period_at(at).offset))) expected.push_back(at);
      ASSERT_EQ(fires_between(*cron, zone, {}, from, until), expected) << cron->text() << " in " << night.zone;
    }
  }
}

TEST(FireTimes, of_a_time_of_day_are_one_for_each_local_time_that_matches) {
  SeededRandom random(43);
  for (const auto& night : k_nights) {
    const auto& zone = *find_zone(night.zone).value();
    const auto from = parse_instant(night.from).value(), until = from + chr::days(3);
    for (int i = 0; i < 60; ++i) {
      const auto cron = CronExpression::parse(random_expression(random));
      if (!cron || cron->is_wildcard()) continue;
      // Each local minute of the calendar becomes the first instant that shows it or, where none does, the first instant after.
      std::map<chr::local_seconds, chr::sys_seconds> first_shown;
      for (auto at = seconds_of(from) - chr::days(1); at <= until + chr::days(2); at += chr::minutes(1))
        first_shown.emplace(chr::local_seconds(at.time_since_epoch() + zone.period_at(at).offset), at);
      std::set<Instant> expected;
      for (auto local = first_shown.begin()->first; local <= first_shown.rbegin()->first; local += chr::minutes(1)) {
        const auto shown = first_shown.lower_bound(local);
        if (shown != first_shown.end() && shown->second > from && shown->second <= until && matches(*cron, local))
          expected.insert(shown->second);
      }
      ASSERT_EQ(fires_between(*cron, zone, {}, from, until), std::vector<Instant>(expected.begin(), expected.end()))
          << cron->text() << " in " << night.zone;
    }
  }
}

TEST(FireTimes, come_once_a_day_through_a_year_of_clock_changes) {
  for (const char* name : {"Europe/Berlin", "Europe/Dublin", "Africa/Cairo", "America/Asuncion", "Africa/Casablanca",
                           "Antarctica/Troll", "Australia/Lord_Howe", "America/New_York", "Asia/Kathmandu", "UTC"}) {
    const auto& zone = *find_zone(name).value();
    for (const char* expression : {"0 0 * * *", "30 0 * * *", "15 1 * * *", "30 2 * * *", "0 3 * * *"}) {
      const auto cron = CronExpression::parse(expression).value();
      std::map<chr::local_days, int> fires;
      const auto from = parse_instant("2026-01-02T00:00:00Z").value();
      for (const auto at : fires_between(cron, zone, {}, from, from + chr::days(360)))
        ++fires[chr::floor<chr::days>(
            chr::local_seconds(seconds_of(at).time_since_epoch() + zone.period_at(seconds_of(at)).offset))];
      for (auto day = std::next(fires.begin()); day != fires.end(); ++day) {
        ASSERT_EQ(day->second, 1) << expression << " in " << name;
        ASSERT_EQ(day->first - std::prev(day)->first, chr::days(1)) << expression << " in " << name;
      }
    }
  }
}

TEST(FireTimes, do_not_depend_on_where_the_search_begins) {
  SeededRandom random(44);
  for (const auto& night : k_nights) {
    const auto& zone = *find_zone(night.zone).value();
    for (int i = 0; i < 20; ++i) {
      const auto cron = CronExpression::parse(random_expression(random));
      if (!cron) continue;
      const DstRules rules{GapRule(random.next() % 3), OverlapRule(random.next() % 3)};
      const auto from = parse_instant(night.from).value();
      const auto all = fires_between(*cron, zone, rules, from, from + chr::days(2));
      ASSERT_TRUE(std::ranges::is_sorted(all));
      for (const auto at : all) {
        const auto before = at - chr::milliseconds(random.next() % 7'200'000 + 1);
        const auto next = next_fire(*cron, zone, rules, before);
        ASSERT_TRUE(next && *next <= at && *next > before) << cron->text() << " in " << night.zone;
        ASSERT_NE(next_fire(*cron, zone, rules, at), at);
      }
    }
  }
}

TEST(FireTimes, of_a_missing_day_come_once_when_it_is_over) {
  // Samoa went from 29 to 31 December 2011.
  const auto& apia = *find_zone("Pacific/Apia").value();
  const auto cron = CronExpression::parse("30 2,22 * * *").value();
  const auto from = parse_instant("2011-12-29T12:00:00Z").value();
  std::string found;
  for (const auto at : fires_between(cron, apia, {}, from, from + chr::days(2)))
    found += format_with_offset({at, apia.period_at(seconds_of(at)).offset}) + " ";
  EXPECT_EQ(found,
            "2011-12-29T02:30:00-10:00 2011-12-29T22:30:00-10:00 2011-12-31T00:00:00+14:00 2011-12-31T02:30:00+14:00 "
            "2011-12-31T22:30:00+14:00 ");
}

TEST(FireTimes, end_where_none_comes_within_the_limit) {
  // 29 February on a fifth Monday: 2044 and 2072, then after 2100, which is no leap year, not before 2112.
  const auto cron = CronExpression::parse("0 0 */28 2 MON#5").value();
  EXPECT_EQ(next_fire(cron, TimeZone::utc(), {}, parse_instant("2044-02-29T00:00:00Z").value()),
            parse_instant("2072-02-29T00:00:00Z").value());
  EXPECT_EQ(next_fire(cron, TimeZone::utc(), {}, parse_instant("2072-02-29T00:00:00Z").value()),
            parse_instant("2112-02-29T00:00:00Z").value());
}

}  // namespace
}  // namespace gannet::schedule
