#include "schedule/fire_plan.hpp"

#include <gtest/gtest.h>

#include "base/text.hpp"

namespace gannet::schedule {
namespace {

using std::chrono::seconds;

Instant at(std::string_view text) { return parse_instant(text).value(); }

const Instant k_now = at("2026-11-28T12:00:00.25Z");

struct Given {
  const char* cron = "*/10 * * * *";
  FirePolicy policy = {};
  const char* cursor = "2026-11-28T11:00:00Z";
  int active = 0;
  const char* blackouts = "[]";
  Instant now = k_now;
};

TimeSpec spec_of(const char* cron) {
  const auto config = fmt::format(R"({{"cron":"{}"}})", cron);
  return TimeSpec::parse({.frequency = "custom", .time_config = config}).value();
}

/// "11:10-11:50 missed, 12:00 run".
std::string plan(const Given& given) {
  const auto planned = plan_fires(spec_of(given.cron), Blackouts::parse(given.blackouts).value(), given.policy,
                                  {.cursor = at(given.cursor), .now = given.now, .active = given.active});
  std::vector<std::string> texts;
  const auto time = [](Instant instant) {
    const auto text = format_instant(instant).substr(11, 8);
    return text.ends_with(":00") ? text.substr(0, 5) : text;
  };
  for (const auto& decision : planned.decisions)
    texts.push_back(fmt::format("{}{} {}", time(decision.at), decision.until ? "-" + time(*decision.until) : "",
                                decision.skipped ? to_string(*decision.skipped) : "run"));
  if (planned.cancels_active) texts.push_back("cancels");
  return join(texts, ", ");
}

TEST(FirePlan, runs_the_latest_that_is_not_too_old_by_default) {
  EXPECT_EQ(plan({}), "11:10-11:50 missed, 12:00 run");
  EXPECT_EQ(plan({.cron = "*/2 * * * *"}), "11:02-11:54 missed, 11:56-11:58 coalesced, 12:00 run");
}

TEST(FirePlan, runs_what_is_late_by_299_and_300_seconds_and_not_by_301) {
  for (const auto& [late, expected] : {std::pair(299, "11:00 run"), {300, "11:00 run"}, {301, "11:00 missed"}})
    EXPECT_EQ(plan({.cron = "0 11 * * *", .cursor = "2026-11-28T10:00:00Z", .now = at("2026-11-28T11:00:00Z") + seconds(late)}),
              expected)
        << late;
}

TEST(FirePlan, obeys_each_misfire_policy) {
  const auto with = [](MisfirePolicy misfire, seconds grace, int max = 100) {
    return plan({.cron = "*/10 * * * *",
                 .policy = {.misfire = misfire, .misfire_grace = grace, .misfire_max = max, .overlap = OverlapPolicy::allow}});
  };
  EXPECT_EQ(with(MisfirePolicy::latest, seconds(3600)), "11:10-11:50 coalesced, 12:00 run");
  EXPECT_EQ(with(MisfirePolicy::earliest, seconds(1900)), "11:10-11:20 missed, 11:30 run, 11:40-12:00 coalesced");
  EXPECT_EQ(with(MisfirePolicy::skip, seconds(3600)), "11:10-11:50 missed, 12:00 run");
  EXPECT_EQ(with(MisfirePolicy::window, seconds(1300)), "11:10-11:30 missed, 11:40 run, 11:50 run, 12:00 run");
  EXPECT_EQ(with(MisfirePolicy::all, seconds(0)), "11:10 run, 11:20 run, 11:30 run, 11:40 run, 11:50 run, 12:00 run");
  EXPECT_EQ(with(MisfirePolicy::all, seconds(0), 2), "11:10-11:40 limit, 11:50 run, 12:00 run");
}

TEST(FirePlan, obeys_each_overlap_policy) {
  const auto with = [](OverlapPolicy overlap, int active, int instances_max = 1) {
    return plan({.policy = {.misfire = MisfirePolicy::window,
                            .misfire_grace = seconds(700),
                            .overlap = overlap,
                            .instances_max = instances_max},
                 .cursor = "2026-11-28T11:45:00Z",
                 .active = active});
  };
  EXPECT_EQ(with(OverlapPolicy::skip, 0), "11:50 run, 12:00 overlap");
  EXPECT_EQ(with(OverlapPolicy::skip, 1), "11:50-12:00 overlap");
  EXPECT_EQ(with(OverlapPolicy::skip, 1, 2), "11:50 run, 12:00 overlap");
  EXPECT_EQ(with(OverlapPolicy::queue, 1), "11:50 run, 12:00 run");
  EXPECT_EQ(with(OverlapPolicy::queue, k_waiting_max), "11:50 run, 12:00 overlap");
  EXPECT_EQ(with(OverlapPolicy::allow, 50), "11:50 run, 12:00 run");
  EXPECT_EQ(with(OverlapPolicy::cancel, 0), "11:50 overlap, 12:00 run");
  EXPECT_EQ(with(OverlapPolicy::cancel, 1), "11:50 overlap, 12:00 run, cancels");
}

TEST(FirePlan, passes_over_blackouts_and_runs_the_latest_outside) {
  const auto blackouts = R"([{"from": "11:55", "until": "13:00"}])";
  EXPECT_EQ(plan({.policy = {.misfire_grace = seconds(900)}, .blackouts = blackouts}),
            "11:10-11:40 missed, 11:50 run, 12:00 blackout");
  EXPECT_EQ(plan({.blackouts = R"([{"from": "2026-11-28T00:00:00Z", "until": "2026-11-29T00:00:00Z"}])"}),
            "11:10-11:50 missed, 12:00 blackout");
}

TEST(FirePlan, says_nothing_where_nothing_is_due) {
  EXPECT_EQ(plan({.cursor = "2026-11-28T12:00:00Z"}), "");
  EXPECT_EQ(plan({.cursor = "2026-11-28T13:00:00Z"}), "");
}

TEST(FirePlan, takes_a_year_of_seconds_at_once_and_leaves_no_hole) {
  for (const auto misfire :
       {MisfirePolicy::latest, MisfirePolicy::earliest, MisfirePolicy::skip, MisfirePolicy::window, MisfirePolicy::all}) {
    const auto spec = spec_of("* * * * * *");
    const auto cursor = at("2025-11-28T12:00:00Z");
    const auto planned =
        plan_fires(spec, {}, {.misfire = misfire, .overlap = OverlapPolicy::allow}, {.cursor = cursor, .now = k_now});
    EXPECT_LE(planned.decisions.size(), 1002U);
    auto covered = cursor;
    int run = 0;
    for (const auto& decision : planned.decisions) {
      ASSERT_EQ(decision.at, covered + seconds(1));
      covered = decision.until.value_or(decision.at);
      run += !decision.skipped;
    }
    EXPECT_EQ(covered, at("2026-11-28T12:00:00Z"));
    EXPECT_EQ(run, misfire == MisfirePolicy::latest || misfire == MisfirePolicy::earliest ? 1
                   : misfire == MisfirePolicy::skip                                       ? 60
                                                                                          : 100)
        << to_string(misfire);
  }
}

TEST(Policies, are_read_by_name_in_any_case) {
  EXPECT_EQ(parse_misfire_policy("Latest").value(), MisfirePolicy::latest);
  EXPECT_EQ(parse_overlap_policy(" QUEUE ").value(), OverlapPolicy::queue);
  EXPECT_EQ(parse_misfire_policy("newest").error().message(),
            "misfire_policy is 'newest'; right would be latest, earliest, skip, window, all");
  EXPECT_EQ(parse_overlap_policy("").error().message(), "overlap_policy is ''; right would be skip, queue, cancel, allow");
}

TEST(Blackouts, cover_nights_of_named_days_in_local_time) {
  const auto& berlin = *find_zone("Europe/Berlin").value();
  const auto nights = Blackouts::parse(R"([{"days": ["sat", "Sunday"], "from": "22:00", "until": "06:00"}])").value();
  EXPECT_FALSE(nights.cover(at("2026-11-28T20:59:59Z"), berlin));
  EXPECT_TRUE(nights.cover(at("2026-11-28T21:00:00Z"), berlin));  // Saturday, 22:00 in Berlin.
  EXPECT_TRUE(nights.cover(at("2026-11-30T04:59:59Z"), berlin));  // Of Sunday's night.
  EXPECT_FALSE(nights.cover(at("2026-11-30T05:00:00Z"), berlin));
  EXPECT_FALSE(nights.cover(at("2026-11-27T22:00:00Z"), berlin));
  EXPECT_TRUE(Blackouts::parse(R"([{"from": "00:00", "until": "24:00"}])")->cover(k_now, berlin));
}

TEST(Blackouts, are_refused_with_what_would_be_right) {
  const std::pair<const char*, const char*> cases[] = {
      {"{}", "blackouts is '{}'; right would be a JSON list"},
      {"[5]", "blackouts[0] is 5: from or until is missing"},
      {R"([{"from": "22:00"}])", "from or until is missing"},
      {R"([{"from": "22:00", "until": "25:00"}])", "a time of the day is wrong"},
      {R"([{"from": "22:60", "until": "23:00"}])", "a time of the day is wrong"},
      {R"([{"days": [], "from": "22:00", "until": "23:00"}])", "days is wrong"},
      {R"([{"days": ["someday"], "from": "22:00", "until": "23:00"}])", "days is wrong"},
      {R"([{"day": "sat", "from": "22:00", "until": "23:00"}])", "keys that are not known"},
      {R"([{"from": "2026-11-28T00:00:00Z", "until": "2026-11-28T00:00:00Z"}])", "it ends before it begins"},
      {R"([{"from": "yesterday", "until": "today"}])", "blackouts[0]"},
      {"[", "blackouts is '['"},
  };
  for (const auto& [text, message] : cases) {
    const auto blackouts = Blackouts::parse(text);
    ASSERT_FALSE(blackouts) << text;
    EXPECT_EQ(blackouts.error().kind(), ErrorKind::invalid);
    EXPECT_NE(blackouts.error().message().find(message), std::string::npos) << blackouts.error().message();
  }
}

}  // namespace
}  // namespace gannet::schedule
