#include "browser_host/host_client.hpp"

#include <sys/socket.h>
#include <sys/wait.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/log.hpp"
#include "browser_host/impl/message_socket.hpp"

namespace gannet::browser_host {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;

constexpr auto use_tuple = asio::as_tuple(asio::use_awaitable);
/// The host needs milliseconds for a browser; it gives one up after 10 s.
constexpr auto k_stop_max = 15s;

}  // namespace

BrowserProcess::BrowserProcess(std::shared_ptr<State> state, std::weak_ptr<Outbox> outbox)
    : read_fd(std::move(state->read_fd)),
      write_fd(std::move(state->write_fd)),
      state_(std::move(state)),
      outbox_(std::move(outbox)) {}

BrowserProcess& BrowserProcess::operator=(BrowserProcess&& other) noexcept {
  // `other` takes the former browser along and kills it at its own end.
  std::swap(read_fd, other.read_fd);
  std::swap(write_fd, other.write_fd);
  std::swap(state_, other.state_);
  std::swap(outbox_, other.outbox_);
  return *this;
}

BrowserProcess::~BrowserProcess() {
  if (!state_ || state_->end) return;
  if (const auto outbox = outbox_.lock()) outbox->push(encode(Command(KillCommand{state_->id})));
}

aio::Task<Result<BrowserExit>> BrowserProcess::wait_exit(aio::Scope scope) const {
  const auto state = state_;
  while (!state->end) {
    auto woken = co_await state->changed.wait(scope);
    if (!woken && !state->end) co_return pass(woken);
  }
  co_return *state->end;
}

void BrowserProcess::Outbox::push(std::string message) {
  messages.push_back(std::move(message));
  filled.notify_all();
}

HostClient::HostClient(aio::Executor executor, HostProcess host)
    : executor_(executor),
      host_(std::move(host)),
      socket_(executor, host_.socket.release()),
      outbox_(std::make_shared<BrowserProcess::Outbox>(executor)),
      changed_(executor),
      group_(executor) {
  group_.spawn(read_reports(), "browser host reader");
  group_.spawn(write_commands(), "browser host writer");
}

HostClient::~HostClient() = default;

aio::Task<Result<BrowserProcess>> HostClient::spawn(aio::Scope scope, SpawnOptions options) {
  if (is_gone_ || is_stopping_) co_return fail(ErrorKind::unavailable, "the browser host is gone");
  const BrowserId id{++last_id_};
  const Command command = SpawnCommand{id, std::move(options)};
  std::string message = encode(command);
  if (message.size() > k_message_bytes_max)
    co_return fail(ErrorKind::invalid, "the browser's options take {} bytes; at most {} are possible", message.size(),
                   k_message_bytes_max);
  const auto state = std::make_shared<State>(executor_, id);
  browsers_.emplace(id, state);
  outbox_->push(std::move(message));
  while (state->pid == 0 && !state->end) {
    auto woken = co_await state->changed.wait(scope);
    if (woken || state->pid != 0 || state->end) continue;
    outbox_->push(encode(Command(KillCommand{id})));
    co_return pass(woken, "start browser");
  }
  if (state->pid == 0) co_return pass(*state->end, "start browser");
  co_return BrowserProcess(state, outbox_);
}

aio::Task<Result<void>> HostClient::kill(aio::Scope scope, BrowserId id) {
  const auto found = browsers_.find(id);
  if (found == browsers_.end()) co_return Result<void>{};
  const auto state = found->second;
  outbox_->push(encode(Command(KillCommand{id})));
  while (!state->end) {
    auto woken = co_await state->changed.wait(scope);
    if (!woken && !state->end) co_return pass(woken, "kill browser");
  }
  if (!*state->end && (*state->end).error().kind() == ErrorKind::unavailable) co_return pass(*state->end);
  co_return Result<void>{};
}

aio::Task<void> HostClient::stop() {
  if (!is_stopping_) {
    is_stopping_ = true;
    // The host sees the end, reports what it ends, and closes its side by exiting.
    if (!is_gone_) ::shutdown(socket_.native_handle(), SHUT_WR);
    const auto limit = aio::Scope::background().within(k_stop_max);
    while (!is_gone_ && co_await changed_.wait(limit)) {
    }
    const bool has_exited = is_gone_;
    host_is_gone();
    co_await group_.stop();
    // A closed socket is the last but one thing of a process: reaping it then takes no time worth a thread.
    if (::waitpid(host_.pid, nullptr, has_exited ? 0 : WNOHANG) == 0)
      LOG_WARNING("browser_host", "the browser host does not exit");
    is_stopped_ = true;
    changed_.notify_all();
  }
  while (!is_stopped_) co_await changed_.wait(aio::Scope::background());
}

aio::Task<void> HostClient::read_reports() {
  for (handle_ready_reports(); socket_.is_open(); handle_ready_reports())
    co_await socket_.async_wait(asio::posix::stream_descriptor::wait_read, use_tuple);
}

void HostClient::handle_ready_reports() {
  Packet packet;
  while (socket_.is_open()) {
    const auto received = receive_packet(socket_.native_handle(), packet);
    if (received == SocketResult::would_block) return;
    auto report =
        received == SocketResult::done ? decode_report(packet.bytes) : fail(ErrorKind::unavailable, "the socket is closed");
    if (!report) {
      if (!is_stopping_) LOG_ERROR("browser_host", "the browser host is gone: {}", report.error().describe());
      return host_is_gone();
    }
    handle(std::move(*report), std::move(packet.fds));
  }
}

aio::Task<void> HostClient::write_commands() {
  const auto outbox = outbox_;
  while (socket_.is_open()) {
    if (outbox->messages.empty()) {
      if (!co_await outbox->filled.wait(group_.scope())) co_return;
      continue;
    }
    const auto sent = send_packet(socket_.native_handle(), outbox->messages.front(), {});
    if (sent == SocketResult::would_block) {
      co_await socket_.async_wait(asio::posix::stream_descriptor::wait_write, use_tuple);
      continue;
    }
    // A closed socket is the reader's to notice.
    outbox->messages.pop_front();
  }
}

void HostClient::handle(Report report, std::vector<Fd> fds) {
  const auto find = [&](BrowserId id) -> std::shared_ptr<State> {
    const auto found = browsers_.find(id);
    return found == browsers_.end() ? nullptr : found->second;
  };
  if (auto* spawned = std::get_if<Spawned>(&report)) {
    const auto state = find(spawned->id);
    if (!state || fds.size() != 2) return;
    state->pid = spawned->pid;
    state->write_fd = std::move(fds[0]);
    state->read_fd = std::move(fds[1]);
    state->changed.notify_all();
  } else if (auto* failed = std::get_if<Failed>(&report)) {
    end(failed->id, std::unexpected(Error(failed->kind, std::move(failed->reason))));
  } else if (auto* exited = std::get_if<Exited>(&report)) {
    end(exited->id, BrowserExit{std::move(exited->status), std::move(exited->stderr_tail)});
  } else if (auto* sampled = std::get_if<Sampled>(&report)) {
    if (const auto state = find(sampled->id)) state->memory = MemorySample{sampled->total, sampled->largest_renderer};
  } else if (auto* killed = std::get_if<Killed>(&report)) {
    const auto state = find(killed->id);
    // A copy, because the callback may replace itself.
    const auto callback = state ? state->on_memory_kill : nullptr;
    if (callback) callback(MemoryKill{killed->pid, killed->what, killed->excess});
  }
}

void HostClient::end(BrowserId id, Result<BrowserExit> end) {
  const auto node = browsers_.extract(id);
  if (!node) return;
  node.mapped()->end = std::move(end);
  node.mapped()->changed.notify_all();
}

void HostClient::host_is_gone() {
  if (is_gone_) return;
  is_gone_ = true;
  boost::system::error_code ignored;
  socket_.close(ignored);
  while (!browsers_.empty()) end(browsers_.begin()->first, fail(ErrorKind::unavailable, "the browser host is gone"));
  outbox_->messages.clear();
  changed_.notify_all();
}

}  // namespace gannet::browser_host
