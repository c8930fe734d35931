// queue_bench URL MODE JOBS: how fast a Worker drains a queue of jobs that do nothing (modes `single` and `batched`), or how long
// after being enqueued one by one they start (mode `latency`). Prints one line of JSON; bench/queue puts it beside its peers'.
#include <algorithm>
#include <charconv>
#include <chrono>
#include <string_view>

#include "db/postgres_driver.hpp"
#include "queue/migrations.hpp"
#include "queue/worker.hpp"

namespace gannet {
namespace {

using Steady = std::chrono::steady_clock;

constexpr auto k_limit = std::chrono::minutes(10);

struct Bench {
  std::string mode;
  aio::asio::io_context context{1};
  SystemRandom random;
  std::unique_ptr<db::Database> database;
  aio::Signal started{context.get_executor()};
  Steady::time_point enqueued_at;
  std::vector<double> latencies_ms;
};

queue::WorkerOptions options_of(std::string_view mode) {
  if (mode == "batched")
    return {.queue = "bench", .concurrency = 1000, .batch_max = 500, .lanes = 2, .description = "queue_bench"};
  // Each job in a claim of its own.
  if (mode == "single") return {.queue = "bench", .concurrency = 24, .batch_max = 1, .lanes = 24, .description = "queue_bench"};
  // As the service runs one.
  return {.queue = "bench", .description = "queue_bench"};
}

Result<void> enqueue(db::Database& database, std::size_t count) {
  const std::vector<queue::NewJob> jobs(count, {.queue = "bench", .kind = "nothing"});
  TRY(database.write_blocking([&](db::Tx& tx) { return queue::enqueue_all(tx, jobs); }));
  return {};
}

aio::Task<Result<queue::HandlerResult>> do_nothing(Bench& bench) {
  bench.latencies_ms.push_back(std::chrono::duration<double, std::milli>(Steady::now() - bench.enqueued_at).count());
  bench.started.notify_all();
  co_return queue::Outcome(queue::Succeeded{});
}

aio::Task<Result<void>> wait_for(Bench& bench, std::size_t count) {
  const auto scope = aio::Scope::background().within(k_limit);
  while (bench.latencies_ms.size() < count)
    if (auto woken = co_await bench.started.wait(scope); !woken) co_return pass(woken);
  co_return Result<void>();
}

aio::Task<Result<void>> run_latency(Bench& bench, queue::Worker& worker, std::size_t jobs) {
  for (std::size_t i = 0; i < jobs; ++i) {
    bench.enqueued_at = Steady::now();
    auto enqueued = co_await bench.database->write(
        aio::Scope::background(), [](db::Tx& tx) { return queue::enqueue(tx, {.queue = "bench", .kind = "nothing"}); });
    if (!enqueued) co_return pass(enqueued);
    worker.wake();
    if (auto waited = co_await wait_for(bench, i + 1); !waited) co_return waited;
  }
  co_return Result<void>();
}

/// aio::run() wants a value.
aio::Task<bool> to_the_end(aio::Task<void> task) {
  co_await std::move(task);
  co_return true;
}

Result<void> measure(const std::string& url, Bench& bench, std::size_t jobs) {
  auto driver = TRY(db::make_postgres_driver(url));
  bench.database = TRY(db::Database::open(std::move(driver), {.readers = 1, .writers = options_of(bench.mode).lanes + 1}));
  TRY(bench.database->migrate_blocking(queue::migrations()));
  if (bench.mode != "latency") TRY(enqueue(*bench.database, jobs));
  queue::Worker worker(bench.context.get_executor(), *bench.database, bench.random, options_of(bench.mode));
  worker.add_handler("nothing", [&bench](aio::Scope, queue::JobRun&) { return do_nothing(bench); });
  const auto start = Steady::now();
  TRY(aio::run(bench.context, worker.start(aio::Scope::background().within(k_limit))));
  TRY(aio::run(bench.context, bench.mode == "latency" ? run_latency(bench, worker, jobs) : wait_for(bench, jobs)));
  // The ends are recorded when this returns.
  aio::run(bench.context, to_the_end(worker.stop()));
  const double seconds = std::chrono::duration<double>(Steady::now() - start).count();
  const auto left = TRY(bench.database->read_blocking([](db::Tx& tx) { return tx.query_one<int>("SELECT count(*) FROM jobs"); }));
  if (left != 0) return fail(ErrorKind::internal, "{} jobs are left", *left);
  std::ranges::sort(bench.latencies_ms);
  const auto percentile = [&](std::size_t percent) { return bench.latencies_ms[(jobs - 1) * percent / 100]; };
  fmt::print("{{\"jobs\": {}, \"seconds\": {:.3f}, \"jobs_per_second\": {:.0f}, \"p50_ms\": {:.2f}, \"p99_ms\": {:.2f}}}\n", jobs,
             seconds, double(jobs) / seconds, percentile(50), percentile(99));
  return {};
}

}  // namespace
}  // namespace gannet

int main(int count, char** words) {
  std::size_t jobs = 0;
  const std::string_view number = count == 4 ? words[3] : "";
  std::from_chars(number.data(), number.data() + number.size(), jobs);
  const std::string_view mode = count == 4 ? words[2] : "";
  if (jobs == 0 || (mode != "single" && mode != "batched" && mode != "latency")) {
    fmt::print(stderr, "usage: queue_bench URL single|batched|latency JOBS\n");
    return 2;
  }
  gannet::Bench bench;
  bench.mode = mode;
  const auto measured = gannet::measure(words[1], bench, jobs);
  if (!measured) fmt::print(stderr, "queue_bench: {}\n", measured.error().describe());
  return measured ? 0 : 3;
}
