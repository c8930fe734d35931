// What users of the guides have: databases made by the DDL they print, and backups made and restored as they print it. PostgreSQL
// only, for which they are written.
#include <cstdio>
#include <cstdlib>

#include "schedule/schedule_fixture_for_test.hpp"

namespace gannet::schedule {
namespace {

/// Guide 002, with a row in each table.
constexpr std::string_view k_guide_002 = R"(
CREATE TABLE scan_profiles (profile_id UUID PRIMARY KEY, name VARCHAR(255) NOT NULL);
CREATE TABLE schedules (
    schedule_id UUID PRIMARY KEY,
    domain_config_id UUID NOT NULL,
    domain VARCHAR(255) NOT NULL,
    profile_id UUID REFERENCES scan_profiles(profile_id),
    frequency VARCHAR(50) NOT NULL,
    time_config JSONB NOT NULL,
    enabled BOOLEAN DEFAULT TRUE,
    next_run TIMESTAMP,
    last_run TIMESTAMP,
    last_status VARCHAR(50),
    created_at TIMESTAMP DEFAULT NOW(),
    updated_at TIMESTAMP DEFAULT NOW()
);
CREATE TABLE job_executions (
    execution_id UUID PRIMARY KEY,
    schedule_id UUID REFERENCES schedules(schedule_id),
    job_id VARCHAR(255) NOT NULL,
    domain VARCHAR(255) NOT NULL,
    domain_config_id UUID NOT NULL,
    status VARCHAR(50) NOT NULL,
    started_at TIMESTAMP NOT NULL,
    completed_at TIMESTAMP,
    duration_seconds FLOAT,
    scan_id UUID,
    error_message TEXT,
    error_details JSONB,
    metadata JSONB,
    created_at TIMESTAMP DEFAULT NOW()
);
INSERT INTO schedules (schedule_id, domain_config_id, domain, frequency, time_config, enabled, last_run, last_status) VALUES
  ('550e8400-e29b-41d4-a716-446655440001', '550e8400-e29b-41d4-a716-446655440000', 'example.com', 'Weekly',
   '{"day": "monday", "hour": 2, "minute": 0}', NULL, '2026-11-23 02:00:00', 'success');
INSERT INTO job_executions (execution_id, schedule_id, job_id, domain, domain_config_id, status, started_at, completed_at, duration_seconds) VALUES
  ('550e8400-e29b-41d4-a716-446655440002', '550e8400-e29b-41d4-a716-446655440001', 'example.com', 'example.com',
   '550e8400-e29b-41d4-a716-446655440000', 'success', '2026-11-23 02:00:00', '2026-11-23 02:00:30', 30);
)";

const ScheduleId k_adopted = ScheduleId::parse("550e8400-e29b-41d4-a716-446655440001").value();

class GuideDatabase : public testing::Test {
 protected:
  void migrate() { database->migrate_blocking(migrations_for_test()).value(); }
  void script(std::string_view sql) {
    const auto done = database->write_blocking([&](db::Tx& tx) { return tx.execute_script(sql); });
    ASSERT_TRUE(done) << done.error().describe();
  }
  template <class T>
  std::vector<T> query(std::string_view sql) {
    return database->write_blocking([&](db::Tx& tx) { return tx.query<T>(sql); }).value();
  }
  /// A shell command; "$URL" is the database, "$FILE" a file of the test's own.
  int run(const std::string& command) {
    setenv("URL", data.url().c_str(), 1);
    setenv("FILE", (data.folder() / "backup.sql").c_str(), 1);
    return std::system(command.c_str());
  }
  void fill() {
    migrate();
    ScheduleFields fields{.domain_config_id = SiteId::make(clock, random),
                          .domain = "https://example.com",
                          .frequency = "daily",
                          .time_config = R"({"hour": 9, "minute": 0})"};
    for (int i = 0; i < 3; ++i)
      database
          ->write_blocking([&](db::Tx& tx) { return create_schedule(tx, {k_organisation, fields, "test"}, {}, clock, random); })
          .value();
    script(
        "INSERT INTO job_executions (execution_id, schedule_id, job_id, domain, domain_config_id, status, started_at, "
        "error_message)"
        " SELECT schedule_id, schedule_id, 'job', domain, domain_config_id, 'failed', now(), 'refused' FROM schedules");
  }
  void expect_restored() {
    EXPECT_EQ(query<std::int64_t>("SELECT count(*) FROM schedules").front(), 3);
    EXPECT_EQ(query<std::int64_t>("SELECT count(*) FROM schedule_executions se JOIN schedules s ON se.schedule_id = s.schedule_id"
                                  " WHERE se.error = 'refused' AND se.executed_at IS NOT NULL")
                  .front(),
              3);
  }

  ManualClock clock{parse_instant("2026-11-28T08:00:00Z").value()};
  SeededRandom random{7};
  db::DatabaseForTest data{db::Dialect::postgres, clock};
  std::unique_ptr<db::Database> database = data.open();
};

TEST_F(GuideDatabase, made_by_the_ddl_of_guide_002_is_adopted_with_its_rows) {
  script(k_guide_002);
  migrate();
  const auto load = [&] {
    return database->write_blocking([](db::Tx& tx) { return load_schedule(tx, k_organisation, k_adopted); }).value();
  };
  EXPECT_EQ(load().last_run, parse_instant("2026-11-23T02:00:00Z").value());
  EXPECT_EQ(load().fields.scan_type, "quick");
  EXPECT_TRUE(load().fields.enabled);
  EXPECT_EQ(database->write_blocking([](db::Tx& tx) { return refresh_stale(tx, {}); }).value(), 1);
  EXPECT_EQ(load().next_run, parse_instant("2026-11-30T02:00:00Z").value());
  const auto history =
      database->write_blocking([](db::Tx& tx) { return list_executions(tx, k_organisation, {.schedule = k_adopted}); }).value();
  ASSERT_EQ(history.size(), 1U);
  EXPECT_EQ(history[0].started_at, parse_instant("2026-11-23T02:00:00Z").value());
  EXPECT_EQ(query<std::string>("SELECT status FROM job_executions").front(), "success");
  EXPECT_EQ(query<Instant>("SELECT executed_at FROM schedule_executions").front(), history[0].started_at);
  script("DELETE FROM schedules");
  EXPECT_EQ(query<std::int64_t>("SELECT count(*) FROM schedule_executions WHERE schedule_id IS NULL").front(), 1);
}

TEST_F(GuideDatabase, takes_migration_005_by_psql_as_guide_000_prints_it) {
  script(k_guide_002);
  ASSERT_EQ(run("psql -q -v ON_ERROR_STOP=1 \"$URL\" -f " GANNET_SOURCE_DIR
                "/src/schedule/migrations/005_schedule_scan_types.postgres.sql"),
            0);
  struct Column {
    std::string name, type;
    std::optional<std::string> default_text;
    std::string is_nullable;
    auto columns() { return std::tie(name, type, default_text, is_nullable); }
  };
  const auto columns = query<Column>(
      "SELECT column_name, data_type, column_default, is_nullable FROM information_schema.columns"
      " WHERE table_name = 'schedules' AND column_name IN ('scan_type', 'scan_params') ORDER BY 1 DESC");
  ASSERT_EQ(columns.size(), 2U);
  EXPECT_EQ(columns[0].is_nullable, "NO");
  EXPECT_TRUE(columns[0].default_text->starts_with("'quick'"));
  EXPECT_EQ(columns[1].type, "jsonb");
  EXPECT_EQ(columns[1].is_nullable, "YES");
  migrate();
  EXPECT_EQ(query<std::int64_t>("SELECT count(*) FROM schedules WHERE enabled").front(), 1);
}

TEST_F(GuideDatabase, answers_the_questions_of_the_guides_in_their_own_sql) {
  fill();
  script(
      "SELECT schedule_id, domain, scan_type, frequency, enabled, last_run, next_run, last_status FROM schedules ORDER BY "
      "created_at DESC");
  EXPECT_EQ(query<std::int64_t>("SELECT COUNT(*) as count FROM schedules WHERE enabled = true GROUP BY scan_type").front(), 3);
  script(
      "SELECT se.executed_at, s.domain, s.scan_type, se.status, se.duration_seconds FROM schedule_executions se"
      " JOIN schedules s ON se.schedule_id = s.schedule_id ORDER BY se.executed_at DESC LIMIT 10");
  script(
      "SELECT s.domain, s.scan_type, se.executed_at, se.error FROM schedule_executions se JOIN schedules s ON se.schedule_id = "
      "s.schedule_id"
      " WHERE se.status = 'failed' ORDER BY se.executed_at DESC LIMIT 10");
  script("UPDATE job_executions SET started_at = started_at - INTERVAL '31 days'");
  script("DELETE FROM schedule_executions WHERE executed_at < NOW() - INTERVAL '30 days'");
  EXPECT_EQ(query<std::int64_t>("SELECT count(*) FROM job_executions").front(), 0);
}

/// As guide 000 prints it, and three ways to lose what is then restored.
class Backup : public GuideDatabase, public testing::WithParamInterface<const char*> {};

TEST_P(Backup, of_the_two_tables_restores_all_rows) {
  fill();
  ASSERT_EQ(run("pg_dump \"$URL\" -t schedules -t schedule_executions > \"$FILE\""), 0);
  script(GetParam());
  EXPECT_EQ(run("psql -q \"$URL\" < \"$FILE\" > /dev/null 2>&1"), 0);
  expect_restored();
  // What a backup of two tables does not hold is made again: by the migrations where their record is gone too, else at start.
  migrate();
  database->write_blocking([](db::Tx& tx) { return restore_schema(tx); }).value();
  expect_restored();
  EXPECT_EQ(query<std::int64_t>("SELECT count(*) FROM job_executions").front(), 3);
  script("UPDATE schedules SET time_config = '{\"hour\": 10, \"minute\": 0}'");
  EXPECT_EQ(database->write_blocking([](db::Tx& tx) { return refresh_stale(tx, {}); }).value(), 3);
}

INSTANTIATE_TEST_SUITE_P(Losses, Backup,
                         testing::Values("DELETE FROM schedule_executions; DELETE FROM schedules",
                                         "DROP TABLE schedules, schedule_executions CASCADE",
                                         "DROP SCHEMA public CASCADE; CREATE SCHEMA public"));

}  // namespace
}  // namespace gannet::schedule
