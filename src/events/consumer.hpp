// Consumer: hands the events of the log to a function, in order and in batches, in the transaction that moves the cursor: what
// the function writes there is done once, whatever dies. Instances with the same name take turns. Lives on the io_context's
// thread; the database must outlive it.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "aio/aio.hpp"
#include "db/database.hpp"
#include "events/events.hpp"

namespace gannet::events {

struct ConsumerOptions {
  /// Of the cursor.
  std::string name;
  int batch_max = 100;
  /// How long an event may wait when nobody calls wake().
  std::chrono::milliseconds poll_interval = std::chrono::seconds(1);
};

class Consumer {
 public:
  /// Called on a database thread. An error leaves the cursor where it was: the same events come again, after a pause that doubles
  /// up to a minute.
  using Handle = std::function<Result<void>(db::Tx& tx, std::span<const Event> events)>;

  Consumer(aio::Executor executor, db::Database& database, ConsumerOptions options, Handle handle);
  Consumer(const Consumer&) = delete;
  Consumer& operator=(const Consumer&) = delete;
  ~Consumer();

  void start();
  /// Waits for the batch under way.
  aio::Task<void> stop();
  /// There may be events: from any thread, as often as one likes, while the consumer lives.
  void wake();

 private:
  aio::Task<void> run();
  /// How many events were handled.
  aio::Task<Result<std::size_t>> take_batch();

  aio::Executor executor_;
  db::Database& database_;
  const ConsumerOptions options_;
  const std::shared_ptr<const Handle> handle_;
  bool is_woken_ = false;
  std::shared_ptr<Consumer*> self_;
  aio::Signal changed_;
  aio::TaskGroup tasks_;
};

}  // namespace gannet::events
