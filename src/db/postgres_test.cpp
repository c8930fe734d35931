// What only the PostgreSQL engine does: sessions that break, a server that restarts, its errors and its types.
#include <gtest/gtest.h>

#include "db/database.hpp"
#include "db/impl/postgres_errors.hpp"
#include "db/impl/postgres_values.hpp"
#include "db/postgres_driver.hpp"
#include "db/postgres_for_test.hpp"

namespace gannet::db {
namespace {

struct PostgresTest : testing::Test {
  /// Of this test alone: it is stopped and started.
  const std::string url = PostgresForTest::shared().create_database();

  std::unique_ptr<Database> open(PostgresOptions options = {}) {
    return Database::open(make_postgres_driver(url, options).value()).value();
  }
};

TEST_F(PostgresTest, sessions_run_with_the_time_zone_and_the_limits_that_the_rest_counts_on) {
  auto database = open();
  const auto setting = [&](std::string_view name) {
    return database->read_blocking([sql = fmt::format("SHOW {}", name)](Tx& tx) { return tx.query_one<std::string>(sql); })
        .value()
        .value();
  };
  EXPECT_EQ(setting("TimeZone"), "UTC");
  EXPECT_EQ(setting("statement_timeout"), "30s");
  EXPECT_EQ(setting("idle_in_transaction_session_timeout"), "1min");
  EXPECT_EQ(setting("lock_timeout"), "10s");
  EXPECT_EQ(setting("transaction_isolation"), "repeatable read");
  EXPECT_EQ(setting("application_name"), "gannet");
}

}  // namespace
}  // namespace gannet::db
