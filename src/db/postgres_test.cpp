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

TEST_F(PostgresTest, types_that_other_programs_use_are_read_by_their_meaning) {
  struct Row {
    bool flag;
    int small;
    std::int64_t sum;
    double fraction;
    Instant without_zone;
    std::string json;
    std::string words;
    auto columns() { return std::tie(flag, small, sum, fraction, without_zone, json, words); }
  };
  auto database = open();
  const auto row = database
                       ->read_blocking([](Tx& tx) {
                         return tx.query_one<Row>(
                             "SELECT true, CAST(7 AS smallint), sum(CAST(5000000000 AS bigint)), CAST(1.25 AS numeric),"
                             " TIMESTAMP '2026-11-28 12:00:00.25', CAST('{\"a\":1}' AS jsonb), CAST('x' AS varchar(5))");
                       })
                       .value()
                       .value();
  EXPECT_TRUE(row.flag);
  EXPECT_EQ(row.small, 7);
  EXPECT_EQ(row.sum, 5'000'000'000);
  EXPECT_EQ(row.fraction, 1.25);
  EXPECT_EQ(row.without_zone, parse_instant("2026-11-28T12:00:00.250Z").value());
  EXPECT_EQ(row.json, "{\"a\": 1}");
  EXPECT_EQ(row.words, "x");
}

TEST_F(PostgresTest, a_text_serves_for_any_type_and_one_that_does_not_fit_is_invalid_without_being_shown) {
  auto database = open();
  database
      ->write_blocking(
          [](Tx& tx) { return tx.execute_script("CREATE TABLE t (id uuid, body jsonb, name varchar(5), flag boolean)"); })
      .value();
  const auto insert = [&](std::string id, std::string body, std::string name) {
    return database->write_blocking(
        [&](Tx& tx) { return tx.execute("INSERT INTO t (id, body, name, flag) VALUES ($1, $2, $3, $4)", id, body, name, true); });
  };
  EXPECT_EQ(insert("0191f5c0-0000-7000-8000-000000000001", "[1]", "ok"), 1);
  for (const auto& failed :
       {insert("secret\"quoted\"secret", "[1]", "ok"), insert("0191f5c0-0000-7000-8000-000000000001", "secret", "ok"),
        insert("0191f5c0-0000-7000-8000-000000000001", "[1]", "secret"),
        insert("0191f5c0-0000-7000-8000-000000000001", "[1]", std::string("se\0cret", 7))}) {
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().kind(), ErrorKind::invalid) << failed.error().describe();
    EXPECT_EQ(failed.error().describe().find("secret"), std::string::npos) << failed.error().describe();
  }
}

TEST_F(PostgresTest, a_statement_that_takes_too_long_is_a_timeout) {
  auto database = open({.statement_timeout = std::chrono::milliseconds(50)});
  const auto slow = database->read_blocking([](Tx& tx) { return tx.execute("SELECT pg_sleep(60)"); });
  ASSERT_FALSE(slow);
  EXPECT_EQ(slow.error().kind(), ErrorKind::timeout) << slow.error().describe();
}

TEST_F(PostgresTest, a_commit_after_a_failed_statement_is_a_bug_that_is_named) {
  auto database = open();
  const auto committed = database->write_blocking([](Tx& tx) -> Result<void> {
    auto ignored = tx.execute("SELECT 1 FROM no_such_table");
    EXPECT_FALSE(ignored);
    return {};
  });
  ASSERT_FALSE(committed);
  EXPECT_EQ(committed.error().kind(), ErrorKind::internal);
}

TEST_F(PostgresTest, a_column_of_a_batch_has_one_kind_of_values) {
  auto database = open();
  const std::vector<std::vector<Value>> rows = {row(1), row("one")};
  const auto done = database->read_blocking(
      [&](Tx& tx) { return tx.execute_batch({.given = "number bigint", .sql = "SELECT number FROM given"}, rows); });
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind(), ErrorKind::internal);
  EXPECT_EQ(done.error().message(), "values of different kinds in column 1 of a batch");
}

TEST_F(PostgresTest, a_migrations_table_of_another_program_is_kept_aside) {
  auto database = open();
  database
      ->write_blocking([](Tx& tx) {
        return tx.execute_script(
            "CREATE TABLE schema_migrations (id serial PRIMARY KEY, filename text NOT NULL);"
            "INSERT INTO schema_migrations (filename) VALUES ('004_enhanced_scheduler.sql')");
      })
      .value();
  ASSERT_TRUE(database->migrate_blocking({}));
  const auto kept = database->read_blocking(
      [](Tx& tx) { return tx.query_one<std::string>("SELECT filename FROM schema_migrations_before_gannet"); });
  EXPECT_EQ(kept.value(), "004_enhanced_scheduler.sql");
}

TEST(PostgresUrl, what_cannot_be_read_is_told_without_the_password) {
  for (const char* url :
       {"postgresql://gannet:secret@host/db?nosuch=1", "host=db password=secret nonsense", "postgresql://[secret"}) {
    const auto made = make_postgres_driver(url);
    ASSERT_FALSE(made) << url;
    EXPECT_EQ(made.error().kind(), ErrorKind::invalid);
    EXPECT_EQ(made.error().describe().find("secret"), std::string::npos) << made.error().describe();
  }
  const auto driver = make_postgres_driver("postgresql://gannet:secret@db.test:5433/scans?connect_timeout=3").value();
  EXPECT_EQ(driver->describe(), "postgresql://gannet@db.test:5433/scans");
}

TEST(PostgresErrors, have_the_kind_of_their_class) {
  using impl::kind_of_sqlstate;
  const std::pair<const char*, ErrorKind> expected[] = {
      {"23505", ErrorKind::conflict},    {"23503", ErrorKind::conflict},    {"40001", ErrorKind::unavailable},
      {"40P01", ErrorKind::unavailable}, {"57P01", ErrorKind::unavailable}, {"57014", ErrorKind::timeout},
      {"08006", ErrorKind::unavailable}, {"53100", ErrorKind::exhausted},   {"53300", ErrorKind::exhausted},
      {"25006", ErrorKind::denied},      {"42501", ErrorKind::denied},      {"42P01", ErrorKind::internal},
      {"22P02", ErrorKind::invalid},     {"XX001", ErrorKind::internal}};
  for (const auto& [code, kind] : expected) EXPECT_EQ(kind_of_sqlstate(code), kind) << code;
}

}  // namespace
}  // namespace gannet::db
