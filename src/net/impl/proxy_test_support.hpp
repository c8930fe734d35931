// What the proxy's tests share: scripted servers and a client on real loopback sockets.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "net/forward_proxy.hpp"

namespace gannet::net {

namespace asio = aio::asio;
using Socket = asio::ip::tcp::socket;
using asio::ip::tcp;
inline constexpr auto use_tuple = asio::as_tuple(asio::use_awaitable);

inline aio::Task<void> send(Socket& socket, std::string text) {
  co_await asio::async_write(socket, asio::buffer(text), use_tuple);
}

/// Reads until the stream has `mark` in it or ends; returns all that was read.
inline aio::Task<std::string> receive_until(Socket& socket, std::string mark) {
  std::string text;
  char buffer[4096];
  while (text.find(mark) == std::string::npos) {
    auto [error, count] = co_await socket.async_read_some(asio::buffer(buffer), use_tuple);
    if (error) break;
    text.append(buffer, count);
  }
  co_return text;
}

inline aio::Task<std::string> receive_all(Socket& socket) { return receive_until(socket, std::string(1, '\0') + "never sent"); }

/// Listens at a loopback address and runs `script` for each connection.
class ScriptedServer {
 public:
  using Script = std::function<aio::Task<void>(ScriptedServer&, Socket)>;

  ScriptedServer(aio::Executor executor, Script script, const char* address = "127.0.0.1", std::uint16_t port = 0)
      : acceptor_(executor, tcp::endpoint(asio::ip::make_address(address), port)), script_(std::move(script)), group_(executor) {
    group_.spawn(accept(), "server");
  }

  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
  aio::Task<void> stop() {
    acceptor_.close();
    co_await group_.stop();
  }

  std::size_t connections = 0;
  std::vector<std::string> received;

 private:
  aio::Task<void> accept() {
    while (true) {
      auto [error, socket] = co_await acceptor_.async_accept(use_tuple);
      if (error) co_return;
      ++connections;
      group_.spawn(script_(*this, std::move(socket)), "script");
    }
  }

  tcp::acceptor acceptor_;
  Script script_;
  aio::TaskGroup group_;
};

/// Sends back what comes, and ends when the peer ends.
inline aio::Task<void> echo(ScriptedServer&, Socket socket) {
  char buffer[4096];
  while (true) {
    auto [error, count] = co_await socket.async_read_some(asio::buffer(buffer), use_tuple);
    if (error) co_return;
    co_await send(socket, std::string(buffer, count));
  }
}

/// Takes what comes and says nothing until the peer leaves.
inline aio::Task<void> be_silent(ScriptedServer& server, Socket socket) {
  server.received.push_back(co_await receive_all(socket));
}

struct ProxyTest : testing::Test {
  asio::io_context context{1};
  aio::Executor executor = context.get_executor();
  SystemClock clock;
  AddressPolicy policy;
  std::unique_ptr<Resolver> resolver;
  std::unique_ptr<ForwardProxy> proxy;
  std::vector<std::unique_ptr<ScriptedServer>> servers;

  /// Every name under .test resolves to `addresses`.
  void start_proxy(ForwardProxyOptions options = {}, std::string addresses = "127.0.0.1") {
    resolver = std::make_unique<Resolver>(
        executor, clock, Resolver::Options{.overrides = {*ResolveOverride::parse("*.test:*:" + addresses)}, .threads = 1});
    proxy = std::make_unique<ForwardProxy>(executor, clock, *resolver, policy, options);
  }

  ScriptedServer& start_server(ScriptedServer::Script script, const char* address = "127.0.0.1", std::uint16_t port = 0) {
    return *servers.emplace_back(std::make_unique<ScriptedServer>(executor, std::move(script), address, port));
  }

  void allow(std::string_view network) { policy.allow(*Network::parse(network)); }

  Gate open_gate(GateOptions options = {}) {
    auto gate = proxy->open_gate(options);
    EXPECT_TRUE(gate) << gate.error().describe();
    return std::move(*gate);
  }

  aio::Task<Socket> connect_to(std::uint16_t port) {
    Socket socket(executor);
    const tcp::endpoint endpoint(asio::ip::address_v4::loopback(), port);
    co_await socket.async_connect(endpoint, use_tuple);
    co_return socket;
  }

  /// Sends `request` on a new connection and returns everything that comes until it ends.
  aio::Task<std::string> ask(std::uint16_t port, std::string request) {
    Socket socket = co_await connect_to(port);
    co_await send(socket, std::move(request));
    co_return co_await receive_all(socket);
  }

  static std::string connect_request(std::string_view host, std::uint16_t port) {
    return fmt::format("CONNECT {}:{} HTTP/1.1\r\nHost: {}:{}\r\n\r\n", host, port, host, port);
  }

  /// A tunnel through the gate; expects it to open.
  aio::Task<Socket> open_tunnel(std::uint16_t gate_port, std::string host, std::uint16_t port) {
    Socket socket = co_await connect_to(gate_port);
    co_await send(socket, connect_request(host, port));
    const std::string answer = co_await receive_until(socket, "\r\n\r\n");
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 ")) << answer;
    co_return socket;
  }

  aio::Task<bool> wait_until(std::function<bool()> condition) {
    const auto scope = aio::Scope::background().within(std::chrono::seconds(20));
    while (!condition() && scope.check()) co_await aio::sleep(executor, scope, std::chrono::milliseconds(1));
    co_return condition();
  }

  /// Runs the test's coroutine, then stops everything; a test that leaves a task behind hangs and is killed by ctest.
  template <class F>
  void run(F body) {
    aio::run(context, [](ProxyTest& test, F inner) -> aio::Task<bool> {
      co_await inner();
      if (test.proxy) co_await test.proxy->stop();
      for (auto& server : test.servers) co_await server->stop();
      co_return true;
    }(*this, std::move(body)));
  }
};

}  // namespace gannet::net
