// FireEngine: the loop around fire_due(), on real threads and both engines. The clock of the database is moved by hand; what the
// engine does in between shows in on_fired() and in its metrics.
#include "schedule/fire_engine.hpp"

#include "schedule/schedule_fixture_for_test.hpp"

namespace gannet::schedule {
namespace {

using namespace std::chrono_literals;

/// Public, for coroutines that are no members.
class Engine : public ScheduleTest {
 public:
  using ScheduleTest::clock;
  using ScheduleTest::create;
  using ScheduleTest::daily;
  using ScheduleTest::load;
  using ScheduleTest::query;
  using ScheduleTest::script;
  using ScheduleTest::set_time;

  /// One that does nothing by itself but what is due already, unless `options` says so.
  void make(FireEngineOptions options = {.check_interval = 1h, .poll_interval = 1h}) {
    database = data.open({.readers = 1});
    engine = std::make_unique<FireEngine>(context.get_executor(), *database, random, std::move(options));
    engine->on_fired([this] {
      ++rounds;
      changed.notify_all();
    });
  }
  /// Starts it, runs `act`, stops it.
  template <class Act>
  void with_engine(Act act) {
    aio::run(context, [](Engine* self, Act work) -> aio::Task<bool> {
      auto started = co_await self->engine->start(self->patience);
      EXPECT_TRUE(started) << started.error().describe();
      co_await work(self);
      co_await self->engine->stop();
      co_return true;
    }(this, std::move(act)));
  }
  void stop() {
    aio::run(context, [](Engine* self) -> aio::Task<bool> {
      co_await self->engine->stop();
      co_return true;
    }(this));
  }
  aio::Task<void> fired(int times) {
    while (rounds < times) {
      auto woken = co_await changed.wait(patience);
      EXPECT_TRUE(woken) << "fired " << rounds << " times instead of " << times;
      if (!woken) co_return;
    }
  }
  /// For what no call tells.
  template <class Condition>
  aio::Task<void> until(Condition condition) {
    while (!condition() && patience.check()) co_await aio::sleep(context.get_executor(), patience, 5ms);
    EXPECT_TRUE(condition());
  }

  boost::asio::io_context context{1};
  const aio::Scope patience = aio::Scope::background().within(60s);
  aio::Signal changed{context.get_executor()};
  int rounds = 0;
  std::unique_ptr<FireEngine> engine;
};

TEST_P(Engine, fires_what_came_due_while_nobody_ran) {
  const auto schedule = create(daily());
  set_time("2026-11-28T09:00:10Z");
  make();
  with_engine([](Engine* self) -> aio::Task<void> {
    co_await self->fired(1);
    co_await self->until([self] { return self->engine->metrics().last_round_ms > 0; });
  });
  EXPECT_EQ(fires(schedule.schedule_id), "11-28T09:00 cron queued");
  EXPECT_EQ(engine->metrics().fired, 1);
}

TEST_P(Engine, looks_at_once_when_it_is_woken) {
  make();
  with_engine([](Engine* self) -> aio::Task<void> {
    co_await self->until([self] { return self->engine->metrics().last_round_ms > 0; });
    self->create(self->daily());
    self->set_time("2026-11-28T09:00:10Z");
    self->engine->wake();
    co_await self->fired(1);
  });
  EXPECT_EQ(rounds, 1);
}

TEST_P(Engine, wakes_by_itself_when_the_next_fire_is_due) {
  // The next fire is 40 ms away for the database, and for the engine, which sleeps by its own clock, as well.
  const auto schedule = create(daily());
  set_time("2026-11-28T08:59:59.960Z");
  make();
  with_engine([](Engine* self) -> aio::Task<void> {
    co_await self->until([self] { return self->engine->metrics().last_round_ms > 0; });
    self->clock.advance(50ms);
    co_await self->fired(1);
  });
  EXPECT_EQ(fires(schedule.schedule_id), "11-28T09:00 cron queued");
}

TEST_P(Engine, notices_what_others_made_at_its_next_poll) {
  make({.check_interval = 1h, .poll_interval = 10ms});
  with_engine([](Engine* self) -> aio::Task<void> {
    co_await self->until([self] { return self->engine->metrics().last_round_ms > 0; });
    self->create(self->daily());
    self->set_time("2026-11-28T09:00:10Z");
    co_await self->fired(1);
  });
  EXPECT_EQ(rounds, 1);
}

TEST_P(Engine, notices_rows_that_were_changed_straight_in_sql) {
  const auto schedule = create(daily());
  make({.check_interval = 20ms, .poll_interval = 10ms});
  with_engine([id = schedule.schedule_id](Engine* self) -> aio::Task<void> {
    self->script(R"(UPDATE schedules SET time_config = '{"hour": 8, "minute": 30}')");
    co_await self->until([self, id] { return self->load(id).next_run == parse_instant("2026-11-28T08:30:00Z").value(); });
    self->set_time("2026-11-28T08:30:00Z");
    co_await self->fired(1);
  });
  EXPECT_EQ(fires(schedule.schedule_id), "11-28T08:30 cron queued");
}

TEST_P(Engine, closes_the_runs_of_dead_workers) {
  const auto schedule = create(daily());
  set_time("2026-11-28T09:00:10Z");
  fire();
  const auto claimed = claim().value();
  const auto started = start(claimed);
  clock.advance(1h);
  write([&](db::Tx& tx) { return queue::rescue(tx, random); }).value();
  make({.check_interval = 20ms, .poll_interval = 10ms});
  with_engine([id = started.id](Engine* self) -> aio::Task<void> {
    co_await self->until([self, id] {
      return self->query<std::string>("SELECT status FROM schedule_executions WHERE execution_id = $1", id).front() == "failed";
    });
  });
  EXPECT_EQ(fires(schedule.schedule_id), "11-28T09:00 cron queued") << "and is tried again";
}

TEST_P(Engine, goes_on_after_the_database_failed) {
  const auto schedule = create(daily());
  make({.check_interval = 1h, .poll_interval = 10ms});
  with_engine([](Engine* self) -> aio::Task<void> {
    self->script("ALTER TABLE fires RENAME TO fires_away");
    self->set_time("2026-11-28T09:00:10Z");
    self->engine->wake();
    co_await self->until([self] { return self->engine->metrics().errors >= 1; });
    self->script("ALTER TABLE fires_away RENAME TO fires");
    co_await self->fired(1);
  });
  EXPECT_EQ(fires(schedule.schedule_id), "11-28T09:00 cron queued");
  EXPECT_EQ(engine->metrics().lag_ms, 0);
}

TEST_P(Engine, fires_nothing_once_it_has_stopped) {
  create(daily());
  make();
  stop();
  with_engine([](Engine* self) -> aio::Task<void> {
    auto again = co_await self->engine->start(self->patience);
    EXPECT_TRUE(again) << "it runs already";
  });
  const auto last_round = engine->metrics().last_round_ms.load();
  set_time("2026-11-28T09:00:10Z");
  engine->wake();
  stop();
  EXPECT_EQ(rounds, 0);
  EXPECT_EQ(engine->metrics().last_round_ms, last_round);
  EXPECT_EQ(query<std::int64_t>("SELECT count(*) FROM fires").front(), 0);
}

TEST_P(Engine, makes_whole_what_a_backup_of_two_tables_does_not_hold) {
  const auto schedule = create(daily());
  if (GetParam() == db::Dialect::postgres) script("DROP VIEW job_executions; DROP TRIGGER schedules_changed ON schedules");
  make({.check_interval = 20ms, .poll_interval = 10ms});
  with_engine([id = schedule.schedule_id](Engine* self) -> aio::Task<void> {
    self->script(R"(UPDATE schedules SET time_config = '{"hour": 10, "minute": 0}')");
    co_await self->until([self, id] { return self->load(id).next_run == parse_instant("2026-11-28T10:00:00Z").value(); });
  });
  EXPECT_EQ(query<std::int64_t>("SELECT count(*) FROM job_executions").front(), 0);
}

TEST_P(Engine, works_next_fires_out_again_before_it_starts_where_the_zone_files_are_new) {
  const auto schedule = create(daily());
  write([&](db::Tx& tx) { return refresh_after_tzdata_update(tx, defaults); }).value();
  script("UPDATE schedule_engine SET value = '1999a' WHERE name = 'tzdata'");
  write([&](db::Tx& tx) {
    return tx.execute("UPDATE schedules SET next_run = $1, version = version + 1", parse_instant("2026-11-28T08:00:00Z").value());
  }).value();
  make();
  with_engine([](Engine* self) -> aio::Task<void> {
    co_await self->until([self] { return self->engine->metrics().last_round_ms > 0; });
  });
  EXPECT_EQ(load(schedule.schedule_id).next_run, parse_instant("2026-11-28T09:00:00Z").value());
  EXPECT_EQ(rounds, 0) << "the wrong time fired nothing";
}

INSTANTIATE_TEST_SUITE_P(Engines, Engine, testing::ValuesIn(db::k_engines_for_test), db::engine_name);

}  // namespace
}  // namespace gannet::schedule
