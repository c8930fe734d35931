// Gannet's side of the browser host: asks it for browsers and hears of their ends. Belongs to the single io_context thread.
// It does not speak to the browsers; that is CDP's part, over the two descriptors of a BrowserProcess.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/posix/stream_descriptor.hpp>

#include "aio/aio.hpp"
#include "browser_host/fd.hpp"
#include "browser_host/host_process.hpp"
#include "browser_host/protocol.hpp"

namespace gannet::browser_host {

struct BrowserExit {
  std::string status;       // "exit code 1", "signal 11".
  std::string stderr_tail;  // Untrusted bytes, the last 16 KiB.
};

struct MemorySample {
  /// The sum of resident sizes, which counts shared pages once per process; near a cap the sum of proportional sizes.
  Bytes total;
  Bytes largest_renderer;
};

struct MemoryKill {
  pid_t pid = 0;
  MemoryVictim what{};
  MemoryExcess excess;
};

/// One running browser. Letting go of it kills the browser (without waiting). Must not be used after its HostClient.
class BrowserProcess {
 public:
  BrowserProcess(BrowserProcess&& other) noexcept = default;
  BrowserProcess& operator=(BrowserProcess&& other) noexcept;
  ~BrowserProcess();

  BrowserId id() const { return state_->id; }
  pid_t pid() const { return state_->pid; }
  bool has_exited() const { return state_->end.has_value(); }
  /// Waits until no process and no folder of the browser is left. Errors: `unavailable` when the host died, the scope's.
  aio::Task<Result<BrowserExit>> wait_exit(aio::Scope scope) const;
  /// The newest sample, about one a second; none in the first.
  std::optional<MemorySample> memory() const { return state_->memory; }
  /// Called on the io_context thread for each process that was killed over a memory cap. Replaces the former callback.
  void on_memory_kill(std::function<void(const MemoryKill&)> callback) { state_->on_memory_kill = std::move(callback); }

  /// The read end of the browser's fd 4 and the write end of its fd 3, blocking, close-on-exec; may be moved out.
  Fd read_fd;
  Fd write_fd;

 private:
  friend class HostClient;
  struct Outbox {
    explicit Outbox(aio::Executor executor) : filled(std::move(executor)) {}
    void push(std::string message);
    std::deque<std::string> messages;
    aio::Signal filled;
  };
  struct State {
    State(aio::Executor executor, BrowserId browser) : id(browser), changed(std::move(executor)) {}
    BrowserId id;
    pid_t pid = 0;  // 0 until it has started.
    Fd read_fd;     // Here until spawn() returns.
    Fd write_fd;
    std::optional<Result<BrowserExit>> end;
    std::optional<MemorySample> memory;
    std::function<void(const MemoryKill&)> on_memory_kill;
    aio::Signal changed;
  };
  BrowserProcess(std::shared_ptr<State> state, std::weak_ptr<Outbox> outbox);

  std::shared_ptr<State> state_;
  std::weak_ptr<Outbox> outbox_;
};

class HostClient {
 public:
  HostClient(aio::Executor executor, HostProcess host);
  HostClient(const HostClient&) = delete;
  HostClient& operator=(const HostClient&) = delete;
  /// stop() was awaited, or the io_context has run out.
  ~HostClient();

  /// Starts a browser; returns once its program was executed. When the scope ends first, what was started is killed.
  /// Errors: `not_found` or `denied` for the executable, `invalid` for options, certificates or files, `exhausted`, `unavailable`
  /// when the host is gone, the scope's.
  aio::Task<Result<BrowserProcess>> spawn(aio::Scope scope, SpawnOptions options);
  /// Kills a browser and waits until nothing of it is left. Ok when it has ended already. Errors: `unavailable`, the scope's.
  aio::Task<Result<void>> kill(aio::Scope scope, BrowserId id);
  /// Handles what the host has reported already, without waiting. The host reports a kill before it kills: who sees a process
  /// gone learns here whether Gannet ended it.
  void handle_ready_reports();
  /// Ends the host with all its browsers and waits for it. Idempotent.
  aio::Task<void> stop();

  bool is_alive() const { return !is_gone_; }
  /// The name of the user that browsers run as.
  const std::string& user() const { return host_.user; }
  const std::string& base_folder() const { return host_.base_folder; }
  /// Browsers that were asked for and have not ended.
  std::size_t size() const { return browsers_.size(); }

 private:
  using State = BrowserProcess::State;
  aio::Task<void> read_reports();
  aio::Task<void> write_commands();
  void handle(Report report, std::vector<Fd> fds);
  void end(BrowserId id, Result<BrowserExit> end);
  void host_is_gone();

  aio::Executor executor_;
  HostProcess host_;
  aio::asio::posix::stream_descriptor socket_;
  std::map<BrowserId, std::shared_ptr<State>> browsers_;
  std::uint32_t last_id_ = 0;
  std::shared_ptr<BrowserProcess::Outbox> outbox_;
  bool is_gone_ = false;
  bool is_stopping_ = false;
  bool is_stopped_ = false;
  aio::Signal changed_;
  aio::TaskGroup group_;
};

}  // namespace gannet::browser_host
