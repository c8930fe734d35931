#include "db/migrations.hpp"

#include <thread>

#include <gtest/gtest.h>

#include "db/database.hpp"
#include "db/sqlite_driver.hpp"
#include "db/temporary_folder_for_test.hpp"

namespace gannet::db {
namespace {

const Migration k_first{1, "first", "CREATE TABLE one (id integer PRIMARY KEY); INSERT INTO one VALUES (1)"};
const Migration k_second{2, "second", "CREATE TABLE two (id integer PRIMARY KEY)"};

struct MigrationsTest : testing::Test {
  TemporaryFolder folder;
  SystemClock clock;
  std::unique_ptr<Database> database = open();

  std::unique_ptr<Database> open() { return Database::open(make_sqlite_driver(folder.path(), clock)).value(); }
  Result<void> migrate(std::vector<Migration> migrations) { return database->migrate_blocking(migrations); }
  std::vector<std::string> tables() {
    return database
        ->read_blocking(
            [](Tx& tx) { return tx.query<std::string>("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name"); })
        .value();
  }
  std::vector<int> applied() {
    return database->read_blocking([](Tx& tx) { return tx.query<int>("SELECT number FROM schema_migrations ORDER BY number"); })
        .value();
  }
};

TEST_F(MigrationsTest, each_is_applied_once_and_recorded) {
  EXPECT_TRUE(migrate({k_first}));
  EXPECT_TRUE(migrate({k_first, k_second}));
  EXPECT_TRUE(migrate({k_first, k_second}));
  EXPECT_EQ(applied(), (std::vector{1, 2}));
  EXPECT_EQ(tables(), (std::vector<std::string>{"one", "schema_migrations", "two"}));
}

TEST_F(MigrationsTest, a_newer_schema_than_the_program_knows_is_refused) {
  EXPECT_TRUE(migrate({k_first, k_second}));
  const auto refused = migrate({k_first});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), ErrorKind::conflict);
  EXPECT_NE(refused.error().describe().find("made by a newer Gannet (its schema is at 2 'second', this program knows 1)"),
            std::string::npos)
      << refused.error().describe();
}

TEST_F(MigrationsTest, a_migration_that_was_changed_after_it_was_applied_is_refused) {
  EXPECT_TRUE(migrate({k_first}));
  const auto refused = migrate({{1, "first", "CREATE TABLE other (id integer)"}, k_second});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), ErrorKind::conflict);
  EXPECT_EQ(applied(), std::vector{1}) << "nothing was applied after it";
}

TEST_F(MigrationsTest, an_applied_migration_that_the_program_does_not_have_is_refused) {
  EXPECT_TRUE(migrate({k_first}));
  const auto refused = migrate({k_second});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), ErrorKind::conflict);
}

TEST_F(MigrationsTest, one_that_fails_halfway_leaves_nothing_of_itself) {
  const auto failed = migrate({k_first, {2, "broken", "CREATE TABLE half (id integer); INSERT INTO no_such_table VALUES (1)"}});
  ASSERT_FALSE(failed);
  EXPECT_NE(failed.error().describe().find("migration 2 'broken'"), std::string::npos) << failed.error().describe();
  EXPECT_EQ(applied(), std::vector{1});
  EXPECT_EQ(tables(), (std::vector<std::string>{"one", "schema_migrations"}));
}

TEST_F(MigrationsTest, two_programs_that_start_at_once_apply_each_once) {
  auto other = open();
  Result<void> results[2];
  {
    const std::jthread first([&] { results[0] = migrate({k_first, k_second}); });
    const std::jthread second([&] { results[1] = other->migrate_blocking(std::vector{k_first, k_second}); });
  }
  EXPECT_TRUE(results[0] && results[1]);
  EXPECT_EQ(applied(), (std::vector{1, 2}));
}

}  // namespace
}  // namespace gannet::db
