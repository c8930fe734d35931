#include "browser/cdp/connection.hpp"

#include <array>
#include <deque>
#include <unordered_map>
#include <vector>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/json.hpp>

#include "base/log.hpp"
#include "base/text.hpp"
#include "browser/cdp/framing.hpp"
#include "browser/cdp/json.hpp"
#include "browser/cdp/message.hpp"

namespace gannet::browser::cdp {

namespace asio = boost::asio;

namespace {

constexpr auto use_tuple = asio::as_tuple(asio::use_awaitable);

Error reply_error(const std::string& method, const json::object& error) {
  const auto message = text(error, "message");
  const auto code = integer(error, "code");
  // -32001: "Session with given id not found."; -32000 covers everything else that went away.
  const bool is_gone = code == -32001 || message.find("not found") != std::string_view::npos ||
                       message.find("No target") != std::string_view::npos ||
                       message.find("detached") != std::string_view::npos || message.find("closed") != std::string_view::npos ||
                       message.find("Cannot find context") != std::string_view::npos;
  return Error(is_gone ? ErrorKind::not_found : ErrorKind::invalid, printable(message, 300)).with_context(method);
}

}  // namespace

struct Connection::State : std::enable_shared_from_this<State> {
  State(aio::Executor e, int read_fd, int write_fd)
      : executor(e), input(e, read_fd), output(e, write_fd), can_write(e), tasks(e) {}

  struct Pending {
    SessionId session;
    std::string method;
    std::function<void(Result<json::object>)> done;
  };

  aio::Executor executor;
  asio::posix::stream_descriptor input;
  asio::posix::stream_descriptor output;
  /// Shared, because a handler may drop the connection while it runs.
  std::shared_ptr<const Handlers> handlers;
  MessageSplitter splitter;
  std::unordered_map<std::int64_t, Pending> pending;
  std::deque<std::string> outbox;
  aio::Signal can_write;
  std::int64_t last_id = 0;
  std::uint64_t messages = 0;
  bool is_open = true;
  aio::TaskGroup tasks;

  /// The command's id, or 0 where the connection is closed and `done` was told so.
  std::int64_t enqueue(const SessionId& session, std::string_view method, json::object params,
                       std::function<void(Result<json::object>)> done) {
    if (!is_open) {
      done(std::unexpected(Error(ErrorKind::unavailable, "the browser is gone").with_context(std::string(method))));
      return 0;
    }
    json::object message;
    message["id"] = ++last_id;
    message["method"] = method;
    message["params"] = std::move(params);
    if (!session.empty()) message["sessionId"] = session;
    pending.emplace(last_id, Pending{session, std::string(method), std::move(done)});
    outbox.push_back(json::serialize(message));
    outbox.back() += '\0';
    can_write.notify_all();
    return last_id;
  }

  void on_message(std::string_view bytes) {
    ++messages;
    const auto parsed = parse_message(bytes);
    if (!parsed) return close("the browser sent a message that is " + parsed.error().message());
    if (!parsed->is_object()) return close("the browser sent a message that is no JSON object");
    const auto& message = parsed->get_object();
    if (const auto* id = find(message, "id"); id && id->is_int64()) {
      const auto entry = pending.extract(id->get_int64());
      if (entry.empty()) return;
      if (find(message, "error"))
        entry.mapped().done(std::unexpected(reply_error(entry.mapped().method, object(message, "error"))));
      else
        entry.mapped().done(object(message, "result"));
      return;
    }
    if (const auto held = handlers; held && held->on_event)
      held->on_event({string(message, "sessionId"), text(message, "method"), object(message, "params")});
  }

  void drop_session(const SessionId& session) {
    std::vector<Pending> lost;
    for (auto entry = pending.begin(); entry != pending.end();) {
      const auto current = entry++;
      if (current->second.session == session) lost.push_back(std::move(pending.extract(current).mapped()));
    }
    for (const auto& command : lost)
      command.done(std::unexpected(Error(ErrorKind::not_found, "the target is gone").with_context(command.method)));
  }

  void close(const std::string& reason) {
    if (!is_open) return;
    is_open = false;
    boost::system::error_code ignored;
    input.close(ignored);
    output.close(ignored);
    can_write.notify_all();
    for (auto& [id, command] : std::exchange(pending, {}))
      command.done(std::unexpected(Error(ErrorKind::unavailable, reason).with_context(command.method)));
    outbox.clear();
    if (const auto held = handlers; held && held->on_closed) held->on_closed(Error(ErrorKind::unavailable, reason));
  }

  static aio::Task<void> read_loop(std::shared_ptr<State> self) {
    std::array<char, 64 * 1024> buffer{};
    while (self->is_open) {
      auto [error, count] = co_await self->input.async_read_some(asio::buffer(buffer), use_tuple);
      if (error) {
        self->close("the browser ended unexpectedly");
        co_return;
      }
      self->splitter.feed(
          {buffer.data(), count},
          [&](std::string_view bytes) {
            if (self->is_open) self->on_message(bytes);
          },
          [&](const MessageSplitter::Oversized& skipped) {
            LOG_WARNING("cdp", "skipped a message of {}", format_bytes(skipped.size));
            if (const auto held = self->handlers; held && held->on_oversized) held->on_oversized(session_id_in(skipped.tail));
          });
    }
  }

  static aio::Task<void> write_loop(std::shared_ptr<State> self) {
    while (self->is_open) {
      if (self->outbox.empty()) {
        co_await self->can_write.wait(self->tasks.scope());
        if (self->tasks.scope().is_cancelled()) co_return;
        continue;
      }
      const std::string message = std::move(self->outbox.front());
      self->outbox.pop_front();
      auto [error, count] = co_await asio::async_write(self->output, asio::buffer(message), use_tuple);
      if (error) self->close("the browser ended unexpectedly");
    }
  }
};

Connection::Connection(aio::Executor executor, int read_fd, int write_fd)
    : state_(std::make_shared<State>(std::move(executor), read_fd, write_fd)) {}

Connection::~Connection() {
  state_->handlers.reset();
  state_->close("the connection was dropped");
  state_->tasks.cancel("the connection was dropped");
}

void Connection::start(Handlers handlers) {
  state_->handlers = std::make_shared<const Handlers>(std::move(handlers));
  state_->tasks.spawn(State::read_loop(state_), "cdp read");
  state_->tasks.spawn(State::write_loop(state_), "cdp write");
}

aio::Task<Result<json::object>> Connection::send(aio::Scope scope, SessionId session, std::string method, json::object params) {
  // The connection itself may be gone when the reply comes.
  const auto state = state_;
  auto reply = std::make_shared<aio::OneShot<json::object>>(state->executor);
  const auto id =
      state->enqueue(session, method, std::move(params), [reply](Result<json::object> result) { reply->set(std::move(result)); });
  auto result = co_await reply->wait(std::move(scope));
  if (!result && !reply->is_set()) {
    state->pending.erase(id);
    co_return std::unexpected(std::move(result.error()).with_context(method));
  }
  co_return result;
}

void Connection::post(const SessionId& session, std::string_view method, json::object params,
                      std::function<void(const Error&)> on_error) {
  state_->enqueue(session, method, std::move(params), [on_error = std::move(on_error)](const Result<json::object>& result) {
    if (!result && on_error) on_error(result.error());
  });
}

void Connection::drop_session(const SessionId& session) {
  const auto state = state_;
  state->drop_session(session);
}

void Connection::close(std::string reason) {
  const auto state = state_;
  state->close(reason);
}

bool Connection::is_open() const { return state_->is_open; }
std::size_t Connection::pending_count() const { return state_->pending.size(); }
std::uint64_t Connection::message_count() const { return state_->messages; }

}  // namespace gannet::browser::cdp
