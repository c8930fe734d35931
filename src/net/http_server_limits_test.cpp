// What hostile and broken clients meet: each is answered or dropped within its limit, and the server goes on.
#include "net/impl/http_test_support.hpp"

namespace gannet::net {
namespace {

using namespace std::chrono_literals;
using HttpLimits = HttpTest;

std::string status_line(const std::string& answer) { return answer.substr(0, answer.find('\r')); }

TEST_F(HttpLimits, drop_a_client_that_drips_its_head) {
  start({.head_limit = 50ms});
  std::string answer;
  run([&]() -> aio::Task<void> {
    Socket socket = co_await connect();
    co_await send(socket, "GET / HTTP/1.1\r\nHost: h\r\n");
    for (int i = 0; i < 1000 && server->counters().requests_refused_total == 0; ++i) {
      co_await send(socket, "X: y\r\n");
      co_await aio::sleep(executor, aio::Scope::background(), 1ms);
    }
    answer = co_await receive_all(socket);
  });
  EXPECT_EQ(status_line(answer), "HTTP/1.1 408 Request Timeout");
  EXPECT_TRUE(seen.empty());
}

TEST_F(HttpLimits, drop_a_client_that_does_not_send_its_body) {
  start({.body_limit = 50ms});
  std::string answer;
  run([&]() -> aio::Task<void> { answer = co_await ask("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhalf"); });
  EXPECT_EQ(status_line(answer), "HTTP/1.1 408 Request Timeout");
}

TEST_F(HttpLimits, close_a_connection_that_says_nothing) {
  start({.idle_limit = 50ms});
  std::string silent, after_one;
  run([&]() -> aio::Task<void> {
    silent = co_await ask("");
    Socket socket = co_await connect();
    co_await send(socket, get("/one", ""));
    after_one = co_await receive_all(socket);
  });
  EXPECT_EQ(silent, "");
  EXPECT_TRUE(after_one.ends_with("GET /one ")) << after_one;
}

TEST_F(HttpLimits, drop_a_client_that_does_not_read) {
  start({.write_limit = 100ms});
  run([&]() -> aio::Task<void> {
    Socket socket = co_await connect();
    co_await send(socket, get("/large"));
    co_await wait_until([&] { return !seen.empty() && server->counters().connections == 0; });
  });
  EXPECT_EQ(server->counters().connections, 0U);
}

TEST_F(HttpLimits, end_a_handler_at_its_deadline) {
  start({.handler_limit = 20ms});
  std::string answer;
  run([&]() -> aio::Task<void> { answer = co_await ask(get("/wait")); });
  EXPECT_TRUE(answer.ends_with("timeout")) << answer;
}

TEST_F(HttpLimits, refuse_large_bodies_before_they_are_sent_and_while) {
  start({.body_bytes_max_for = [](const HttpRequest& head) { return head.path == "/wide" ? 1_MiB : 1_KiB; }});
  std::string counted, chunked, wide, expecting;
  run([&]() -> aio::Task<void> {
    counted = co_await ask("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2000\r\n\r\n" + std::string(2000, 'x'));
    chunked = co_await ask("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n7d0\r\n" + std::string(2000, 'x'));
    expecting = co_await ask("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2000\r\n\r\n");
    wide = co_await ask("POST /wide HTTP/1.1\r\nHost: h\r\nContent-Length: 2000\r\nConnection: close\r\n\r\n" +
                        std::string(2000, 'x'));
  });
  EXPECT_EQ(status_line(counted), "HTTP/1.1 413 Content Too Large");
  EXPECT_EQ(status_line(chunked), "HTTP/1.1 413 Content Too Large");
  EXPECT_EQ(status_line(expecting), "HTTP/1.1 413 Content Too Large") << "no 100 Continue for what is refused";
  EXPECT_EQ(status_line(wide), "HTTP/1.1 200 OK");
}

TEST_F(HttpLimits, let_a_client_read_the_refusal_of_what_it_still_sends) {
  start({.body_bytes_max = 1_KiB});
  std::string answer;
  run([&]() -> aio::Task<void> {
    Socket socket = co_await connect();
    co_await send(socket, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 500000\r\n\r\n");
    co_await send(socket, std::string(500'000, 'x'));
    answer = co_await receive_all(socket);
  });
  EXPECT_EQ(status_line(answer), "HTTP/1.1 413 Content Too Large");
}

TEST_F(HttpLimits, refuse_huge_heads_and_bad_syntax) {
  start();
  std::string huge, garbage, chunk, tls;
  run([&]() -> aio::Task<void> {
    huge = co_await ask("GET / HTTP/1.1\r\nHost: h\r\nCookie: " + std::string(100'000, 'c') + "\r\n\r\n");
    garbage = co_await ask("nonsense\r\n\r\n");
    chunk = co_await ask("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n");
    tls = co_await curl(fmt::format("-k https://127.0.0.1:{}/ 2>&1", server->port()));
  });
  EXPECT_EQ(status_line(huge), "HTTP/1.1 431 Request Header Fields Too Large");
  EXPECT_EQ(status_line(garbage), "HTTP/1.1 400 Bad Request");
  EXPECT_EQ(status_line(chunk), "HTTP/1.1 400 Bad Request");
  EXPECT_EQ(tls.find("(exit 0)"), std::string::npos) << tls;
  EXPECT_TRUE(seen.empty());
}

TEST_F(HttpLimits, bound_connections_in_total_and_from_one_address) {
  start({.connections_max = 3, .connections_per_peer_max = 2});
  std::string third;
  run([&]() -> aio::Task<void> {
    Socket first = co_await connect();
    Socket second = co_await connect();
    co_await wait_until([&] { return server->counters().connections == 2; });
    third = co_await ask(get("/"));
  });
  EXPECT_EQ(status_line(third), "HTTP/1.1 503 Service Unavailable");
  EXPECT_NE(third.find("too many connections from this address"), std::string::npos);

  server.reset();
  start({.connections_max = 1, .trusted_proxies = {*Network::parse("127.0.0.1")}});
  std::string beyond;
  run([&]() -> aio::Task<void> {
    Socket first = co_await connect();
    co_await wait_until([&] { return server->counters().connections == 1; });
    beyond = co_await ask(get("/"));
  });
  EXPECT_EQ(status_line(beyond), "HTTP/1.1 503 Service Unavailable");
  EXPECT_TRUE(seen.empty());
}

TEST_F(HttpLimits, survive_clients_that_leave_at_any_byte) {
  start();
  const std::string request = "POST /cut HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbody";
  std::string after;
  run([&]() -> aio::Task<void> {
    for (std::size_t cut = 0; cut <= request.size(); ++cut) {
      Socket socket = co_await connect();
      co_await send(socket, request.substr(0, cut));
      if (cut % 2 == 1) socket.set_option(asio::socket_base::linger(true, 0));  // A reset instead of an orderly end.
      socket.close();
    }
    co_await wait_until([&] { return server->counters().connections == 0; });
    after = co_await ask(get("/after"));
  });
  EXPECT_TRUE(after.ends_with("GET /after ")) << after;
}

}  // namespace
}  // namespace gannet::net
