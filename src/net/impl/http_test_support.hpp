// What the tests of server and client share: an HttpServer on a free port, raw sockets, and the real curl.
#pragma once

#include <cstdio>
#include <functional>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "net/http_server.hpp"
#include "net/impl/proxy_test_support.hpp"

namespace gannet::net {

struct HttpTest : testing::Test {
  asio::io_context context{1};
  aio::Executor executor = context.get_executor();
  SystemClock clock;
  asio::thread_pool threads{2};
  std::unique_ptr<HttpServer> server;
  std::vector<HttpRequest> seen;

  /// Answers what the path asks for; see answer().
  void start(HttpServerOptions options = {}) {
    server = std::make_unique<HttpServer>(executor, clock, std::move(options),
                                          [this](aio::Scope scope, HttpRequest request) { return answer(this, scope, request); });
    const auto listening = server->listen("127.0.0.1", 0);
    ASSERT_TRUE(listening) << listening.error().describe();
  }

  static aio::Task<HttpResponse> answer(HttpTest* test, aio::Scope scope, HttpRequest request) {
    test->seen.push_back(request);
    if (request.path == "/wait") {
      auto waited = co_await aio::sleep(test->executor, scope, std::chrono::hours(1));
      co_return HttpResponse::text(504, "text/plain", std::string(to_string(waited.error().kind())));
    }
    if (request.path == "/large") co_return HttpResponse::text(200, "application/octet-stream", std::string(64 << 20, 'L'));
    if (request.path == "/json") co_return HttpResponse::text(200, "application/json", "[" + std::string(4000, '1') + "]");
    if (request.path == "/none") co_return HttpResponse{.status = 204};
    if (request.path == "/stream") {
      HttpResponse response = HttpResponse::text(200, "text/event-stream", "");
      response.stream = [test](aio::Scope until, BodySink& sink) { return test->stream(test, until, &sink); };
      co_return response;
    }
    co_return HttpResponse::text(200, "text/plain", request.method + " " + request.path + " " + request.body);
  }

  std::function<aio::Task<void>(HttpTest*, aio::Scope, BodySink*)> stream = three_pieces;
  static aio::Task<void> three_pieces(HttpTest*, aio::Scope, BodySink* sink) {
    for (const char* piece : {"one\n", "two\n", "three\n"}) {
      auto written = co_await sink->write(piece);
      if (!written) co_return;
    }
  }

  aio::Task<Socket> connect() {
    Socket socket(executor);
    const tcp::endpoint endpoint(asio::ip::address_v4::loopback(), server->port());
    co_await socket.async_connect(endpoint, use_tuple);
    co_return socket;
  }

  /// Sends `request` on a new connection and returns everything until the server ends it.
  aio::Task<std::string> ask(std::string request) {
    Socket socket = co_await connect();
    co_await send(socket, std::move(request));
    co_return co_await receive_all(socket);
  }

  static std::string get(std::string_view path, std::string_view fields = "Connection: close\r\n") {
    return fmt::format("GET {} HTTP/1.1\r\nHost: test\r\n{}\r\n", path, fields);
  }

  /// Standard output of curl with these arguments.
  aio::Task<std::string> curl(std::string arguments) {
    std::function<Result<std::string>()> work = [command = "curl -sS --max-time 20 " + arguments]() -> Result<std::string> {
      std::string out;
      FILE* pipe = ::popen(command.c_str(), "r");  // style: allow shell, because the arguments are the tests' own
      char buffer[4096];
      while (const std::size_t count = std::fread(buffer, 1, sizeof buffer, pipe)) out.append(buffer, count);
      out += fmt::format("(exit {})", ::pclose(pipe));
      return out;
    };
    auto output = co_await aio::run_blocking<std::string>(threads, executor, aio::Scope::background(), std::move(work));
    co_return output ? *output : output.error().describe();
  }

  std::string url(std::string_view path) const { return fmt::format("http://127.0.0.1:{}{}", server->port(), path); }

  aio::Task<bool> wait_until(std::function<bool()> condition) {
    const auto scope = aio::Scope::background().within(std::chrono::seconds(20));
    while (!condition() && scope.check()) co_await aio::sleep(executor, scope, std::chrono::milliseconds(1));
    co_return condition();
  }

  template <class F>
  void run(F body) {
    aio::run(context, [](HttpTest& test, F inner) -> aio::Task<bool> {
      co_await inner();
      if (test.server) co_await test.server->stop(std::chrono::milliseconds(0));
      co_return true;
    }(*this, std::move(body)));
  }
};

}  // namespace gannet::net
