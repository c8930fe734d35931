#include "net/http_server.hpp"

#include <array>
#include <vector>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/log.hpp"
#include "base/text.hpp"
#include "net/forwarded.hpp"
#include "net/impl/server_connection.hpp"

namespace gannet::net {
namespace {

namespace asio = aio::asio;
using Tcp = asio::ip::tcp;
constexpr auto use_tuple = asio::as_tuple(asio::use_awaitable);

HttpResponse plain_refusal(int status, const std::string& reason) {
  return HttpResponse::text(status, "text/plain; charset=utf-8", reason + "\n");
}

}  // namespace

struct HttpServer::State {
  State(aio::Executor executor, const Clock& clock, HttpServerOptions options, Handler handler)
      : acceptor(executor),
        context{.executor = executor,
                .clock = clock,
                .options = std::move(options),
                .handler = std::move(handler),
                .refuse = plain_refusal,
                .group = aio::TaskGroup(executor)} {}

  aio::Task<void> accept();
  void take(Tcp::socket socket);

  Tcp::acceptor acceptor;
  std::uint16_t port = 0;
  ServerContext context;
};

aio::Task<void> HttpServer::State::accept() {
  const auto scope = context.group.scope().with(context.draining);
  const auto watch = scope.watch([this] {
    boost::system::error_code ignored;
    acceptor.close(ignored);
  });
  while (scope.check()) {
    Tcp::socket socket(context.executor);
    auto [error] = co_await acceptor.async_accept(socket, use_tuple);
    if (!scope.check()) co_return;
    if (error) {
      // Out of file descriptors, or the client left already. Either way a short pause helps more than trying at once.
      LOG_WARNING("http", "accept on port {}: {}", port, error.message());
      co_await aio::sleep(context.executor, scope, std::chrono::milliseconds(50));
      continue;
    }
    take(std::move(socket));
  }
}

void HttpServer::State::take(Tcp::socket socket) {
  boost::system::error_code error;
  const auto remote = socket.remote_endpoint(error);
  if (error) return;
  const Address peer = unmapped(remote.address());
  ++context.counters.connections_total;
  const auto from_peer = context.open_by_peer.find(peer);
  const bool is_greedy = from_peer != context.open_by_peer.end() &&
                         from_peer->second >= context.options.connections_per_peer_max &&
                         !is_trusted(peer, context.options.trusted_proxies);
  if (context.counters.connections >= context.options.connections_max || is_greedy) {
    ++context.counters.connections_refused_total;
    const HttpResponse response =
        context.refuse(503, is_greedy ? "too many connections from this address" : "too many connections");
    const std::string head = write_head(response, {.plain = response.body}, {.is_last = true, .now = context.clock.now()});
    const std::array both{asio::buffer(head), asio::buffer(response.body)};
    socket.non_blocking(true, error);
    socket.write_some(both, error);
    return;
  }
  socket.set_option(Tcp::no_delay(true), error);
  context.group.spawn(ServerConnection::serve(std::make_shared<ServerConnection>(context, std::move(socket), peer)),
                      "http connection");
}

HttpServer::HttpServer(aio::Executor executor, const Clock& clock, HttpServerOptions options, Handler handler)
    : state_(std::make_unique<State>(std::move(executor), clock, std::move(options), std::move(handler))) {}
HttpServer::~HttpServer() = default;

void HttpServer::set_refusal_writer(RefusalWriter writer) { state_->context.refuse = std::move(writer); }
void HttpServer::set_access_log(AccessLog log) { state_->context.log = std::move(log); }

Result<void> HttpServer::listen(std::string_view host, std::uint16_t port) {
  const auto address = parse_address(host == "localhost" ? "127.0.0.1" : host);
  if (!address)
    return fail(ErrorKind::invalid, "cannot listen at \"{}\": give an address of this machine, such as 127.0.0.1, 0.0.0.0 or ::",
                printable(host, 100));
  auto& acceptor = state_->acceptor;
  const Tcp::endpoint endpoint(*address, port);
  boost::system::error_code error;
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(Tcp::acceptor::reuse_address(true), error);
  if (!error && address->is_v6()) acceptor.set_option(asio::ip::v6_only(false), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(Tcp::acceptor::max_listen_connections, error);
  if (error) {
    boost::system::error_code ignored;
    acceptor.close(ignored);
    const std::string place = fmt::format("{} port {}", address->to_string(), port);
    if (error == asio::error::address_in_use)
      return fail(ErrorKind::unavailable, "cannot listen at {}: another program does; stop it or choose another port", place);
    const auto kind = error == asio::error::access_denied ? ErrorKind::denied : ErrorKind::unavailable;
    return fail(kind, "cannot listen at {}: {}", place, error.message());
  }
  state_->port = acceptor.local_endpoint().port();
  state_->context.group.spawn(state_->accept(), "http accept");
  return {};
}

std::uint16_t HttpServer::port() const { return state_->port; }

aio::Task<void> HttpServer::stop(std::chrono::milliseconds grace) {
  auto& context = state_->context;
  context.draining.cancel("the server is stopping");
  const std::vector<ServerConnection*> open(context.open.begin(), context.open.end());
  for (auto* connection : open) connection->close_if_idle();
  co_await context.group.wait_idle(aio::Scope::background().within(grace));
  co_await context.group.stop();
}

HttpServerCounters HttpServer::counters() const { return state_->context.counters; }

}  // namespace gannet::net
