#include "db/migrations.hpp"

#include <thread>

#include <gtest/gtest.h>

#include "db/database.hpp"
#include "db/engines_for_test.hpp"

namespace gannet::db {
namespace {

constexpr Migration migration(int number, std::string_view name, std::string_view sql) { return {number, name, sql, sql}; }

constexpr auto k_first = migration(1, "first", "CREATE TABLE one (id integer PRIMARY KEY); INSERT INTO one VALUES (1)");
constexpr auto k_second = migration(2, "second", "CREATE TABLE two (id integer PRIMARY KEY)");

struct MigrationsTest : testing::TestWithParam<EngineForTest> {
  ManualClock clock{parse_instant("2026-11-28T12:00:00Z").value()};
  DatabaseForTest data{GetParam(), clock};
  std::unique_ptr<Database> database = data.open();

  Result<void> migrate(std::vector<Migration> migrations) { return database->migrate_blocking(migrations); }
  std::vector<std::string> tables() {
    constexpr DialectSql k_tables = {
        .sqlite = "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name",
        .postgres = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"};
    return database->read_blocking([&](Tx& tx) { return tx.query<std::string>(k_tables.of(tx.dialect())); }).value();
  }
  /// But for number 0.
  std::vector<int> applied() {
    return database
        ->read_blocking(
            [](Tx& tx) { return tx.query<int>("SELECT number FROM schema_migrations WHERE number > 0 ORDER BY number"); })
        .value();
  }
};

TEST_P(MigrationsTest, each_is_applied_once_and_recorded) {
  EXPECT_TRUE(migrate({k_first}));
  EXPECT_TRUE(migrate({k_first, k_second}));
  EXPECT_TRUE(migrate({k_first, k_second}));
  EXPECT_EQ(applied(), (std::vector{1, 2}));
  EXPECT_EQ(tables(), (std::vector<std::string>{"one", "schema_migrations", "two"}));
}

TEST_P(MigrationsTest, a_newer_schema_than_the_program_knows_is_refused) {
  EXPECT_TRUE(migrate({k_first, k_second}));
  const auto refused = migrate({k_first});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), ErrorKind::conflict);
  EXPECT_NE(refused.error().describe().find("made by a newer Gannet (its schema is at 2 'second', this program knows 1)"),
            std::string::npos)
      << refused.error().describe();
}

TEST_P(MigrationsTest, a_migration_that_was_changed_after_it_was_applied_is_refused) {
  EXPECT_TRUE(migrate({k_first}));
  const auto refused = migrate({migration(1, "first", "CREATE TABLE other (id integer)"), k_second});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), ErrorKind::conflict);
  EXPECT_EQ(applied(), std::vector{1}) << "nothing was applied after it";
}

TEST_P(MigrationsTest, an_applied_migration_that_the_program_does_not_have_is_refused) {
  EXPECT_TRUE(migrate({k_first}));
  const auto refused = migrate({k_second});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), ErrorKind::conflict);
}

TEST_P(MigrationsTest, one_that_fails_halfway_leaves_nothing_of_itself) {
  const auto failed =
      migrate({k_first, migration(2, "broken", "CREATE TABLE half (id integer); INSERT INTO no_such_table VALUES (1)")});
  ASSERT_FALSE(failed);
  EXPECT_NE(failed.error().describe().find("migration 2 'broken'"), std::string::npos) << failed.error().describe();
  EXPECT_EQ(applied(), std::vector{1});
  EXPECT_EQ(tables(), (std::vector<std::string>{"one", "schema_migrations"}));
}

TEST_P(MigrationsTest, two_programs_that_start_at_once_apply_each_once) {
  auto other = data.open();
  Result<void> results[2];
  {
    const std::jthread first([&] { results[0] = migrate({k_first, k_second}); });
    const std::jthread second([&] { results[1] = other->migrate_blocking(std::vector{k_first, k_second}); });
  }
  EXPECT_TRUE(results[0] && results[1]);
  EXPECT_EQ(applied(), (std::vector{1, 2}));
}

TEST_P(MigrationsTest, what_is_missing_below_an_applied_one_is_made_up_for) {
  EXPECT_TRUE(migrate({k_second}));
  EXPECT_TRUE(migrate({k_first, k_second}));
  EXPECT_EQ(applied(), (std::vector{1, 2}));
  EXPECT_EQ(tables(), (std::vector<std::string>{"one", "schema_migrations", "two"}));
}

TEST_P(MigrationsTest, the_list_says_what_is_applied_and_what_is_not) {
  EXPECT_TRUE(migrate({k_first}));
  auto states = list_migrations(*database, std::vector{k_first, k_second}).value();
  if (states.front().number == 0) states.erase(states.begin());
  ASSERT_EQ(states.size(), 2U);
  EXPECT_EQ(states[0].name, "first");
  EXPECT_EQ(states[0].applied_at, clock.now());
  EXPECT_EQ(states[1].name, "second");
  EXPECT_FALSE(states[1].applied_at);
}

INSTANTIATE_TEST_SUITE_P(Engines, MigrationsTest, testing::ValuesIn(k_engines_for_test), engine_name);

}  // namespace
}  // namespace gannet::db
