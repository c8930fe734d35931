// Connection: Chromium's DevTools protocol over the two pipe ends of one browser. Commands are multiplexed by id and session;
// events go to one handler, in order, on the loop's thread. When the pipe ends, every pending command fails with the reason.
//
//   open ──(pipe ends | protocol broken | close())──▶ closed
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <boost/json/object.hpp>

#include "aio/aio.hpp"

namespace gannet::browser::cdp {

namespace json = boost::json;

/// Empty: the browser itself.
using SessionId = std::string;

struct Event {
  SessionId session;
  std::string_view method;
  const json::object& params;
};

class Connection {
 public:
  struct Handlers {
    std::function<void(const Event&)> on_event;
    /// A message over the limit was skipped; the session is known unless it came from the browser.
    std::function<void(const SessionId&)> on_oversized;
    std::function<void(const Error&)> on_closed;
  };

  /// Takes over both descriptors.
  Connection(aio::Executor executor, int read_fd, int write_fd);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Starts reading; call once.
  void start(Handlers handlers);

  /// Sends a command and waits for its reply's "result". Errors: the scope's; `not_found` where the session or target is gone;
  /// `invalid` with Chromium's own message; `unavailable` when the connection closed. A command whose wait ended is abandoned:
  /// its late reply is dropped. Each error has the method as its context; its message is free of protocol words.
  aio::Task<Result<json::object>> send(aio::Scope scope, SessionId session, std::string method, json::object params = {});

  /// Sends a command whose reply nobody waits for; `on_error` sees a failure.
  void post(const SessionId& session, std::string_view method, json::object params = {},
            std::function<void(const Error&)> on_error = nullptr);

  /// The session ended: Chromium will not answer what was asked in it. Its pending commands fail with `not_found`.
  void drop_session(const SessionId& session);

  void close(std::string reason);
  bool is_open() const;
  std::size_t pending_count() const;
  std::uint64_t message_count() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace gannet::browser::cdp
