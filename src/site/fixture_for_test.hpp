// A database of one engine with the tables that this module's stand on.
#pragma once

#include <gtest/gtest.h>

#include "db/engines_for_test.hpp"
#include "site/schema.hpp"

namespace gannet::site {

class SiteTest : public testing::TestWithParam<db::EngineForTest> {
 protected:
  template <class Work>
  auto write(Work work) {
    return database->write_blocking(std::move(work));
  }
  void SetUp() override {
    database = data.open({.readers = 1, .writers = 1});
    // Number 004 in its least form: schedule, which has it, stands above this module.
    write([](db::Tx& tx) {
      return tx.execute_script(
          tx.dialect() == db::Dialect::postgres
              ? "CREATE TABLE scan_profiles (profile_id uuid PRIMARY KEY)"
              : "CREATE TABLE scan_profiles (profile_id text PRIMARY KEY, name text NOT NULL, scan_mode text NOT NULL,"
                " config text NOT NULL, created_by text, created_at integer, updated_at integer)");
    }).value();
    const auto migrated = database->migrate_blocking(migrations());
    ASSERT_TRUE(migrated) << migrated.error().describe();
  }

  ManualClock clock{parse_instant("2026-11-21T12:00:00Z").value()};
  SeededRandom random{20261121};
  db::DatabaseForTest data{GetParam(), clock};
  std::unique_ptr<db::Database> database;
  const OrganisationId here = default_organisation();
  const OrganisationId other{uuid_of("org-123", Uuid())};
};

}  // namespace gannet::site
