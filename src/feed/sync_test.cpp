// A feed that changes from sync to sync, and the schedules it becomes, on both engines.
#include "feed/sync.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "schedule/schedule_fixture_for_test.hpp"
#include "site/schema.hpp"
#include "site/site.hpp"

namespace gannet::feed {
namespace {

std::vector<db::Migration> all_migrations() {
  auto all = schedule::migrations_for_test();
  all.insert(all.end(), site::migrations().begin(), site::migrations().end());
  all.insert(all.end(), migrations().begin(), migrations().end());
  std::ranges::sort(all, {}, &db::Migration::number);
  return all;
}

class Sync : public schedule::ScheduleTest {
 protected:
  Sync() {
    database->migrate_blocking(all_migrations()).value();
    options.url = "https://feed.example/schedules";
  }

  /// An item as the guide has it, at `hour`.
  static std::string item(std::string_view id, int hour, std::string_view more = "") {
    return fmt::format(
        R"({{"domain_config_id":"{}","data":{{"domain":"{}.example"{},"schedule":{{"frequency":"daily","time":{{"hour":{},"minute":0}}}}}}}})",
        id, id, more, hour);
  }
  void serve(std::initializer_list<std::string> items, std::string etag = "") {
    std::string body;
    for (const auto& one : items) body += (body.empty() ? "" : ",") + one;
    answer = Fetched{.status = 200, .body = "{\"data\":[" + body + "]}", .etag = std::move(etag)};
  }

  FeedSync make() {
    return FeedSync(
        *database, clock, random,
        [this](aio::Scope, FetchWanted wanted) -> aio::Task<Result<Fetched>> {
          fetches.push_back(wanted);
          return [](Result<Fetched> reply) -> aio::Task<Result<Fetched>> { co_return reply; }(answer);
        },
        options);
  }
  Result<SyncReport> try_sync() {
    auto sync = make();
    return aio::run(context, sync.sync(aio::Scope::background()));
  }
  std::string sync() {
    auto report = try_sync();
    return report ? report->stats_json() : report.error().describe();
  }
  std::vector<schedule::Schedule> schedules() {
    return write(
               [](db::Tx& tx) { return schedule::list_schedules(tx, schedule::k_organisation, {}, {.limit = 100, .offset = 0}); })
        .value()
        .schedules;
  }
  schedule::Schedule only() {
    const auto all = schedules();
    EXPECT_EQ(all.size(), 1U);
    return all.at(0);
  }
  void edit(const std::function<void(schedule::ScheduleFields&)>& change) {
    schedule::ScheduleEdit edit{.id = only().schedule_id, .fields = only().fields};
    change(edit.fields);
    write([=, this](db::Tx& tx) { return schedule::update_schedule(tx, schedule::k_organisation, edit, defaults); }).value();
  }

  boost::asio::io_context context{1};
  FeedOptions options;
  Result<Fetched> answer = Fetched{};
  std::vector<FetchWanted> fetches;
};

TEST_P(Sync, creates_updates_and_skips) {
  serve({item("abc-123", 2, R"(,"allow_deep_scan":true,"maxPages":50,"description":"Example")"), item("def-456", 3)});
  EXPECT_EQ(sync(), R"({"created":2,"updated":0,"skipped":0})");
  EXPECT_EQ(sync(), R"({"created":0,"updated":0,"skipped":2})");
  const auto all = schedules();
  const auto made = *std::ranges::find_if(all, [](const auto& one) { return one.fields.external_id == "abc-123"; });
  EXPECT_EQ(made.fields.domain, "abc-123.example");
  EXPECT_EQ(made.fields.scan_type, "deep");
  EXPECT_NE(made.fields.scan_params.find("max_pages"), std::string::npos);
  EXPECT_EQ(made.fields.description, "Example");
  EXPECT_EQ(made.created_by, "feed");
  EXPECT_TRUE(made.fields.enabled);
  EXPECT_TRUE(made.next_run);
  EXPECT_EQ(made.fields.domain_config_id, site::site_id_of(schedule::k_organisation, "abc-123").value());

  serve({item("abc-123", 4), item("def-456", 3), item("ghi-789", 5)});
  EXPECT_EQ(sync(), R"({"created":1,"updated":1,"skipped":1})");
  EXPECT_EQ(schedules().size(), 3U);
}

TEST_P(Sync, skips_what_is_invalid_with_the_reason) {
  serve({item("good", 2), item("hour", 99), R"({"domain_config_id":"bare","data":{"domain":"x.example"}})", R"({"data":{}})"});
  const auto report = try_sync().value();
  EXPECT_EQ(report.stats_json(), R"({"created":1,"updated":0,"skipped":3})") << "what was not made is not counted as made";
  EXPECT_EQ(schedules().size(), 1U);
  const auto reason_of = [&](std::string_view id) {
    const auto found = std::ranges::find_if(report.details, [&](const auto& detail) { return detail.id == id; });
    return found == report.details.end() ? "" : found->reason;
  };
  EXPECT_NE(reason_of("hour").find("hour"), std::string::npos) << reason_of("hour");
  EXPECT_NE(reason_of("bare").find("schedule is missing"), std::string::npos);
  serve({item("good", 2), item("hour", 9)});
  EXPECT_EQ(sync(), R"({"created":1,"updated":0,"skipped":1})") << "it is made when it is right";
}

TEST_P(Sync, lets_a_local_edit_win_until_the_item_changes) {
  serve({item("a", 2)});
  sync();
  edit([](auto& fields) {
    fields.frequency = "hourly";
    fields.time_config = R"({"minute": 30})";
    fields.timezone = "Europe/Berlin";
    fields.enabled = false;
  });
  EXPECT_EQ(sync(), R"({"created":0,"updated":0,"skipped":1})");
  EXPECT_EQ(only().fields.frequency, "hourly");
  serve({item("a", 5)});
  EXPECT_EQ(sync(), R"({"created":0,"updated":1,"skipped":0})");
  EXPECT_EQ(only().fields.frequency, "daily");
  EXPECT_EQ(only().fields.timezone, "Europe/Berlin") << "what the feed does not say is of people here";
  EXPECT_FALSE(only().fields.enabled);
}

TEST_P(Sync, follows_a_changed_domain) {
  serve({item("a", 2)});
  sync();
  auto moved = item("a", 2);
  moved.replace(moved.find("a.example"), 9, "https://b.example/shop");
  serve({moved});
  EXPECT_EQ(sync(), R"({"created":0,"updated":1,"skipped":0})");
  EXPECT_EQ(only().fields.domain, "b.example");
  EXPECT_EQ(only().fields.start_url, "https://b.example/shop");
}

TEST_P(Sync, disables_what_vanished_three_times_in_a_row_and_enables_it_again) {
  serve({item("a", 2)});
  sync();
  serve({});
  EXPECT_EQ(try_sync().value().disabled, 0);
  EXPECT_EQ(try_sync().value().disabled, 0);
  EXPECT_TRUE(only().fields.enabled);
  const auto third = try_sync().value();
  EXPECT_EQ(third.disabled, 1);
  EXPECT_EQ(third.stats_json(), R"({"created":0,"updated":0,"skipped":0})");
  EXPECT_FALSE(only().fields.enabled);
  EXPECT_EQ(try_sync().value().disabled, 0) << "once";
  serve({item("a", 2)});
  EXPECT_EQ(sync(), R"({"created":0,"updated":1,"skipped":0})");
  EXPECT_TRUE(only().fields.enabled);
}

TEST_P(Sync, counts_only_absences_in_a_row) {
  serve({item("a", 2)});
  sync();
  for (int i = 0; i < 5; ++i) {
    serve({});
    sync();
    sync();
    serve({item("a", 2)});
    sync();
  }
  EXPECT_TRUE(only().fields.enabled);
  // An item that became invalid is still in the feed.
  serve({R"({"domain_config_id":"a","data":{}})"});
  for (int i = 0; i < 5; ++i) sync();
  EXPECT_TRUE(only().fields.enabled);
}

TEST_P(Sync, leaves_disabled_what_somebody_here_disabled) {
  serve({item("a", 2)});
  sync();
  edit([](auto& fields) { fields.enabled = false; });
  serve({});
  for (int i = 0; i < 4; ++i) sync();
  serve({item("a", 2)});
  sync();
  EXPECT_FALSE(only().fields.enabled);
}

TEST_P(Sync, leaves_deleted_what_somebody_here_deleted_until_the_item_changes) {
  serve({item("a", 2)});
  sync();
  const auto id = only().schedule_id;
  write([=](db::Tx& tx) { return schedule::delete_schedule(tx, schedule::k_organisation, id); }).value();
  EXPECT_EQ(sync(), R"({"created":0,"updated":0,"skipped":1})");
  EXPECT_EQ(schedules().size(), 0U);
  serve({item("a", 3)});
  EXPECT_EQ(sync(), R"({"created":1,"updated":0,"skipped":0})");
}

TEST_P(Sync, takes_over_the_one_schedule_that_was_there_before_the_feed) {
  auto fields = daily();
  fields.domain_config_id = site::site_id_of(schedule::k_organisation, "a").value();
  create(fields);
  serve({item("a", 2)});
  EXPECT_EQ(sync(), R"({"created":0,"updated":1,"skipped":0})");
  EXPECT_EQ(only().fields.domain, "a.example");

  fields.domain_config_id = site::site_id_of(schedule::k_organisation, "b").value();
  create(fields);
  create(fields);
  serve({item("a", 2), item("b", 2)});
  const auto report = try_sync().value();
  EXPECT_EQ(report.skipped, 2) << "of two schedules nobody can say which";
  EXPECT_EQ(schedules().size(), 3U);
}

TEST_P(Sync, asks_only_for_what_is_new) {
  serve({item("a", 2), item("b", 2)}, "\"v1\"");
  sync();
  EXPECT_EQ(fetches.back().etag, "");
  EXPECT_EQ(fetches.back().url, "https://feed.example/schedules");
  serve({item("a", 2)}, "\"v2\"");
  sync();
  EXPECT_EQ(fetches.back().etag, "\"v1\"");
  answer = Fetched{.status = 304, .body = "", .etag = ""};
  const auto report = try_sync().value();
  EXPECT_TRUE(report.was_unchanged);
  EXPECT_EQ(report.skipped, 1);
  EXPECT_EQ(fetches.back().etag, "\"v2\"");
  EXPECT_EQ(try_sync().value().disabled, 1) << "b is still missing in a feed that is still the same";
}

TEST_P(Sync, changes_nothing_when_the_feed_fails) {
  serve({item("a", 2)});
  sync();
  const std::pair<Result<Fetched>, ErrorKind> failures[] = {
      {fail(ErrorKind::timeout, "no answer"), ErrorKind::timeout},
      {fail(ErrorKind::denied, "10.0.0.1 is private"), ErrorKind::denied},
      {Fetched{.status = 500, .body = "x", .etag = ""}, ErrorKind::unavailable},
      {Fetched{.status = 304, .body = "", .etag = ""}, ErrorKind::unavailable},
      {Fetched{.status = 200, .body = "<html>", .etag = ""}, ErrorKind::invalid},
      {Fetched{.status = 200, .body = "", .etag = ""}, ErrorKind::invalid},
  };
  for (const auto& [reply, kind] : failures) {
    answer = reply;
    for (int i = 0; i < 4; ++i) EXPECT_EQ(try_sync().error().kind(), kind);
    EXPECT_TRUE(only().fields.enabled) << "no absence is counted";
    const auto state = write([](db::Tx& tx) { return load_feed_state(tx, schedule::k_organisation); }).value();
    EXPECT_NE(state.error, "");
  }
  serve({item("a", 2)});
  sync();
  EXPECT_EQ(write([](db::Tx& tx) { return load_feed_state(tx, schedule::k_organisation); }).value().error, "");
}

TEST_P(Sync, is_done_by_one_instance_in_each_interval) {
  serve({item("a", 2)});
  auto one = make();
  auto two = make();
  const auto run = [&](FeedSync& on) {
    return aio::run(context, on.sync_if_due(aio::Scope::background(), std::chrono::minutes(5))).value().has_value();
  };
  EXPECT_TRUE(run(one));
  EXPECT_FALSE(run(two));
  clock.advance(std::chrono::minutes(5));
  EXPECT_TRUE(run(two));
  EXPECT_FALSE(run(one));
}

TEST_P(Sync, holds_what_other_systems_write) {
  serve({item("a", 2, R"(,"description":"'; DROP TABLE schedules; -- \ud83d\ude00 \u202e")"), item(std::string(255, 'x'), 2),
         item(std::string(256, 'y'), 2)});
  const auto report = try_sync().value();
  EXPECT_EQ(report.created + report.skipped, 3);
  EXPECT_GE(report.skipped, 1);
}

INSTANTIATE_TEST_SUITE_P(Engines, Sync, testing::ValuesIn(db::k_engines_for_test), db::engine_name);

}  // namespace
}  // namespace gannet::feed
