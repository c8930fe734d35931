// How fast due times are fired on PostgreSQL, and how late with many schedules at rest. bench/fire runs it on a server of its
// own.
//
// Usage: fire_bench backlog URL SCHEDULES SECONDS THREADS | fire_bench rest URL SCHEDULES SECONDS; a line of JSON.
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <thread>

#include "base/file.hpp"
#include "db/postgres_driver.hpp"
#include "events/migrations.hpp"
#include "queue/migrations.hpp"
#include "schedule/fire_engine.hpp"

namespace gannet::schedule {
namespace {

namespace chr = std::chrono;

/// Schedules as SQL makes them: one a row, the cursor `behind` ago.
constexpr std::string_view k_insert =
    "INSERT INTO schedules (schedule_id, domain_config_id, domain, frequency, time_config, timezone, misfire_policy, misfire_max,"
    " overlap_policy, is_stale, cursor_at, next_run)"
    " SELECT CAST(md5('schedule' || n) AS uuid), CAST(md5('site' || n) AS uuid), 'https://example.com', 'custom',"
    " jsonb_build_object('cron', CASE WHEN $2 THEN '* * * * * *' ELSE (n % 60) || ' ' || (n / 60 % 60) || ' * * * *' "
    "END), 'UTC',"
    " 'all', 1000, 'allow', false, gannet_later(gannet_now(), $3),"
    " CASE WHEN $2 THEN date_trunc('second', gannet_later(gannet_now(), $3)) + interval '1 second'"
    " ELSE date_trunc('hour', gannet_now()) + (n / 60 % 60) * interval '1 minute' + (n % 60) * interval '1 second'"
    " + CASE WHEN (n / 60 % 60) * 60 + n % 60 <= extract(epoch FROM gannet_now() - date_trunc('hour', gannet_now()))"
    " THEN interval '1 hour' ELSE interval '0' END END FROM generate_series(CAST(1 AS bigint), $1) AS n";

/// There is nothing to measure without.
template <class T>
T must(Result<T> result) {
  if (!result) {
    fmt::print(stderr, "fire_bench: {}\n", result.error().describe());
    std::exit(3);
  }
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

std::unique_ptr<db::Database> open(const char* url, int schedules, bool is_backlog, std::int64_t behind_ms) {
  // To fill the tables may take long.
  auto driver = must(db::make_postgres_driver(url, {.statement_timeout = chr::minutes(10)}));
  auto database = must(db::Database::open(std::move(driver), {.readers = 1, .writers = 4}));
  std::vector<db::Migration> all;
  for (const auto& part : {migrations(), queue::migrations(), events::migrations()})
    all.insert(all.end(), part.begin(), part.end());
  std::ranges::sort(all, {}, &db::Migration::number);
  must(database->migrate_blocking(all));
  must(database->write_blocking(
      [&](db::Tx& tx) { return tx.execute(k_insert, std::int64_t(schedules), is_backlog, -behind_ms); }));
  must(database->write_blocking([](db::Tx& tx) { return tx.execute_script("ANALYZE schedules"); }));
  return database;
}

void measure_backlog(const char* url, int schedules, int seconds, int threads) {
  const auto database = open(url, schedules, true, seconds * 1000);
  std::atomic<std::int64_t> fired = 0;
  const auto started = chr::steady_clock::now();
  std::vector<std::thread> instances;
  for (int i = 0; i < threads; ++i)
    instances.emplace_back([&] {
      SystemRandom random;
      while (true) {
        const auto report = must(database->write_blocking([&](db::Tx& tx) { return fire_due(tx, {}, random, 50); }));
        fired += report.fired;
        // New due times come every second; the backlog is gone when a batch finds less than a tenth of it.
        if (report.schedules < 50 || fired >= std::int64_t(schedules) * seconds) return;
      }
    });
  for (auto& instance : instances) instance.join();
  const auto elapsed = chr::duration<double>(chr::steady_clock::now() - started).count();
  fmt::print(
      "{{\"what\": \"backlog\", \"schedules\": {}, \"threads\": {}, \"fires\": {}, \"seconds\": {:.2f}, \"per_second\": "
      "{:.0f}}}\n",
      schedules, threads, fired.load(), elapsed, double(fired) / elapsed);
}

/// VmRSS of this process.
std::int64_t resident_kb() {
  const auto status = read_file("/proc/self/status").value();
  return std::strtoll(status.c_str() + status.find("VmRSS:") + 6, nullptr, 10);
}

/// Returns when it had started.
aio::Task<Result<Instant>> run_engine(db::Database& database, aio::Executor executor, int seconds) {
  SystemRandom random;
  FireEngine engine(executor, database, random, {});
  const auto scope = aio::Scope::background();
  auto started = co_await engine.start(scope);
  if (!started) co_return pass(started);
  auto now = co_await database.read(scope, [](db::Tx& tx) { return tx.query_one<Instant>("SELECT gannet_now()"); });
  if (!now) co_return pass(now);
  (void)co_await aio::sleep(executor, scope, chr::seconds(seconds));
  co_await engine.stop();
  co_return **now;
}

void measure_rest(const char* url, int schedules, int seconds) {
  const auto database = open(url, schedules, false, 0);
  boost::asio::io_context context;
  const auto begin = must(aio::run(context, run_engine(*database, context.get_executor(), seconds)));
  struct Lag {
    std::int64_t count;
    std::optional<double> median, p99, most;
    auto columns() { return std::tie(count, median, p99, most); }
  };
  const auto lag =
      database
          ->write_blocking([begin](db::Tx& tx) {
            // What was due before there was an engine is a backlog.
            return tx.query_one<Lag>(
                "SELECT count(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY late), percentile_cont(0.99) WITHIN GROUP (ORDER BY"
                " late), max(late) FROM (SELECT CAST(extract(epoch FROM pg_xact_commit_timestamp(xmin) - fire_at) * 1000 AS"
                " float8) AS late FROM fires WHERE fire_at >= $1) AS lags",
                begin);
          })
          .value()
          .value();
  fmt::print(
      "{{\"what\": \"rest\", \"schedules\": {}, \"seconds\": {}, \"fires\": {}, \"lag_ms_p50\": {:.0f}, \"lag_ms_p99\": {:.0f},"
      " \"lag_ms_max\": {:.0f}, \"resident_kb\": {}}}\n",
      schedules, seconds, lag.count, lag.median.value_or(-1), lag.p99.value_or(-1), lag.most.value_or(-1), resident_kb());
}

}  // namespace
}  // namespace gannet::schedule

int main(int argc, char** argv) {
  const std::string_view mode = argc > 1 ? argv[1] : "";
  if (mode == "backlog" && argc == 6) {
    gannet::schedule::measure_backlog(argv[2], std::atoi(argv[3]), std::atoi(argv[4]), std::atoi(argv[5]));
  } else if (mode == "rest" && argc == 5) {
    gannet::schedule::measure_rest(argv[2], std::atoi(argv[3]), std::atoi(argv[4]));
  } else {
    return 2;
  }
  return 0;
}
