// Every engine, for tests that hold all of them to the same. A conformance suite is a TestWithParam<db::EngineForTest> with a
// member DatabaseForTest{GetParam(), clock}, instantiated over testing::ValuesIn(db::k_engines_for_test) with db::engine_name.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "base/clock.hpp"
#include "db/database.hpp"
#include "db/temporary_folder_for_test.hpp"

namespace gannet::db {

using EngineForTest = Dialect;
inline constexpr EngineForTest k_engines_for_test[] = {Dialect::sqlite, Dialect::postgres};

/// One empty database of an engine, with number 0 of the migrations applied; gone when the test is. gannet_now() is `clock`,
/// which must outlive it.
class DatabaseForTest {
 public:
  DatabaseForTest(EngineForTest engine, const Clock& clock);

  /// What several instances of the program would use to open this same database.
  std::shared_ptr<Driver> driver() const;
  std::unique_ptr<Database> open(DatabaseOptions options = {}) const { return Database::open(driver(), options).value(); }

  Dialect dialect() const { return engine_; }
  /// Where the files of this test may lie; for SQLite the data folder.
  const std::filesystem::path& folder() const { return folder_.path(); }
  /// Of PostgreSQL; empty for SQLite.
  const std::string& url() const { return url_; }

 private:
  EngineForTest engine_;
  const Clock& clock_;
  TemporaryFolder folder_;
  std::string url_;
};

/// Names the instances of a suite: pass it to INSTANTIATE_TEST_SUITE_P.
inline std::string engine_name(const testing::TestParamInfo<EngineForTest>& engine) {
  return engine.param == Dialect::sqlite ? "sqlite" : "postgres";
}

}  // namespace gannet::db
