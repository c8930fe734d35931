#include "schedule/doctor.hpp"

#include "schedule/schedule_fixture_for_test.hpp"

namespace gannet::schedule {
namespace {

class Doctor : public ScheduleTest {
 protected:
  /// A schedule with a few fires, one of which was run.
  void make_history() {
    create(by_cron("*/10 * * * *"));
    for (int i = 0; i < 4; ++i) {
      clock.advance(std::chrono::minutes(10));
      fire();
      if (i == 0) run();
    }
  }
  /// The invariants that do not hold.
  std::string findings() {
    std::string text;
    for (const auto& finding : write([&](db::Tx& tx) { return audit(tx, defaults); }).value()) text += finding.invariant + " ";
    return text;
  }
};
INSTANTIATE_TEST_SUITE_P(Engines, Doctor, testing::ValuesIn(db::k_engines_for_test), db::engine_name);

TEST_P(Doctor, finds_nothing_where_all_is_well) {
  EXPECT_EQ(findings(), "");
  make_history();
  EXPECT_EQ(findings(), "");
}

TEST_P(Doctor, names_the_invariant_that_somebody_broke_in_sql) {
  make_history();
  const auto broken = [&](std::string_view sql) {
    // What is broken is undone with the transaction.
    std::string text;
    (void)write([&](db::Tx& tx) -> Result<void> {
      TRY(tx.execute_script(sql));
      for (const auto& finding : TRY(audit(tx, defaults))) text += finding.invariant + " ";
      return fail(ErrorKind::cancelled, "undone");
    });
    return text;
  };
  EXPECT_EQ(broken("DELETE FROM fires WHERE state = 'skipped'"), "I2 I2 ");
  EXPECT_EQ(broken("UPDATE fires SET created_at = (SELECT min(created_at) FROM schedules) WHERE state = 'ended'"), "I3 ");
  EXPECT_EQ(broken("UPDATE schedules SET next_run = cursor_at, version = version + 1"), "I4 ");
  EXPECT_EQ(broken("UPDATE fires SET state = 'running' WHERE state = 'ended'"), "I5 ");
  EXPECT_EQ(
      broken("INSERT INTO schedule_executions (execution_id, schedule_id, job_id, domain, domain_config_id, status, started_at, "
             "fire_at, fire_kind)"
             " SELECT domain_config_id, schedule_id, job_id, domain, domain_config_id, status, started_at, fire_at, fire_kind"
             " FROM schedule_executions"),
      "I6 ");
  EXPECT_EQ(broken("UPDATE schedules SET paused_at = created_at, version = version + 1"), "I10 I10 ");
  EXPECT_EQ(broken("DELETE FROM events WHERE id = (SELECT max(id) FROM events)"), "I12 ");
  clock.advance(std::chrono::minutes(30));
  EXPECT_EQ(findings(), "I9 ");
}

}  // namespace
}  // namespace gannet::schedule
