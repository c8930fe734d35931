// What every engine must do alike. A new driver is one more entry of k_engines; what only one engine does is tested in its own
// file.
#include <atomic>
#include <limits>
#include <thread>

#include <gtest/gtest.h>

#include "db/database.hpp"
#include "db/sqlite_driver.hpp"
#include "db/temporary_folder_for_test.hpp"

namespace gannet::db {
namespace {

struct Engine {
  const char* name;
  std::unique_ptr<Driver> (*make)(const std::filesystem::path& folder, const Clock& clock);
};

const Engine k_engines[] = {{"sqlite", make_sqlite_driver}};

class Conformance : public testing::TestWithParam<Engine> {
 protected:
  template <class Work>
  auto write(Work work) {
    return database->write_blocking(work);
  }
  template <class Work>
  auto read(Work work) {
    return database->read_blocking(work);
  }
  void SetUp() override {
    database = Database::open(GetParam().make(folder.path(), clock), {.readers = 4}).value();
    write([](Tx& tx) {
      return tx.execute_script(
          "CREATE TABLE parents (id integer PRIMARY KEY, name text UNIQUE NOT NULL);"
          "CREATE TABLE children (id integer PRIMARY KEY, parent_id integer REFERENCES parents (id))");
    }).value();
  }
  std::int64_t count_parents() {
    return read([](Tx& tx) { return tx.query_one<std::int64_t>("SELECT count(*) FROM parents"); }).value().value();
  }

  TemporaryFolder folder;
  ManualClock clock{parse_instant("2026-11-21T12:00:00.123Z").value()};
  std::unique_ptr<Database> database;
};

TEST_P(Conformance, every_kind_of_value_comes_back_as_it_went) {
  SeededRandom random(1);
  const auto id = ScanId::make(clock, random);
  const auto instant = clock.now() + std::chrono::microseconds(7);
  const std::string text = "häßlich \x01 ' \" ; -- $1";
  const Blob blob{std::string("\0\xff\x80", 3)};
  const auto back = read([&](Tx& tx) -> Result<void> {
    struct Row {
      std::int64_t least;
      double number;
      std::string words;
      Blob bytes;
      Instant at;
      ScanId scan;
      bool is_true;
      std::optional<std::string> nothing;
      std::optional<int> something;
      auto columns() { return std::tie(least, number, words, bytes, at, scan, is_true, nothing, something); }
    };
    const auto row =
        TRY(tx.query_one<Row>("SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9", std::numeric_limits<std::int64_t>::min(), 0.1, text,
                              blob, instant, id, true, std::optional<std::string>(), std::optional<int>(5)))
            .value();
    EXPECT_EQ(row.least, std::numeric_limits<std::int64_t>::min());
    EXPECT_EQ(row.number, 0.1);
    EXPECT_EQ(row.words, text);
    EXPECT_EQ(row.bytes, blob);
    EXPECT_EQ(row.at, instant);
    EXPECT_EQ(row.scan, id);
    EXPECT_TRUE(row.is_true);
    EXPECT_EQ(row.nothing, std::nullopt);
    EXPECT_EQ(row.something, 5);
    return {};
  });
  EXPECT_TRUE(back) << back.error().describe();
}

TEST_P(Conformance, parameters_go_by_number_wherever_they_stand) {
  struct Pair {
    std::string first;
    std::string second;
    auto columns() { return std::tie(first, second); }
  };
  const auto pair = read([](Tx& tx) { return tx.query_one<Pair>("SELECT $2, $1 || $1", "one", "two"); }).value().value();
  EXPECT_EQ(pair.first, "two");
  EXPECT_EQ(pair.second, "oneone");
}

TEST_P(Conformance, too_few_or_too_many_parameters_are_a_bug_that_is_named) {
  for (const auto& done : {read([](Tx& tx) { return tx.query<int>("SELECT $1 + $2", 1); }),
                           read([](Tx& tx) { return tx.query<int>("SELECT $1", 1, 2); }),
                           read([](Tx& tx) { return tx.query<int>("SELECT $2", 1); })}) {
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().kind(), ErrorKind::internal);
  }
}

TEST_P(Conformance, a_column_of_another_kind_is_an_error_without_its_value) {
  const auto wrong = read([](Tx& tx) { return tx.query<std::int64_t>("SELECT $1", "secret"); });
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().describe(), "column 1 of a row holds text, which does not fit");
  EXPECT_FALSE(read([](Tx& tx) { return tx.query<std::int8_t>("SELECT 300"); })) << "does not fit into eight bits";
  EXPECT_FALSE(read([](Tx& tx) { return tx.query<std::string>("SELECT NULL"); }));
  EXPECT_FALSE(read([](Tx& tx) { return tx.query<int>("SELECT 1, 2"); })) << "one column too many";
}

TEST_P(Conformance, a_transaction_is_kept_whole_or_not_at_all) {
  const auto failed = write([](Tx& tx) -> Result<void> {
    TRY(tx.execute("INSERT INTO parents (name) VALUES ($1)", "first"));
    return fail(ErrorKind::invalid, "the caller thought better of it");
  });
  EXPECT_EQ(failed.error().kind(), ErrorKind::invalid);
  EXPECT_EQ(count_parents(), 0);
  EXPECT_TRUE(write([](Tx& tx) { return tx.execute("INSERT INTO parents (name) VALUES ($1)", "first"); }));
  EXPECT_EQ(count_parents(), 1);
}

TEST_P(Conformance, a_violated_constraint_is_a_conflict) {
  const auto insert = [](Tx& tx) { return tx.execute("INSERT INTO parents (id, name) VALUES (1, $1)", "only one"); };
  EXPECT_EQ(write(insert), 1);
  const auto duplicate = write(insert);
  ASSERT_FALSE(duplicate);
  EXPECT_EQ(duplicate.error().kind(), ErrorKind::conflict);
  EXPECT_EQ(duplicate.error().describe().find("only one"), std::string::npos) << "values stay out of messages";
  const auto orphan = write([](Tx& tx) { return tx.execute("INSERT INTO children (parent_id) VALUES (99)"); });
  ASSERT_FALSE(orphan);
  EXPECT_EQ(orphan.error().kind(), ErrorKind::conflict);
  EXPECT_EQ(write([](Tx& tx) { return tx.execute("INSERT INTO children (parent_id) VALUES (1)"); }), 1)
      << "the connection works on after an error";
}

TEST_P(Conformance, a_read_transaction_cannot_write) {
  const auto written = read([](Tx& tx) { return tx.execute("INSERT INTO parents (name) VALUES ('sneaked in')"); });
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().kind(), ErrorKind::denied);
  EXPECT_EQ(count_parents(), 0);
}

TEST_P(Conformance, execute_counts_the_rows_it_changed) {
  const auto changed = [this](std::string_view sql) { return write([sql](Tx& tx) { return tx.execute(sql); }).value(); };
  EXPECT_EQ(changed("INSERT INTO parents (id, name) VALUES (1, 'a'), (2, 'b'), (3, 'c')"), 3);
  EXPECT_EQ(changed("UPDATE parents SET name = name || '!' WHERE id >= 2"), 2);
  EXPECT_EQ(changed("DELETE FROM parents WHERE id = 99"), 0);
  EXPECT_EQ(changed("SELECT 1 FROM parents"), 0);
}

TEST_P(Conformance, gannet_now_is_the_clock) {
  clock.advance(Duration(1500));
  const auto now = read([](Tx& tx) { return tx.query_one<Instant>("SELECT gannet_now()"); });
  EXPECT_EQ(now.value().value(), clock.now());
}

TEST_P(Conformance, a_wrong_statement_is_a_bug_that_is_named) {
  for (const char* sql : {"SELEKT 1", "SELECT no_such_column FROM parents", "SELECT 1; SELECT 2", ""}) {
    const auto done = read([sql](Tx& tx) { return tx.query<int>(sql); });
    ASSERT_FALSE(done) << sql;
    EXPECT_EQ(done.error().kind(), ErrorKind::internal) << done.error().describe();
  }
}

TEST_P(Conformance, readers_see_whole_transactions_while_one_writes) {
  // A writer moves an amount between two rows; every reader, at any moment, must see the same sum.
  write([](Tx& tx) {
    return tx.execute_script(
        "CREATE TABLE accounts (id integer PRIMARY KEY, amount integer NOT NULL);"
        "INSERT INTO accounts VALUES (1, 1000), (2, 0)");
  }).value();
  std::atomic<bool> is_over = false;
  std::atomic<int> reads = 0;
  std::atomic<int> wrong = 0;
  std::vector<std::jthread> readers;
  for (int i = 0; i < 4; ++i)
    readers.emplace_back([&] {
      while (!is_over) {
        const auto sum = read([](Tx& tx) -> Result<std::int64_t> {
          const auto first = TRY(tx.query_one<std::int64_t>("SELECT amount FROM accounts WHERE id = 1"));
          const auto second = TRY(tx.query_one<std::int64_t>("SELECT amount FROM accounts WHERE id = 2"));
          return *first + *second;
        });
        ++reads;
        if (!sum || *sum != 1000) ++wrong;
      }
    });
  for (int i = 0; i < 200; ++i)
    EXPECT_TRUE(write([](Tx& tx) -> Result<void> {
      TRY(tx.execute("UPDATE accounts SET amount = amount - 1 WHERE id = 1"));
      TRY(tx.execute("UPDATE accounts SET amount = amount + 1 WHERE id = 2"));
      return {};
    }));
  is_over = true;
  readers.clear();
  EXPECT_EQ(wrong, 0);
  EXPECT_GT(reads, 4);
  EXPECT_EQ(read([](Tx& tx) { return tx.query_one<int>("SELECT amount FROM accounts WHERE id = 2"); }).value(), 200);
}

INSTANTIATE_TEST_SUITE_P(Engines, Conformance, testing::ValuesIn(k_engines),
                         [](const auto& engine) { return std::string(engine.param.name); });

}  // namespace
}  // namespace gannet::db
