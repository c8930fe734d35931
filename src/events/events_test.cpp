#include "events/events.hpp"

#include <atomic>
#include <set>
#include <thread>

#include <gtest/gtest.h>

#include "db/engines_for_test.hpp"
#include "events/consumer.hpp"
#include "events/migrations.hpp"

namespace gannet::events {
namespace {

using namespace std::chrono_literals;

/// aio::run() wants a value.
aio::Task<bool> to_the_end(aio::Task<void> task) {
  co_await std::move(task);
  co_return true;
}

struct Events : testing::TestWithParam<db::EngineForTest> {
  ManualClock clock{parse_instant("2026-11-28T12:00:00Z").value()};
  db::DatabaseForTest data{GetParam(), clock};
  std::unique_ptr<db::Database> database = data.open({.readers = 2, .writers = 4});

  Events() { database->migrate_blocking(migrations()).value(); }
  template <class Work>
  auto write(Work work) {
    return database->write_blocking(work);
  }
  void add(const std::string& topic) {
    write([&](db::Tx& tx) { return append(tx, {.topic = topic, .key = "k", .organisation = {}}); }).value();
  }
  std::vector<Event> after(Position position, int limit = 1000) {
    return database->read_blocking([&](db::Tx& tx) { return read_after(tx, position, limit); }).value();
  }
  void save(std::string_view consumer, Position position) {
    write([&](db::Tx& tx) { return save_cursor(tx, consumer, position); }).value();
  }
};

TEST_P(Events, an_event_is_read_as_it_was_appended_and_only_if_its_transaction_commits) {
  SeededRandom random(1);
  const OrganisationId organisation(Uuid::make_v7(clock, random));
  const NewEvent event{.topic = "scan.completed", .key = "shop", .organisation = organisation, .payload = R"({"pages": 3})"};
  write([&](db::Tx& tx) { return append(tx, event); }).value();
  const auto undone = write([&](db::Tx& tx) -> Result<void> {
    TRY(append(tx, event));
    return fail(ErrorKind::invalid, "the caller thought better of it");
  });
  EXPECT_FALSE(undone);
  const auto read = after({});
  ASSERT_EQ(read.size(), 1U);
  EXPECT_EQ(read[0].topic, "scan.completed");
  EXPECT_EQ(read[0].key, "shop");
  EXPECT_EQ(read[0].organisation, organisation);
  EXPECT_EQ(read[0].payload, R"({"pages": 3})");
  EXPECT_EQ(read[0].created_at, clock.now());
}

TEST_P(Events, reading_goes_on_where_it_stopped) {
  for (const char* topic : {"a", "b", "c", "d"}) add(topic);
  const auto first = after({}, 3);
  ASSERT_EQ(first.size(), 3U);
  const auto rest = after(first.back().position);
  ASSERT_EQ(rest.size(), 1U);
  EXPECT_EQ(rest[0].topic, "d");
  EXPECT_TRUE(after(rest[0].position).empty());
  EXPECT_EQ(database->read_blocking([](db::Tx& tx) { return last_position(tx); }).value(), rest[0].position);
}

TEST_P(Events, a_reader_misses_none_while_many_append) {
  // Six threads append in transactions of different length while one follows the log. An event that becomes visible after a later
  // one was read would be missing at the end.
  std::atomic<int> writers = 6;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 6; ++i)
    threads.emplace_back([this, &writers, i] {
      for (int n = 0; n < 40; ++n)
        write([&](db::Tx& tx) -> Result<void> {
          for (int k = 0; k <= (i + n) % 4; ++k)
            TRY(append(tx, {.topic = fmt::format("{}/{}/{}", i, n, k), .key = "k", .organisation = {}}));
          return {};
        }).value();
      --writers;
    });
  std::set<std::string> seen;
  Position position;
  for (bool is_over = false; !is_over;) {
    is_over = writers == 0;
    const auto events = after(position, 50);
    for (const auto& event : events) {
      EXPECT_LT(position, event.position);
      position = event.position;
      EXPECT_TRUE(seen.insert(event.topic).second) << event.topic;
    }
    is_over = is_over && events.empty();
  }
  const auto count = write([](db::Tx& tx) { return tx.query_one<std::size_t>("SELECT count(*) FROM events"); }).value();
  EXPECT_EQ(seen.size(), count);
}

TEST_P(Events, an_old_event_is_deleted_once_every_cursor_has_passed_it) {
  add("a");
  add("b");
  const auto events = after({});
  save("slow", events[0].position);
  save("fast", events[1].position);
  clock.advance(24h * 15);
  const auto prune_all = [&] {
    return write([&](db::Tx& tx) {
             return prune(tx, {.before = clock.now() - 24h * 14, .abandoned_before = clock.now() - 24h * 90});
           })
        .value();
  };
  EXPECT_EQ(prune_all(), 1);
  EXPECT_EQ(after({}).size(), 1U) << "slow has not seen it";
  const auto cursors = write([](db::Tx& tx) { return list_cursors(tx); }).value();
  ASSERT_EQ(cursors.size(), 2U);
  EXPECT_EQ(cursors[0].behind, 0);
  EXPECT_EQ(cursors[1].behind, 1);
  clock.advance(24h * 90);
  save("fast", events[1].position);
  EXPECT_EQ(prune_all(), 1) << "slow is no more";
}

TEST_P(Events, a_consumer_handles_each_event_in_the_transaction_that_moves_its_cursor) {
  write([](db::Tx& tx) { return tx.execute_script("CREATE TABLE handled (topic text NOT NULL)"); }).value();
  for (const char* topic : {"a", "b", "c"}) add(topic);
  aio::asio::io_context context{1};
  // Owns nothing of the test's stack but what outlives the consumer.
  auto failures = std::make_shared<std::atomic<int>>(1);
  auto done = std::make_shared<std::atomic<bool>>(false);
  Consumer consumer(context.get_executor(), *database, {.name = "test", .batch_max = 2},
                    [=](db::Tx& tx, auto events) -> Result<void> {
                      for (const auto& event : events) {
                        TRY(tx.execute("INSERT INTO handled VALUES ($1)", event.topic));
                        if (event.topic == "c") *done = true;
                      }
                      if ((*failures)-- > 0) return fail(ErrorKind::unavailable, "the first try fails after its writes");
                      return {};
                    });
  consumer.start();
  while (!*done) context.run_one();
  aio::run(context, to_the_end(consumer.stop()));
  EXPECT_EQ(write([](db::Tx& tx) { return tx.query<std::string>("SELECT topic FROM handled"); }).value(),
            (std::vector<std::string>{"a", "b", "c"}));
}

TEST(EventsPostgres, an_event_waits_for_transactions_that_were_open_when_it_was_made) {
  // Why ids alone would not do: the second transaction takes the later id and commits first.
  const ManualClock clock(parse_instant("2026-11-28T12:00:00Z").value());
  const db::DatabaseForTest data(db::Dialect::postgres, clock);
  const auto database = data.open();
  database->migrate_blocking(migrations()).value();
  const auto topics = [&] {
    std::vector<std::string> found;
    for (const auto& event : database->read_blocking([](db::Tx& tx) { return read_after(tx, {}, 10); }).value())
      found.push_back(event.topic);
    return found;
  };
  const auto open = data.driver()->connect(db::Access::write).value();
  ASSERT_TRUE(open->begin());
  db::Tx slow(*open);
  ASSERT_TRUE(append(slow, {.topic = "slow", .key = "k", .organisation = {}}));
  database->write_blocking([](db::Tx& tx) { return append(tx, {.topic = "fast", .key = "k", .organisation = {}}); }).value();
  EXPECT_TRUE(topics().empty()) << "a reader that took 'fast' now would never see 'slow'";
  ASSERT_TRUE(open->commit());
  EXPECT_EQ(topics(), (std::vector<std::string>{"slow", "fast"}));
}

INSTANTIATE_TEST_SUITE_P(Engines, Events, testing::ValuesIn(db::k_engines_for_test), db::engine_name);

}  // namespace
}  // namespace gannet::events
