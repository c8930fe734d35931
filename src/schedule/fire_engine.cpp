#include "schedule/fire_engine.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "base/text.hpp"

namespace gannet::schedule {

using std::chrono::milliseconds;

namespace {

/// After an error: long enough not to hammer a database that is starting, short beside the bar of 1 s.
constexpr milliseconds k_pause_after_error(500);
constexpr milliseconds k_transaction_limit = std::chrono::seconds(30);

milliseconds steady_ms() { return std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now().time_since_epoch()); }

}  // namespace

FireEngine::FireEngine(aio::Executor executor, db::Database& database, Random& random, FireEngineOptions options)
    : database_(database), random_(random), options_(std::move(options)), woken_(executor), tasks_(executor) {}

aio::Task<Result<void>> FireEngine::start(aio::Scope scope) {
  if (is_started_) co_return Result<void>();
  auto restored = co_await database_.write(scope, [](db::Tx& tx) { return restore_schema(tx); });
  if (!restored) co_return pass(restored, "what a backup of schedules does not hold");
  if (*restored)
    LOG_WARNING("schedule", "triggers or the view job_executions were missing, as after a restored backup; they are made again");
  for (bool is_done = false; !is_done;) {
    auto refreshed = co_await database_.write(
        scope, [defaults = options_.defaults](db::Tx& tx) { return refresh_after_tzdata_update(tx, defaults); });
    if (!refreshed) co_return pass(refreshed, "schedules");
    is_done = refreshed->is_done;
  }
  is_started_ = true;
  tasks_.spawn(run(), "fire engine");
  co_return Result<void>();
}

aio::Task<void> FireEngine::stop() {
  co_await tasks_.stop();
  is_started_ = false;
}

void FireEngine::wake() {
  is_awake_ = true;
  woken_.notify_all();
}

aio::Task<Result<void>> FireEngine::check(aio::Scope scope) {
  const auto defaults = options_.defaults;
  while (true) {
    auto refreshed = co_await database_.write(scope, [defaults](db::Tx& tx) { return refresh_stale(tx, defaults); });
    if (!refreshed) co_return pass(refreshed, "changed schedules");
    if (*refreshed == 0) break;
  }
  auto closed = co_await database_.write(scope, [](db::Tx& tx) { return reconcile(tx); });
  if (!closed) co_return pass(closed, "runs of dead workers");
  if (*closed > 0) LOG_WARNING("schedule", "{} runs had lost their worker; they are closed", *closed);
  co_return Result<void>();
}

aio::Task<Result<milliseconds>> FireEngine::run_round(aio::Scope scope) {
  const auto defaults = options_.defaults;
  auto* random = &random_;
  FireReport total;
  while (true) {
    auto report = co_await database_.write(
        scope, [defaults, random, batch = options_.batch](db::Tx& tx) { return fire_due(tx, defaults, *random, batch); });
    if (!report) co_return pass(report);
    total.fired += report->fired;
    metrics_.fired += report->fired;
    metrics_.skipped += report->skipped;
    metrics_.repeated += report->repeated;
    if (report->repeated > 0)
      LOG_WARNING("schedule", "{} due times had been decided on before; a backup was restored, or a cursor set back",
                  report->repeated);
    if (!report->is_full) break;
  }
  if (total.fired > 0 && on_fired_) on_fired_();
  auto left = co_await database_.read(scope, [](db::Tx& tx) -> Result<std::optional<std::int64_t>> {
    const auto next = TRY(find_next_due(tx));
    if (!next) return std::nullopt;
    return tx.query_one<std::int64_t>("SELECT gannet_elapsed_ms(gannet_now(), $1)", *next);
  });
  if (!left) co_return pass(left);
  metrics_.lag_ms = *left && **left < 0 ? -**left : 0;
  metrics_.last_round_ms = steady_ms().count();
  if (!*left) co_return options_.poll_interval;
  // Up to a millisecond was cut off: a fire is never early.
  co_return std::clamp(milliseconds(**left + 1), milliseconds(0), options_.poll_interval);
}

aio::Task<void> FireEngine::run() {
  const auto scope = tasks_.scope();
  auto next_check = steady_ms();
  while (!scope.is_cancelled()) {
    is_awake_ = false;
    auto wait = options_.poll_interval;
    Result<void> checked;
    if (steady_ms() >= next_check) {
      checked = co_await check(scope.within(k_transaction_limit));
      if (checked) next_check = steady_ms() + options_.check_interval;
    }
    auto round = co_await run_round(scope.within(k_transaction_limit));
    if (round) wait = *round;
    if (scope.is_cancelled()) break;
    for (const auto* error : {checked ? nullptr : &checked.error(), round ? nullptr : &round.error()}) {
      if (!error) continue;
      ++metrics_.errors;
      LOG_WARNING("schedule", "firing: {}; trying again", printable(error->describe()));
      wait = k_pause_after_error;
    }
    if (is_awake_ || wait == milliseconds(0)) continue;
    (void)co_await woken_.wait(scope.within(wait));
  }
}

}  // namespace gannet::schedule
