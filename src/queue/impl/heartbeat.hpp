// Heartbeat: the thread, with a connection of its own, that keeps a worker's lease alive, notices cancelled jobs, and takes the
// jobs of dead workers.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "db/database.hpp"
#include "queue/queue.hpp"

namespace gannet::queue::impl {

class Heartbeat {
 public:
  struct Beat {
    std::vector<CancelRequest> cancel_requests;
    std::int64_t rescued = 0;
  };
  struct Options {
    WorkerId worker;
    std::string description;
    std::chrono::milliseconds lease;
    std::uint64_t seed = 0;
  };

  /// `on_beat` is called on the thread. The first beat is the caller's: the worker is known already.
  Heartbeat(std::unique_ptr<db::Database> database, Options options, std::function<void(Result<Beat>)> on_beat);
  /// Waits for a beat under way.
  ~Heartbeat() = default;

  /// Beats now.
  void hurry();

  /// When the last beat that succeeded began.
  std::chrono::steady_clock::time_point last_renewed() const { return last_renewed_.load(); }

 private:
  void run(const std::stop_token& stop);
  Result<Beat> beat();

  const std::unique_ptr<db::Database> database_;
  const Options options_;
  const std::function<void(Result<Beat>)> on_beat_;
  SeededRandom random_;
  std::atomic<std::chrono::steady_clock::time_point> last_renewed_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  bool is_hurried_ = false;
  /// Last: it uses all of the above.
  std::jthread thread_;
};

}  // namespace gannet::queue::impl
