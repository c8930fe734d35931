#include "queue/impl/heartbeat.hpp"

namespace gannet::queue::impl {

Heartbeat::Heartbeat(std::unique_ptr<db::Database> database, Options options, std::function<void(Result<Beat>)> on_beat)
    : database_(std::move(database)),
      options_(std::move(options)),
      on_beat_(std::move(on_beat)),
      random_(options_.seed),
      last_renewed_(std::chrono::steady_clock::now()),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

void Heartbeat::hurry() {
  const std::scoped_lock lock(mutex_);
  is_hurried_ = true;
  changed_.notify_all();
}

void Heartbeat::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, stop, options_.lease / 3, [this] { return is_hurried_; });
      is_hurried_ = false;
    }
    if (stop.stop_requested()) return;
    on_beat_(beat());
  }
}

Result<Heartbeat::Beat> Heartbeat::beat() {
  Beat beat;
  const auto began = std::chrono::steady_clock::now();
  beat.cancel_requests = TRY(database_->write_blocking([this](db::Tx& tx) -> Result<std::vector<CancelRequest>> {
    TRY(renew_worker(tx, options_.worker, options_.description, options_.lease));
    return list_cancel_requests(tx, options_.worker);
  }));
  last_renewed_ = began;
  beat.rescued = TRY(database_->write_blocking([this](db::Tx& tx) { return rescue(tx, random_); }));
  return beat;
}

}  // namespace gannet::queue::impl
