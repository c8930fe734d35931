#include "db/database.hpp"

#include <numeric>
#include <thread>

#include <gtest/gtest.h>

#include "db/sqlite_driver.hpp"
#include "db/temporary_folder_for_test.hpp"

namespace gannet::db {
namespace {

using namespace std::chrono_literals;

struct DatabaseTest : testing::Test {
  TemporaryFolder folder;
  SystemClock clock;
  aio::asio::io_context context{1};
  std::unique_ptr<Database> database = Database::open(make_sqlite_driver(folder.path(), clock)).value();

  DatabaseTest() {
    database->write_blocking([](Tx& tx) { return tx.execute_script("CREATE TABLE marks (number integer NOT NULL)"); }).value();
  }
  std::vector<int> marks() {
    return database->read_blocking([](Tx& tx) { return tx.query<int>("SELECT number FROM marks ORDER BY rowid"); }).value();
  }
};

TEST_F(DatabaseTest, a_coroutine_waits_for_its_transaction_on_another_thread) {
  const auto elsewhere = aio::run(context, [](Database& db) -> aio::Task<Result<bool>> {
    const auto loop = std::this_thread::get_id();
    auto there = co_await db.write(aio::Scope::background().within(10s), [loop](Tx& tx) -> Result<bool> {
      TRY(tx.execute("INSERT INTO marks VALUES (7)"));
      return std::this_thread::get_id() != loop;
    });
    if (!there) co_return pass(there);
    auto count = co_await db.read(aio::Scope::background().within(10s),
                                  [](Tx& tx) { return tx.query_one<int>("SELECT count(*) FROM marks"); });
    co_return *there&& std::this_thread::get_id() == loop&& count && *count == 1;
  }(*database));
  EXPECT_TRUE(elsewhere && *elsewhere);
}

TEST_F(DatabaseTest, writes_happen_in_the_order_in_which_they_were_asked_for) {
  aio::TaskGroup group(context.get_executor());
  const auto insert = [](Database& db, int number) -> aio::Task<void> {
    auto done = co_await db.write(aio::Scope::background().within(10s),
                                  [number](Tx& tx) { return tx.execute("INSERT INTO marks VALUES ($1)", number); });
    EXPECT_TRUE(done);
  };
  std::vector<int> numbers(20);
  std::iota(numbers.begin(), numbers.end(), 0);
  for (const int number : numbers) group.spawn(insert(*database, number), "insert");
  context.run();
  EXPECT_EQ(marks(), numbers);
}

TEST_F(DatabaseTest, a_scope_that_has_ended_begins_no_transaction) {
  aio::CancelSource source;
  source.cancel("test");
  const auto done = aio::run(context, [](Database& db, aio::Scope scope) -> aio::Task<Result<std::int64_t>> {
    co_return co_await db.write(scope, [](Tx& tx) { return tx.execute("INSERT INTO marks VALUES (1)"); });
  }(*database, aio::Scope(source)));
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind(), ErrorKind::cancelled);
  EXPECT_TRUE(marks().empty());
}

TEST_F(DatabaseTest, a_transaction_within_a_transaction_is_an_error_and_no_deadlock) {
  auto* db = database.get();
  const auto insert = [](Tx& tx) { return tx.execute("INSERT INTO marks VALUES (1)"); };
  for (const bool is_read : {false, true}) {
    const auto outer = database->write_blocking([db, insert, is_read](Tx& tx) -> Result<std::int64_t> {
      TRY(insert(tx));
      return is_read ? db->read_blocking([](Tx&) { return Result<std::int64_t>(0); }) : db->write_blocking(insert);
    });
    ASSERT_FALSE(outer);
    EXPECT_EQ(outer.error().kind(), ErrorKind::internal);
    EXPECT_TRUE(outer.error().message().starts_with("a transaction began another one of")) << outer.error().message();
  }
  EXPECT_TRUE(marks().empty());
  EXPECT_TRUE(database->write_blocking(insert)) << "the thread is free again";
}

TEST_F(DatabaseTest, work_that_was_queued_is_done_before_the_database_closes) {
  aio::TaskGroup group(context.get_executor());
  const auto insert = [](Database& db) -> aio::Task<void> {
    co_await db.write(aio::Scope::background().within(10s), [](Tx& tx) { return tx.execute("INSERT INTO marks VALUES (1)"); });
  };
  for (int i = 0; i < 10; ++i) group.spawn(insert(*database), "insert");
  context.poll();
  database.reset();
  context.run();
  database = Database::open(make_sqlite_driver(folder.path(), clock)).value();
  EXPECT_EQ(marks().size(), 10U);
}

}  // namespace
}  // namespace gannet::db
