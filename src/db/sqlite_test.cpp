// What only the SQLite engine does: its files, their damage, other processes, a full disk.
#include <csignal>
#include <fstream>

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.hpp"
#include "db/database.hpp"
#include "db/sqlite_driver.hpp"
#include "db/temporary_folder_for_test.hpp"

namespace gannet::db {
namespace {

struct SqliteTest : testing::Test {
  TemporaryFolder folder;
  SystemClock clock;
  const std::filesystem::path file = folder.path() / "gannet.db";

  Result<std::unique_ptr<Database>> open() { return Database::open(make_sqlite_driver(folder.path(), clock)); }
};

template <class T>
T pragma(Database& database, std::string_view name) {
  return database.write_blocking([sql = fmt::format("PRAGMA {}", name)](Tx& tx) { return tx.query_one<T>(sql); }).value().value();
}

TEST_F(SqliteTest, runs_with_what_durability_and_concurrency_need) {
  auto database = open().value();
  EXPECT_EQ(pragma<std::string>(*database, "journal_mode"), "wal");
  EXPECT_EQ(pragma<int>(*database, "synchronous"), 2) << "FULL";
  EXPECT_EQ(pragma<int>(*database, "foreign_keys"), 1);
  EXPECT_EQ(pragma<int>(*database, "busy_timeout"), 10'000);
  EXPECT_GT(pragma<std::int64_t>(*database, "mmap_size"), 0);
}

TEST_F(SqliteTest, its_files_are_the_owners_alone) {
  auto database = open().value();
  database->write_blocking([](Tx& tx) { return tx.execute_script("CREATE TABLE t (id integer)"); }).value();
  for (const char* name : {"gannet.db", "gannet.db-wal", "gannet.db-shm"}) {
    struct stat status{};
    ASSERT_EQ(::stat((folder.path() / name).c_str(), &status), 0) << name;
    EXPECT_EQ(status.st_mode & 0777, 0600U) << name;
  }
}

TEST_F(SqliteTest, a_file_that_is_no_database_is_told_with_what_to_do) {
  ASSERT_TRUE(write_file_atomically(file, std::string(8192, 'x')));
  const auto opened = open();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind(), ErrorKind::internal);
  EXPECT_NE(opened.error().describe().find("restore a backup"), std::string::npos) << opened.error().describe();
  EXPECT_NE(opened.error().describe().find(file.string()), std::string::npos) << opened.error().describe();
}

TEST_F(SqliteTest, a_damaged_page_is_told_with_what_to_do) {
  {
    auto database = open().value();
    database
        ->write_blocking(
            [](Tx& tx) { return tx.execute_script("CREATE TABLE t (words text); INSERT INTO t VALUES (hex(zeroblob(20000)))"); })
        .value();
  }
  auto bytes = read_file(file).value();
  bytes.replace(4096, bytes.size() - 4096, bytes.size() - 4096, '\x55');
  ASSERT_TRUE(write_file_atomically(file, bytes));
  auto database = open().value();
  const auto rows = database->read_blocking([](Tx& tx) { return tx.query<std::string>("SELECT words FROM t"); });
  ASSERT_FALSE(rows);
  EXPECT_EQ(rows.error().kind(), ErrorKind::internal);
  EXPECT_NE(rows.error().describe().find("damaged"), std::string::npos) << rows.error().describe();
}

TEST_F(SqliteTest, a_folder_that_is_not_there_is_not_found) {
  const auto opened = Database::open(make_sqlite_driver(folder.path() / "missing", clock));
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind(), ErrorKind::not_found);
}

/// What a child whose files may not grow sees; empty when all is as it should be.
std::string write_until_full(const std::filesystem::path& folder, const Clock& clock) {
  const auto database = Database::open(make_sqlite_driver(folder, clock)).value();
  const auto create = [](Tx& tx) { return tx.execute_script("CREATE TABLE t (words text)"); };
  if (!database->write_blocking(create)) return "no table";
  std::signal(SIGXFSZ, SIG_IGN);
  const rlimit limit{.rlim_cur = 256 * 1024, .rlim_max = 256 * 1024};
  if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) return "no limit";
  const auto insert = [](Tx& tx) { return tx.execute("INSERT INTO t VALUES (hex(zeroblob(20000)))"); };
  int rows = 0;
  Result<std::int64_t> inserted;
  while ((inserted = database->write_blocking(insert)) && rows < 100) ++rows;
  if (inserted) return "it was never full";
  if (inserted.error().kind() != ErrorKind::exhausted) return inserted.error().describe();
  const auto count = database->read_blocking([](Tx& tx) { return tx.query_one<int>("SELECT count(*) FROM t"); });
  if (!count || *count != rows) return "rows were lost or half written";
  return "";
}

TEST_F(SqliteTest, a_full_disk_is_exhausted_and_keeps_what_was_committed) {
  EXPECT_EXIT(
      {
        const auto complaint = write_until_full(folder.path(), clock);
        fmt::print(stderr, "{}\n", complaint);
        std::fflush(stderr);
        ::_exit(complaint.empty() ? 0 : 1);
      },
      testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace gannet::db
