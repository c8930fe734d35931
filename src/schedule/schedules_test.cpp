#include "schedule/schedules.hpp"

#include "schedule/schedule_fixture_for_test.hpp"

namespace gannet::schedule {
namespace {

using Schedules = ScheduleTest;
INSTANTIATE_TEST_SUITE_P(Engines, Schedules, testing::ValuesIn(db::k_engines_for_test), db::engine_name);

TEST_P(Schedules, come_back_as_they_were_made) {
  auto fields = daily(R"({"day": "Monday", "hour": 2, "minute": 0})");
  fields.frequency = "Weekly";
  fields.scan_type = "deep";
  fields.scan_params = R"({"max_pages": 10000})";
  fields.timezone = "Europe/Berlin";
  fields.name = "home page";
  fields.external_id = "abc-123";
  fields.misfire_policy = "all";
  fields.misfire_max = 5;
  fields.jitter_seconds = 30;
  const auto made = create(fields);
  const auto back = load(made.schedule_id);
  EXPECT_EQ(back.fields.frequency, "weekly");
  EXPECT_NE(back.fields.time_config.find("day_of_week"), std::string::npos);
  EXPECT_NE(back.fields.scan_params.find("10000"), std::string::npos);
  EXPECT_EQ(back.fields.timezone, "Europe/Berlin");
  EXPECT_EQ(back.fields.external_id, "abc-123");
  EXPECT_EQ(back.fields.misfire_max, 5);
  EXPECT_EQ(back.version, 1);
  EXPECT_EQ(back.created_by, "test");
  EXPECT_EQ(back.created_at, clock.now());
  EXPECT_EQ(back.next_run, parse_instant("2026-11-30T01:00:00Z").value());
  EXPECT_EQ(back.last_run, std::nullopt);
}

TEST_P(Schedules, are_of_one_organisation) {
  const auto made = create(daily());
  const auto other = OrganisationId::make(clock, random);
  EXPECT_EQ(write([&](db::Tx& tx) { return find_schedule(tx, other, made.schedule_id); }).value(), std::nullopt);
  EXPECT_EQ(write([&](db::Tx& tx) { return delete_schedule(tx, other, made.schedule_id); }).error().kind(), ErrorKind::not_found);
  EXPECT_EQ(write([&](db::Tx& tx) { return update_schedule(tx, other, {made.schedule_id, daily()}, defaults); }).error().kind(),
            ErrorKind::not_found);
  EXPECT_EQ(write([&](db::Tx& tx) { return list_schedules(tx, other, {}, {}); })->total, 0);
  EXPECT_EQ(write([&](db::Tx& tx) { return list_fires(tx, other, made.schedule_id, {}); })->size(), 0U);
}

TEST_P(Schedules, are_listed_newest_first_by_filter_and_page) {
  for (int i = 0; i < 5; ++i) {
    auto fields = daily();
    fields.enabled = i != 0;
    fields.scan_type = i < 2 ? "deep" : "quick";
    fields.domain = fmt::format("https://{}.example", i);
    create(fields);
    clock.advance(std::chrono::seconds(1));
  }
  const auto list = [&](const ScheduleFilter& filter, PageRequest page) {
    const auto found = write([&](db::Tx& tx) { return list_schedules(tx, k_organisation, filter, page); }).value();
    std::string text = fmt::format("{}:", found.total);
    for (const auto& schedule : found.schedules) text += " " + schedule.fields.domain.substr(8, 1);
    return text;
  };
  EXPECT_EQ(list({}, {.limit = 2}), "5: 4 3");
  EXPECT_EQ(list({}, {.limit = 2, .offset = 4}), "5: 0");
  EXPECT_EQ(list({.enabled = true}, {}), "4: 4 3 2 1");
  EXPECT_EQ(list({.scan_type = "deep"}, {}), "2: 1 0");
  EXPECT_EQ(list({.enabled = false, .scan_type = "deep"}, {}), "1: 0");
  EXPECT_EQ(list({.domain = "https://3.example"}, {}), "1: 3");
  EXPECT_EQ(list({.domain_config_id = daily().domain_config_id}, {.limit = 1}), "5: 4");
  EXPECT_EQ(list({.domain_config_id = SiteId()}, {}), "0:");
}

TEST_P(Schedules, are_not_overwritten_by_who_read_an_older_version) {
  const auto made = create(daily());
  const auto edit = [&](std::int64_t version) {
    return write([&](db::Tx& tx) { return update_schedule(tx, k_organisation, {made.schedule_id, daily(), version}, defaults); });
  };
  EXPECT_EQ(edit(1)->version, 2);
  EXPECT_EQ(edit(1).error().kind(), ErrorKind::conflict);
  EXPECT_EQ(edit(2)->version, 3);
}

TEST_P(Schedules, that_are_wrong_are_refused_and_say_what_would_be_right) {
  const auto refusal = [&](auto change) {
    auto fields = daily();
    change(fields);
    const auto made = try_create(fields);
    return made ? "made" : made.error().describe();
  };
  EXPECT_EQ(refusal([](auto& f) { f.time_config = R"({"hour": 25, "minute": 0})"; }),
            "time_config.hour is 25; right would be an hour from 0 to 23");
  EXPECT_EQ(refusal([](auto& f) { f.scan_type = "slow"; }), "scan_type is 'slow'; right would be quick or deep");
  EXPECT_EQ(refusal([](auto& f) { f.scan_params = "[]"; }), "scan_params is '[]'; right would be a JSON object");
  EXPECT_EQ(refusal([](auto& f) { f.domain = ""; }), "domain has 0 characters; right would be 1 to 255");
  EXPECT_EQ(refusal([](auto& f) { f.instances_max = 0; }), "instances_max is 0; right would be 1 to 100");
  EXPECT_EQ(refusal([](auto& f) { f.jitter_seconds = -1; }), "jitter_seconds is -1; right would be 0 to 86400");
  EXPECT_NE(refusal([](auto& f) { f.timezone = "Mars/Phobos"; }).find("Mars/Phobos"), std::string::npos);
  EXPECT_NE(refusal([](auto& f) { f.misfire_policy = "never"; }).find("latest, earliest"), std::string::npos);
  EXPECT_NE(refusal([](auto& f) { f.blackouts = "{}"; }).find("blackouts"), std::string::npos);
  EXPECT_EQ(query<std::int64_t>("SELECT count(*) FROM schedules").front(), 0);
}

TEST_P(Schedules, that_are_disabled_have_no_next_run) {
  const auto made = create(daily());
  auto fields = daily();
  fields.enabled = false;
  const auto disabled =
      write([&](db::Tx& tx) { return update_schedule(tx, k_organisation, {made.schedule_id, fields}, defaults); }).value();
  EXPECT_EQ(disabled.next_run, std::nullopt);
  set_time("2026-11-30T12:00:00Z");
  EXPECT_EQ(fire().schedules, 0);
  const auto enabled =
      write([&](db::Tx& tx) { return update_schedule(tx, k_organisation, {made.schedule_id, daily()}, defaults); }).value();
  EXPECT_EQ(enabled.next_run, parse_instant("2026-12-01T09:00:00Z").value());
  EXPECT_EQ(fires(made.schedule_id), "11-28T09:00-11-30T09:00 cron skipped disabled");
}

TEST_P(Schedules, that_are_deleted_leave_their_history_and_cancel_what_waits) {
  const auto made = create(daily());
  set_time("2026-11-28T09:00:00Z");
  fire();
  const auto execution = run();
  set_time("2026-11-29T09:00:00Z");
  fire();
  write([&](db::Tx& tx) { return delete_schedule(tx, k_organisation, made.schedule_id); }).value();
  EXPECT_FALSE(claim());
  EXPECT_EQ(fires(made.schedule_id), "11-28T09:00 cron ended, 11-29T09:00 cron ended deleted");
  const auto kept = write([&](db::Tx& tx) { return find_execution(tx, k_organisation, execution); }).value().value();
  EXPECT_EQ(kept.schedule_id, std::nullopt);
  EXPECT_EQ(kept.domain, "https://example.com");
  EXPECT_FALSE(kept.job_id.empty());
}

}  // namespace
}  // namespace gannet::schedule
