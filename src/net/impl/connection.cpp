#include "net/impl/connection.hpp"

#include <vector>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "base/log.hpp"
#include "base/text.hpp"

namespace gannet::net {
namespace {

namespace asio = aio::asio;
using State = ConnectionRecord::State;
constexpr auto use_tuple = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t k_buffer_bytes = 16 * 1024;

void close_socket(Connection::Socket& socket) {
  boost::system::error_code ignored;
  socket.close(ignored);
}

void shut_sending(Connection::Socket& socket) {
  boost::system::error_code ignored;
  socket.shutdown(Connection::Socket::shutdown_send, ignored);
}

std::string_view reason_phrase(int status) {
  switch (status) {
    case 400: return "Bad Request";
    case 403: return "Forbidden";
    case 408: return "Request Timeout";
    case 502: return "Bad Gateway";
    default: return "Gateway Timeout";
  }
}

std::string to_text(const Refusal& refusal) {
  const std::string body = "Gannet: " + refusal.reason + "\n";
  return fmt::format(
      "HTTP/1.1 {} {}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\nCache-Control: no-store\r\n"
      "Proxy-Status: gannet; error={}\r\nConnection: close\r\n\r\n{}",
      refusal.status, reason_phrase(refusal.status), body.size(), refusal.proxy_error, body);
}

}  // namespace

Connection::Connection(const ProxyContext& context, aio::TaskGroup& group, std::shared_ptr<GateState> gate, Socket client)
    : context_(context),
      group_(group),
      gate_(std::move(gate)),
      scope_(group.scope().with(gate_->closed())),
      client_(std::move(client)),
      site_(context.executor),
      up_done_(context.executor) {}

aio::Task<void> Connection::serve(std::shared_ptr<Connection> self) {
  auto head = co_await self->read_head();
  if (!head) {
    // An empty reason: the client left before it asked for anything, which is no event.
    if (!head.error().reason.empty()) {
      self->record_ = self->gate_->add_record("", 0);
      co_await self->answer(std::move(head.error()));
    }
  } else {
    self->record_ = self->gate_->add_record(head->target.host, head->target.port);
    auto dialled = co_await dial(self->context_, self->group_, self->scope_, head->target);
    if (!dialled) {
      co_await self->answer(std::move(dialled.error()));
    } else {
      self->site_ = std::move(dialled->socket);
      self->record_->is_through_proxy = dialled->is_through_proxy;
      self->record_->state = State::open;
      self->gate_->set_address(*self->record_, dialled->address);
      if (head->is_connect())
        co_await self->tunnel(self);
      else
        co_await self->exchange(self, std::move(*head));
    }
  }
  if (self->record_ && self->record_->state == State::open) self->record_->state = State::closed;
  self->guard_.reset();
  self->close_sockets();
  --self->gate_->connections;
}

aio::Task<std::expected<RequestHead, Refusal>> Connection::read_head() {
  const auto& limits = context_.options;
  Guard guard(group_, context_.executor, scope_, limits.first_byte_limit, [this](const Error&) {
    boost::system::error_code ignored;
    client_.cancel(ignored);
  });
  std::vector<char> buffer(k_buffer_bytes);
  std::optional<std::size_t> head_end;
  while (!head_end) {
    auto [error, count] = co_await client_.async_read_some(asio::buffer(buffer), use_tuple);
    if (guard.has_fired() && !received_.empty())
      co_return std::unexpected(Refusal{408, "http_request_error", "the request's head did not come in time"});
    if (error) co_return std::unexpected(Refusal{400, "http_request_error", ""});
    if (received_.empty()) guard.restart(limits.head_limit);
    const auto searched = received_.size();
    received_.append(buffer.data(), count);
    head_end = find_head_end(received_, searched);
    if (head_end.value_or(received_.size()) > k_head_bytes_max)
      co_return std::unexpected(Refusal{400, "http_request_error", "the request's head is longer than 64 KiB"});
  }
  auto head = RequestHead::parse(std::string_view(received_).substr(0, *head_end));
  if (!head) co_return std::unexpected(Refusal{400, "http_request_error", head.error().message()});
  received_.erase(0, *head_end);
  co_return std::move(*head);
}

aio::Task<void> Connection::tunnel(std::shared_ptr<Connection> self) {
  guard_both(context_.options.idle_limit);
  constexpr std::string_view k_established = "HTTP/1.1 200 Connection established\r\n\r\n";
  auto [error, count] = co_await asio::async_write(client_, asio::buffer(k_established), use_tuple);
  if (error) co_return;
  is_pumping_up_ = true;
  group_.spawn(run_pump_up(std::move(self)), "proxy upstream");
  co_await pump_down();
  // No deadline: the guard closes the client, which ends the pump.
  co_await up_done_.wait(aio::Scope::background());
}

aio::Task<void> Connection::exchange(std::shared_ptr<Connection> self, RequestHead head) {
  body_ = std::move(head.body);
  guard_.emplace(group_, context_.executor, scope_, context_.options.idle_limit, [this](const Error& error) {
    // A late site is closed alone, so that the client can still be told.
    if (error.kind() == ErrorKind::timeout)
      close_socket(site_);
    else
      end(State::cut, error.message());
  });
  const std::string request = head.to_origin_form();
  if (co_await send_up(request)) {
    is_pumping_up_ = true;
    group_.spawn(run_pump_up(std::move(self)), "proxy upstream");
    if (co_await relay_response_head()) co_await pump_down();
    co_await up_done_.wait(aio::Scope::background());
  } else if (record_->state == State::open) {
    co_await answer({502, "connection_terminated", "the site closed the connection before it was asked"});
  }
}

aio::Task<bool> Connection::relay_response_head() {
  std::vector<char> buffer(k_buffer_bytes);
  std::optional<Refusal> refusal;
  std::size_t searched = 0;
  while (!refusal) {
    const auto head_end = find_head_end(answered_, std::exchange(searched, answered_.size()));
    if (head_end) {
      auto head = ResponseHead::parse(std::string_view(answered_).substr(0, *head_end));
      if (!head) {
        refusal = Refusal{502, "http_protocol_error", head.error().message()};
        break;
      }
      answered_.erase(0, *head_end);
      searched = 0;
      // The body pump looks at body_ anew for each read, so what the client sends after a switch goes through whole.
      if (head->status == 101) body_.reset();
      if (!co_await send_down(head->relayed)) co_return false;
      if (head->is_interim()) continue;
      guard_both(context_.options.idle_limit);
      co_return true;
    }
    if (answered_.size() > k_head_bytes_max) {
      refusal = Refusal{502, "http_response_header_section_size", "the head of the site's answer is longer than 64 KiB"};
      break;
    }
    auto [error, count] = co_await site_.async_read_some(asio::buffer(buffer), use_tuple);
    if (guard_->has_fired())
      refusal = Refusal{504, "http_response_timeout", "the site did not answer in time"};
    else if (error && client_.is_open())
      refusal = Refusal{502, "http_response_incomplete",
                        answered_.empty() ? "the site closed the connection without an answer"
                                          : "the site closed the connection within its answer's head"};
    else if (error || !account(record_->bytes_down, count))
      co_return false;  // The browser has left, or the cap on bytes is reached.
    else
      answered_.append(buffer.data(), count);
    // Waiting for the end of a head that never began would tell the wrong reason, and late.
    if (!std::string_view("HTTP/").starts_with(std::string_view(answered_).substr(0, 5)))
      refusal = Refusal{502, "http_protocol_error", "what the site answers is no HTTP"};
    touch();
  }
  if (record_->state == State::open) co_await answer(std::move(*refusal));
  co_return false;
}

aio::Task<void> Connection::run_pump_up(std::shared_ptr<Connection> self) {
  co_await self->pump_up();
  self->up_done_.set({});
}

aio::Task<void> Connection::pump_up() {
  std::vector<char> buffer(k_buffer_bytes);
  std::string_view chunk = received_;
  while (true) {
    if (!chunk.empty()) {
      std::size_t count = chunk.size();
      if (body_) {
        // What follows the body would be a second request; none is taken on this connection.
        const auto taken = body_->take(chunk);
        if (!taken) co_return end(State::failed, taken.error().message());
        count = *taken;
      }
      // A site may answer and close without reading the rest: the rest is read and dropped.
      const bool was_sent = count == 0 || co_await send_up(chunk.substr(0, count));
      if (!was_sent && is_tunnel()) co_return end(State::closed, "the site no longer takes what the browser sends");
    }
    auto [error, count] = co_await client_.async_read_some(asio::buffer(buffer), use_tuple);
    if (error) {
      is_up_ended_ = true;
      if (error == asio::error::eof && is_tunnel()) {
        shut_sending(site_);
        touch();
      } else if (!is_down_ended_) {
        close_sockets();  // The browser has left; nobody waits for the answer.
      }
      co_return;
    }
    chunk = std::string_view(buffer.data(), count);
  }
}

aio::Task<void> Connection::pump_down() {
  bool goes_on = answered_.empty() || co_await send_down(answered_);
  std::vector<char> buffer(k_buffer_bytes);
  while (goes_on) {
    auto [error, count] = co_await site_.async_read_some(asio::buffer(buffer), use_tuple);
    if (error == asio::error::eof) {
      is_down_ended_ = true;
      shut_sending(client_);
      touch();
      co_return;
    }
    if (error) break;
    goes_on = account(record_->bytes_down, count) && co_await send_down(std::string_view(buffer.data(), count));
  }
  // The client is closed already where it was the one to leave.
  if (client_.is_open() && goes_on) end(State::closed, "the site reset the connection");
  close_sockets();
}

aio::Task<bool> Connection::send_up(std::string_view bytes) {
  if (!account(record_->bytes_up, bytes.size())) co_return false;
  touch();
  auto [error, count] = co_await asio::async_write(site_, asio::buffer(bytes), use_tuple);
  co_return !error;
}

aio::Task<bool> Connection::send_down(std::string_view bytes) {
  touch();
  auto [error, count] = co_await asio::async_write(client_, asio::buffer(bytes), use_tuple);
  if (error) close_sockets();
  co_return !error;
}

aio::Task<void> Connection::answer(Refusal refusal) {
  if (auto running = scope_.check(); !running) {
    record_->state = State::cut;
    record_->reason = running.error().message();
    co_return close_sockets();
  }
  record_->state = refusal.state;
  record_->reason = refusal.reason;
  LOG_DEBUG("proxy", "{} port {} by gate {}: {}", printable(record_->host, 260), record_->port, gate_->port(),
            printable(refusal.reason, 500));
  is_down_ended_ = true;
  guard_.emplace(group_, context_.executor, scope_, context_.options.linger_limit, [this](const Error&) { close_sockets(); });
  const std::string text = to_text(refusal);
  auto [error, count] = co_await asio::async_write(client_, asio::buffer(text), use_tuple);
  // Closing with unread bytes would reset the connection and lose the answer; where the body pump runs, it does the reading.
  shut_sending(client_);
  std::vector<char> buffer(k_buffer_bytes);
  while (!error && !is_pumping_up_) {
    auto [read_error, dropped] = co_await client_.async_read_some(asio::buffer(buffer), use_tuple);
    error = read_error;
  }
}

void Connection::guard_both(std::chrono::milliseconds limit) {
  guard_.emplace(group_, context_.executor, scope_, limit, [this](const Error& error) {
    // An answered request is over, also for a browser that lingers.
    const bool is_over = is_down_ended_ && !is_tunnel();
    if (is_over)
      close_sockets();
    else
      end(State::cut, error.kind() == ErrorKind::timeout ? "idle for too long" : error.message());
  });
}

void Connection::touch() {
  if (!guard_) return;
  const auto& limits = context_.options;
  if (is_down_ended_ && !is_tunnel())
    guard_->restart(limits.linger_limit);
  else
    guard_->restart(is_up_ended_ || is_down_ended_ ? limits.half_closed_limit : limits.idle_limit);
}

bool Connection::account(Bytes& direction, std::size_t count) {
  direction.count += count;
  gate_->bytes_relayed.count += count;
  if (record_->bytes_up.count + record_->bytes_down.count > gate_->options().connection_bytes_max.count)
    end(State::cut, fmt::format("over {} on one connection", format_bytes(gate_->options().connection_bytes_max)));
  else if (gate_->bytes_relayed > gate_->options().gate_bytes_max)
    end(State::cut, fmt::format("over {} in this browser context", format_bytes(gate_->options().gate_bytes_max)));
  return record_->state == State::open;
}

void Connection::end(State state, std::string reason) {
  if (record_->state == State::open) {
    record_->state = state;
    record_->reason = std::move(reason);
  }
  close_sockets();
}

void Connection::close_sockets() {
  close_socket(client_);
  close_socket(site_);
}

}  // namespace gannet::net
