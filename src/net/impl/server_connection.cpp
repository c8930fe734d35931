#include "net/impl/server_connection.hpp"

#include <array>

#include <sys/socket.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "base/log.hpp"
#include "net/forwarded.hpp"

namespace gannet::net {
namespace {

namespace asio = aio::asio;
using Tcp = asio::ip::tcp;
constexpr auto use_tuple = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t k_read_bytes = 16 * 1024;
constexpr std::size_t k_write_bytes = 64 * 1024;
constexpr std::size_t k_linger_bytes_max = 1024 * 1024;
constexpr std::chrono::milliseconds k_linger_limit{2'000};
constexpr std::chrono::milliseconds k_no_limit = std::chrono::hours(24 * 365);

bool is_forwarded_secure(const HttpRequest& request) { return request.headers.find("X-Forwarded-Proto") == "https"; }

}  // namespace

ServerConnection::ServerConnection(ServerContext& context, Socket socket, Address peer)
    : context_(context),
      socket_(std::move(socket)),
      peer_(peer),
      parser_({.head_bytes_max = context.options.head_bytes_max}),
      guard_(context.group, context.executor, context.group.scope(), context.options.idle_limit, [this](const Error&) {
        boost::system::error_code ignored;
        socket_.cancel(ignored);
      }) {
  context_.open.insert(this);
  ++context_.open_by_peer[peer_];
  ++context_.counters.connections;
}

ServerConnection::~ServerConnection() {
  context_.open.erase(this);
  if (--context_.open_by_peer[peer_] == 0) context_.open_by_peer.erase(peer_);
  --context_.counters.connections;
}

aio::Task<void> ServerConnection::serve(std::shared_ptr<ServerConnection> connection) { co_await connection->run(); }

void ServerConnection::close_if_idle() {
  boost::system::error_code ignored;
  if (is_idle_ && !parser_.has_begun()) socket_.close(ignored);
}

aio::Task<void> ServerConnection::run() {
  while (true) {
    if (!co_await read_request()) co_return;
    if (!co_await respond()) co_return;
  }
}

aio::Task<bool> ServerConnection::receive() {
  const auto before = buffer_.size();
  buffer_.resize(before + k_read_bytes);
  auto [error, count] = co_await socket_.async_read_some(asio::buffer(buffer_.data() + before, k_read_bytes), use_tuple);
  buffer_.resize(before + (error ? 0 : count));
  co_return !error && !guard_.has_fired();
}

aio::Task<std::expected<RequestParser::Step, HttpRefusal>> ServerConnection::read_until(RequestParser::Step step) {
  while (true) {
    auto reached = parser_.parse(buffer_);
    if (!reached || *reached == step || *reached == RequestParser::Step::complete) co_return reached;
    if (parser_.has_begun() && is_idle_) {
      is_idle_ = false;
      guard_.restart(context_.options.head_limit);
    }
    if (!co_await receive()) {
      const bool is_slow = guard_.has_fired() && parser_.has_begun() && context_.group.scope().check();
      co_return std::unexpected(HttpRefusal{is_slow ? 408 : 0, "the request did not arrive in time"});
    }
  }
}

aio::Task<bool> ServerConnection::read_request() {
  if (buffer_.empty() && context_.draining.is_cancelled()) co_return false;
  is_idle_ = true;
  if (buffer_.empty()) guard_.restart(context_.options.idle_limit);
  auto head = co_await read_until(RequestParser::Step::head);
  is_idle_ = false;
  if (!head) {
    co_await refuse(std::move(head.error()));
    co_return false;
  }
  const auto& choose = context_.options.body_bytes_max_for;
  auto accepted = parser_.accept_body(choose ? choose(parser_.request()) : context_.options.body_bytes_max);
  if (!accepted) {
    co_await refuse(std::move(accepted.error()));
    co_return false;
  }
  if (!parser_.has_body()) co_return true;
  guard_.restart(context_.options.body_limit);
  if (parser_.expects_continue() && buffer_.empty() && !co_await send("HTTP/1.1 100 Continue\r\n\r\n", {})) co_return false;
  auto whole = co_await read_until(RequestParser::Step::complete);
  if (!whole) co_await refuse(std::move(whole.error()));
  co_return whole.has_value();
}

aio::Task<void> ServerConnection::refuse(HttpRefusal refusal) {
  if (refusal.status == 0) co_return;
  ++context_.counters.requests_refused_total;
  HttpResponse response = context_.refuse(refusal.status, refusal.reason);
  if (context_.log)
    context_.log({.client = peer_,
                  .method = parser_.request().method,
                  .target = parser_.request().path,
                  .status = refusal.status,
                  .response_bytes = response.body.size()});
  try_send(response);
  if (!guard_.has_fired()) co_await linger();
}

aio::Task<bool> ServerConnection::respond() {
  const ClientAbilities abilities{.accept_encoding = parser_.request().headers.joined("Accept-Encoding"),
                                  .is_http11 = parser_.is_http11()};
  const bool keeps_alive = parser_.keeps_alive();
  HttpRequest request = parser_.take();
  ++requests_;
  ++context_.counters.requests_total;
  const auto begun = context_.clock.steady_now();
  const auto sent_before = sent_bytes_;
  const auto& trusted = context_.options.trusted_proxies;
  request.client = client_address(peer_, request.headers.joined("X-Forwarded-For"), trusted);
  request.is_secure = is_trusted(peer_, trusted) && is_forwarded_secure(request);
  const bool is_head = request.is_head();
  AccessEntry entry{.client = request.client, .method = request.method, .target = request.path};

  guard_.restart(k_no_limit);
  HttpResponse response =
      co_await context_.handler(context_.group.scope().within(context_.options.handler_limit), std::move(request));
  if (guard_.has_fired()) {
    try_send(context_.refuse(503, "the server is stopping"));
    co_return false;
  }

  const auto body = choose_body(abilities, response);
  const bool is_last = !keeps_alive || response.stream || context_.draining.is_cancelled() ||
                       requests_ >= context_.options.requests_per_connection_max;
  std::string head = write_head(response, body, {.is_last = is_last, .now = context_.clock.now()});
  // HTTP/1.0 keeps a connection only where both sides say so.
  if (!is_last && !abilities.is_http11) head.insert(head.size() - 2, "Connection: keep-alive\r\n");
  const bool has_body = !is_head && response.status != 204 && response.status != 304;
  guard_.restart(context_.options.write_limit);
  const bool is_sent = co_await send(head, has_body ? body.bytes() : std::string_view());
  if (is_sent && response.stream && has_body) {
    is_chunked_ = body.framing == WireBody::Framing::chunked;
    co_await stream_body(response);
  }
  if (context_.log) {
    entry.status = response.status;
    entry.response_bytes = sent_bytes_ - sent_before;
    entry.duration = std::chrono::duration_cast<std::chrono::microseconds>(context_.clock.steady_now() - begun);
    context_.log(entry);
  }
  if (is_sent && is_last) co_await linger();
  co_return is_sent && !is_last;
}

aio::Task<bool> ServerConnection::send(std::string_view head, std::string_view body) {
  // The first piece goes out with the head in one call.
  auto piece = body.substr(0, k_write_bytes);
  const std::array first{asio::buffer(head), asio::buffer(piece)};
  auto [error, count] = co_await asio::async_write(socket_, first, use_tuple);
  sent_bytes_ += count;
  for (std::size_t at = piece.size(); !error && at < body.size(); at += piece.size()) {
    guard_.restart(context_.options.write_limit);
    piece = body.substr(at, k_write_bytes);
    auto [next_error, next_count] = co_await asio::async_write(socket_, asio::buffer(piece), use_tuple);
    error = next_error;
    sent_bytes_ += next_count;
  }
  co_return !error && !guard_.has_fired();
}

aio::Task<Result<void>> ServerConnection::write(std::string bytes) {
  if (bytes.empty()) co_return Result<void>{};
  guard_.restart(context_.options.write_limit);
  std::string prefix = is_chunked_ ? chunk_prefix(bytes.size()) : std::string();
  if (is_chunked_) bytes += "\r\n";
  if (co_await send(prefix, bytes)) {
    guard_.restart(k_no_limit);
    co_return Result<void>{};
  }
  if (!guard_.has_fired()) co_return fail(ErrorKind::unavailable, "the client has left");
  if (auto running = context_.group.scope().check(); !running) co_return pass(running);
  co_return fail(ErrorKind::timeout, "the client does not read");
}

aio::Task<void> ServerConnection::stream_body(const HttpResponse& response) {
  ++context_.counters.streams;
  guard_.restart(k_no_limit);
  aio::CancelSource left;
  context_.group.spawn(watch_for_leaving(shared_from_this(), left), "http stream watch");
  co_await response.stream(context_.group.scope().with(context_.draining).with(left), *this);
  boost::system::error_code ignored;
  socket_.cancel(ignored);
  --context_.counters.streams;
  guard_.restart(context_.options.write_limit);
  if (is_chunked_ && !left.is_cancelled()) co_await send("0\r\n\r\n", {});
}

aio::Task<void> ServerConnection::watch_for_leaving(std::shared_ptr<ServerConnection> connection, aio::CancelSource left) {
  auto [error] = co_await connection->socket_.async_wait(Tcp::socket::wait_read, use_tuple);
  if (error || !connection->socket_.is_open()) co_return;
  char byte = 0;
  const auto seen = ::recv(connection->socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  if (seen <= 0) left.cancel("the client has left");
}

aio::Task<void> ServerConnection::linger() {
  boost::system::error_code error;
  socket_.shutdown(Tcp::socket::shutdown_send, error);
  guard_.restart(k_linger_limit);
  std::array<char, 4096> dropped{};
  for (std::size_t total = 0; !error && !guard_.has_fired() && total < k_linger_bytes_max;) {
    auto [read_error, count] = co_await socket_.async_read_some(asio::buffer(dropped), use_tuple);
    error = read_error;
    total += count;
  }
}

void ServerConnection::try_send(const HttpResponse& response) {
  const WireBody body{.plain = response.body};
  const std::string head = write_head(response, body, {.is_last = true, .now = context_.clock.now()});
  const std::array both{asio::buffer(head), asio::buffer(body.bytes())};
  boost::system::error_code error;
  socket_.non_blocking(true, error);
  if (!error) sent_bytes_ += socket_.write_some(both, error);
}

}  // namespace gannet::net
