#include "events/consumer.hpp"

#include <algorithm>

#include <boost/asio/post.hpp>

#include "base/log.hpp"

namespace gannet::events {

namespace {

constexpr std::chrono::milliseconds k_pause_first = std::chrono::milliseconds(200);
constexpr std::chrono::milliseconds k_pause_max = std::chrono::minutes(1);

}  // namespace

Consumer::Consumer(aio::Executor executor, db::Database& database, ConsumerOptions options, Handle handle)
    : executor_(executor),
      database_(database),
      options_(std::move(options)),
      handle_(std::make_shared<const Handle>(std::move(handle))),
      self_(std::make_shared<Consumer*>(this)),
      changed_(executor),
      tasks_(executor) {}

Consumer::~Consumer() { *self_ = nullptr; }

void Consumer::start() { tasks_.spawn(run(), "consumer"); }

aio::Task<void> Consumer::stop() { co_await tasks_.stop(); }

void Consumer::wake() {
  aio::asio::post(executor_, [self = self_] {
    if (!*self) return;
    (*self)->is_woken_ = true;
    (*self)->changed_.notify_all();
  });
}

aio::Task<Result<std::size_t>> Consumer::take_batch() {
  co_return co_await database_.write(
      aio::Scope::background(),
      [name = options_.name, limit = options_.batch_max, handle = handle_](db::Tx& tx) -> Result<std::size_t> {
        const auto position = TRY(try_lock_cursor(tx, name));
        if (!position) return 0U;
        const auto events = TRY(read_after(tx, *position, limit));
        if (events.empty()) return 0U;
        TRY((*handle)(tx, events));
        TRY(save_cursor(tx, name, events.back().position));
        return events.size();
      });
}

aio::Task<void> Consumer::run() {
  auto pause = k_pause_first;
  const auto scope = tasks_.scope();
  while (!scope.is_cancelled()) {
    is_woken_ = false;
    auto handled = co_await take_batch();
    if (!handled) {
      LOG_WARNING("events", "consumer '{}': {}", options_.name, handled.error().describe());
      co_await aio::sleep(executor_, scope, pause);
      pause = std::min(pause * 2, k_pause_max);
      continue;
    }
    pause = k_pause_first;
    if (std::cmp_equal(*handled, options_.batch_max) || is_woken_) continue;
    co_await changed_.wait(scope.within(options_.poll_interval));
  }
}

}  // namespace gannet::events
