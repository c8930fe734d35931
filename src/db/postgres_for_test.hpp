// PostgresForTest: a real PostgreSQL server in a temporary folder, on a Unix socket only, gone with the test program however that
// ends. Root runs it as the user postgres, because PostgreSQL refuses root. Not durable: it does not sync.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <thread>

#include "db/temporary_folder_for_test.hpp"

namespace gannet::db {

class PostgresForTest {
 public:
  /// The one that all tests of a program share; started when first asked for.
  static PostgresForTest& shared();

  /// Of one test's own.
  PostgresForTest();
  PostgresForTest(const PostgresForTest&) = delete;
  PostgresForTest& operator=(const PostgresForTest&) = delete;
  ~PostgresForTest();

  /// A new, empty database; its connection string.
  std::string create_database();
  /// Of the server's socket, for a test that puts something in between.
  std::string socket_path() const { return (folder_.path() / ".s.PGSQL.5432").string(); }

  /// Whether `psql -f file` succeeds on a database.
  static bool run_psql(const std::string& url, const std::filesystem::path& file);

  /// As an administrator does it: sessions are ended, what is committed stays.
  void stop();
  void start();
  void restart() {
    stop();
    start();
  }

 private:
  std::string url_of(const std::string& database) const;
  void execute(const std::string& sql) const;

  TemporaryFolder folder_;
  pid_t server_ = 0;
  int databases_ = 0;
  /// Reads what the server logs, so that it never waits for a reader.
  std::unique_ptr<std::thread> log_reader_;
};

}  // namespace gannet::db
