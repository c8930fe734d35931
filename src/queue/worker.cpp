#include "queue/worker.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "base/text.hpp"
#include "queue/impl/heartbeat.hpp"

namespace gannet::queue {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds k_write_limit = std::chrono::minutes(2);
/// How long a job may wait that goes before those of a backlog.
constexpr milliseconds k_look_at_all = milliseconds(250);
constexpr milliseconds k_error_pause_max = std::chrono::seconds(5);
/// At a stop, for what has ended to be recorded; what is not is for others to rescue.
constexpr milliseconds k_record_limit = std::chrono::seconds(15);
/// After being cancelled, before the worker gives up waiting for a run.
constexpr milliseconds k_cancel_limit = std::chrono::seconds(30);
constexpr std::size_t k_error_size_max = 2000;
constexpr std::size_t k_log_line_size_max = 1000;

bool is_final(ErrorKind kind) {
  return !is_retryable(kind) && kind != ErrorKind::timeout && kind != ErrorKind::cancelled && kind != ErrorKind::internal;
}

}  // namespace

void JobRun::log(Instant at, std::string line) {
  // Counted beyond the bound as well, so that the last line kept is not taken for the last there was.
  if (const int number = next_line_++; number < k_log_lines_max)
    lines_.push_back({number, at, printable(line, k_log_line_size_max)});
}

struct Worker::Active {
  explicit Active(Claim claimed) : claim(std::move(claimed)) {}
  const Claim claim;
  JobRun run{claim};
  aio::CancelSource source;
  /// Somebody wants the job cancelled, rather than its worker stopped.
  bool is_cancelled = false;
  /// Set when it has ended.
  std::optional<Outcome> outcome;
};

struct Worker::Turn {
  std::vector<std::pair<Claim, std::vector<LogLine>>> lines;
  std::vector<std::shared_ptr<Active>> ended;
  ClaimRequest request;
  std::uint64_t seed = 0;
  /// What we know of, when claims that we do not know of are to be given back.
  std::optional<std::vector<JobId>> known;
};

struct Worker::TurnResult {
  std::vector<Claim> claims;
  std::int64_t fenced = 0;
};

class Worker::Heartbeat : public impl::Heartbeat {
 public:
  using impl::Heartbeat::Heartbeat;
};

Worker::Worker(aio::Executor executor, db::Database& database, Random& random, WorkerOptions options)
    : executor_(executor),
      database_(database),
      random_(random),
      options_(std::move(options)),
      id_([&random] {
        // Only a name.
        return WorkerId::make(SystemClock(), random);
      }()),
      self_(std::make_shared<Worker*>(this)),
      changed_(executor),
      runs_(executor),
      lanes_(executor) {}

Worker::~Worker() { *self_ = nullptr; }

void Worker::add_handler(std::string kind, Handler handler) { handlers_[std::move(kind)] = std::move(handler); }

aio::Task<Result<void>> Worker::start(aio::Scope scope) {
  auto known = co_await database_.write(scope, [id = id_, description = options_.description, lease = options_.lease](
                                                   db::Tx& tx) { return renew_worker(tx, id, description, lease); });
  if (!known) co_return pass(known, fmt::format("queue '{}'", options_.queue));
  auto beside = database_.open_beside({.readers = 0, .writers = 1});
  if (!beside) co_return pass(beside, fmt::format("heartbeat of queue '{}'", options_.queue));
  const auto on_beat = [this, self = self_](Result<impl::Heartbeat::Beat> beat) {
    auto shared = std::make_shared<Result<impl::Heartbeat::Beat>>(std::move(beat));
    aio::asio::post(executor_, [self, shared] {
      auto* worker = *self;
      if (!worker) return;
      if (!*shared) {
        ++worker->metrics_.errors;
        LOG_WARNING("queue", "'{}': no sign of life: {}", worker->options_.queue, shared->error().describe());
        return;
      }
      worker->metrics_.rescued += (*shared)->rescued;
      if ((*shared)->rescued > 0) worker->wake();
      for (const auto& request : (*shared)->cancel_requests) {
        const auto found = worker->active_.find(request.job);
        if (found == worker->active_.end()) continue;
        found->second->is_cancelled = true;
        found->second->source.cancel(request.reason);
      }
    });
  };
  heartbeat_ = std::make_unique<Heartbeat>(
      std::move(*beside), impl::Heartbeat::Options{id_, options_.description, options_.lease, random_.next()}, on_beat);
  is_started_ = true;
  for (int i = 0; i < options_.lanes; ++i) lanes_.spawn(run_lane(), "queue lane");
  lanes_.spawn(watch_lease(), "queue lease");
  co_return Result<void>();
}

void Worker::wake() {
  aio::asio::post(executor_, [self = self_] {
    if (!*self) return;
    (*self)->is_woken_ = true;
    ++(*self)->wakes_;
    (*self)->changed_.notify_all();
  });
}

std::optional<Worker::Turn> Worker::next_turn() {
  Turn turn;
  const auto count = std::min(ended_.size(), std::size_t(options_.batch_max));
  turn.ended.assign(ended_.begin(), ended_.begin() + std::ptrdiff_t(count));
  const int free = options_.concurrency - int(active_.size()) - asked_for_;
  turn.request = {.worker = id_, .queue = options_.queue, .limit = 0};
  if (is_backlogged_ && std::chrono::steady_clock::now() - looked_at_all_ < k_look_at_all) turn.request.from = place_;
  if (!is_stopping_ && (is_backlogged_ || is_woken_)) turn.request.limit = std::clamp(free, 0, options_.batch_max);
  for (const auto& [id, active] : active_)
    if (auto lines = active->run.take_lines(); !lines.empty()) turn.lines.emplace_back(active->claim, std::move(lines));
  for (const auto& active : turn.ended)
    if (auto lines = active->run.take_lines(); !lines.empty()) turn.lines.emplace_back(active->claim, std::move(lines));
  if (is_unsure_of_claims_ && turns_ == 0) {
    turn.known.emplace();
    for (const auto& [id, active] : active_) turn.known->push_back(id);
    for (const auto& active : ended_) turn.known->push_back(active->claim.job);
  }
  if (turn.ended.empty() && turn.request.limit == 0 && turn.lines.empty() && !turn.known) return std::nullopt;
  if (turn.request.limit > 0) is_woken_ = false;
  ended_.erase(ended_.begin(), ended_.begin() + std::ptrdiff_t(count));
  turn.seed = random_.next();
  return turn;
}

Result<Worker::TurnResult> Worker::take_turn(db::Tx& tx, Turn& turn) {
  TurnResult result;
  SeededRandom random(turn.seed);
  for (const auto& [claim, lines] : turn.lines) {
    // Of a fenced run nothing is kept.
    auto kept = append_log(tx, claim, lines);
    if (!kept && kept.error().kind() != ErrorKind::conflict) return pass(kept);
  }
  std::vector<Finished> finished;
  for (const auto& active : turn.ended) finished.push_back({active->claim, *active->outcome});
  result.fenced = TRY(finish_all(tx, finished, random));
  if (turn.known) {
    std::vector<Finished> unknown;
    for (auto& claim : TRY(list_claims(tx, turn.request.worker)))
      if (std::ranges::find(*turn.known, claim.job) == turn.known->end()) unknown.push_back({std::move(claim), Released{}});
    TRY(finish_all(tx, unknown, random));
  }
  result.claims = TRY(claim(tx, turn.request));
  return result;
}

aio::Task<void> Worker::run_lane() {
  milliseconds pause{100};
  while (!lanes_.scope().is_cancelled()) {
    auto turn = next_turn();
    if (!turn) {
      const auto poll =
          options_.poll_interval * 3 / 4 + milliseconds(random_.next() % std::uint64_t(options_.poll_interval.count() / 2 + 1));
      auto woken = co_await changed_.wait(lanes_.scope().within(poll));
      if (!woken && woken.error().kind() == ErrorKind::timeout) is_woken_ = true;
      continue;
    }
    ++turns_;
    asked_for_ += turn->request.limit;
    const auto wakes_before = wakes_;
    auto shared = std::make_shared<Turn>(std::move(*turn));
    auto result =
        co_await database_.write(lanes_.scope().within(k_write_limit), [shared](db::Tx& tx) { return take_turn(tx, *shared); });
    --turns_;
    asked_for_ -= shared->request.limit;
    const bool has_failed = !result;
    end_turn(std::move(*shared), std::move(result), wakes_before);
    if (has_failed) co_await aio::sleep(executor_, lanes_.scope(), pause);
    pause = has_failed ? std::min(pause * 2, k_error_pause_max) : milliseconds(100);
  }
}

void Worker::end_turn(Turn turn, Result<TurnResult> result, std::int64_t wakes_before) {
  if (!result) {
    ++metrics_.errors;
    LOG_WARNING("queue", "'{}': {}", options_.queue, result.error().describe());
    // Recorded later: until then the claims are ours.
    ended_.insert(ended_.begin(), turn.ended.begin(), turn.ended.end());
    is_unsure_of_claims_ |= turn.request.limit > 0;
    is_woken_ = true;
    changed_.notify_all();
    return;
  }
  count(turn, *result);
  if (turn.known) is_unsure_of_claims_ = false;
  if (turn.request.limit > 0) {
    const bool is_full = std::ssize(result->claims) == turn.request.limit;
    is_backlogged_ = is_full || wakes_ != wakes_before;
    place_ = is_full ? std::optional(result->claims.back().place) : std::nullopt;
    if (!turn.request.from) looked_at_all_ = std::chrono::steady_clock::now();
  }
  for (auto& claim : result->claims) {
    auto active = std::make_shared<Active>(std::move(claim));
    active_.emplace(active->claim.job, active);
    runs_.spawn(run_job(active), "job");
  }
  metrics_.running = std::int64_t(active_.size());
  changed_.notify_all();
}

void Worker::count(const Turn& turn, const TurnResult& result) {
  metrics_.claimed += std::ssize(result.claims);
  metrics_.fenced += result.fenced;
  if (result.fenced > 0)
    LOG_WARNING("queue", "'{}': {} ended runs were fenced and are not recorded", options_.queue, result.fenced);
  for (const auto& active : turn.ended) {
    if (std::holds_alternative<Succeeded>(*active->outcome)) ++metrics_.succeeded;
    if (std::holds_alternative<Cancelled>(*active->outcome)) ++metrics_.cancelled;
    if (std::holds_alternative<Released>(*active->outcome)) ++metrics_.released;
    if (const auto* failed = std::get_if<Failed>(&*active->outcome))
      ++(failed->is_final || active->claim.attempt >= active->claim.attempts_max ? metrics_.failed : metrics_.retried);
  }
}

aio::Task<void> Worker::run_job(std::shared_ptr<Active> active) {
  const auto& claim = active->claim;
  Result<HandlerResult> result;
  const auto handler = handlers_.find(claim.kind);
  if (handler == handlers_.end()) {
    result = fail(ErrorKind::invalid, "there is no handler for jobs of kind '{}'", printable(claim.kind, 100));
  } else {
    result = co_await handler->second(runs_.scope().with(active->source).within(claim.timeout), active->run);
  }
  active_.erase(claim.job);
  metrics_.running = std::int64_t(active_.size());
  if (result && std::holds_alternative<FinishedByHandler>(*result)) {
    ++metrics_.succeeded;
  } else {
    if (result) {
      active->outcome = std::move(std::get<Outcome>(*result));
    } else if (active->is_cancelled) {
      active->outcome = Cancelled{active->source.reason()};
    } else if (active->source.is_cancelled()) {
      active->outcome = Released{};
    } else {
      active->outcome = Failed{printable(result.error().describe(), k_error_size_max), is_final(result.error().kind())};
    }
    ended_.push_back(active);
  }
  changed_.notify_all();
}

aio::Task<void> Worker::watch_lease() {
  const auto scope = lanes_.scope();
  while (co_await aio::sleep(executor_, scope, options_.lease / 6)) {
    // Measured from before the renewal was sent, and a tenth earlier than the database does.
    if (std::chrono::steady_clock::now() - heartbeat_->last_renewed() < options_.lease * 9 / 10) continue;
    for (const auto& [id, active] : active_) active->source.cancel("the worker's lease could not be renewed");
  }
}

aio::Task<void> Worker::wait_until(bool (Worker::*is_over)() const, milliseconds limit) {
  const auto scope = aio::Scope::background().within(limit);
  while (!(this->*is_over)())
    if (auto woken = co_await changed_.wait(scope); !woken) co_return;
}

aio::Task<void> Worker::stop() {
  if (!std::exchange(is_started_, false)) co_return;
  is_stopping_ = true;
  changed_.notify_all();
  co_await wait_until(&Worker::has_no_turn, k_record_limit);
  co_await wait_until(&Worker::has_no_run, options_.grace);
  for (const auto& [id, active] : active_) active->source.cancel("the worker stops");
  co_await wait_until(&Worker::has_no_run, k_cancel_limit);
  co_await wait_until(&Worker::has_no_turn, k_record_limit);
  co_await lanes_.stop();
  co_await runs_.stop();
  heartbeat_.reset();
  auto retired = co_await database_.write(aio::Scope::background().within(k_write_limit),
                                          [id = id_](db::Tx& tx) { return retire_worker(tx, id); });
  if (!retired) LOG_WARNING("queue", "'{}': {}", options_.queue, retired.error().describe());
}

}  // namespace gannet::queue
