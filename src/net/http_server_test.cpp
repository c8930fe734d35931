#include "net/http_server.hpp"

#include "net/impl/http_test_support.hpp"

namespace gannet::net {
namespace {

using namespace std::chrono_literals;
using HttpServerTest = HttpTest;

TEST_F(HttpServerTest, answers_the_real_curl) {
  start();
  std::string got, posted, head, none;
  run([&]() -> aio::Task<void> {
    got = co_await curl("-i " + url("/hello?x=1"));
    posted = co_await curl("-d body " + url("/post"));
    head = co_await curl("-I " + url("/json"));
    none = co_await curl("-i " + url("/none"));
  });
  EXPECT_TRUE(got.starts_with("HTTP/1.1 200 OK\r\nDate: ")) << got;
  EXPECT_TRUE(got.ends_with("GET /hello (exit 0)")) << got;
  EXPECT_EQ(posted, "POST /post body(exit 0)");
  EXPECT_NE(head.find("Content-Length: 4002\r\n"), std::string::npos) << head;
  EXPECT_EQ(none.find("Content-Length"), std::string::npos) << none;
  ASSERT_EQ(seen.size(), 4U);
  EXPECT_EQ(seen[0].query, "x=1");
  EXPECT_TRUE(seen[0].client.is_loopback());
}

TEST_F(HttpServerTest, keeps_a_connection_and_answers_pipelined_requests_in_order) {
  start();
  std::string reused, pipelined;
  run([&]() -> aio::Task<void> {
    reused = co_await curl(fmt::format("{} {} -w '%{{num_connects}}'", url("/a"), url("/b")));
    std::string requests;
    for (int i = 0; i < 100; ++i) requests += get(fmt::format("/{}", i), i == 99 ? "Connection: close\r\n" : "");
    pipelined = co_await ask(requests);
  });
  EXPECT_EQ(reused, "GET /a 1GET /b 0(exit 0)");
  std::size_t at = 0;
  for (int i = 0; i < 100; ++i) {
    at = pipelined.find(fmt::format("GET /{} ", i), at);
    ASSERT_NE(at, std::string::npos) << i;
  }
  EXPECT_EQ(server->counters().requests_total, 102U);
}

TEST_F(HttpServerTest, serves_http_1_0_and_ends_the_connection) {
  start();
  std::string old, kept;
  run([&]() -> aio::Task<void> {
    old = co_await ask("GET /old HTTP/1.0\r\n\r\n");
    Socket socket = co_await connect();
    co_await send(socket, "GET /kept HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    kept = co_await receive_until(socket, "/kept ");
  });
  EXPECT_TRUE(old.ends_with("GET /old ")) << old;
  EXPECT_NE(kept.find("Connection: keep-alive\r\n"), std::string::npos) << kept;
}

TEST_F(HttpServerTest, compresses_for_those_who_ask) {
  start();
  std::string plain, compressed, expanded;
  run([&]() -> aio::Task<void> {
    plain = co_await ask(get("/json"));
    compressed = co_await ask(get("/json", "Accept-Encoding: gzip\r\nConnection: close\r\n"));
    expanded = co_await curl("--compressed " + url("/json"));
  });
  EXPECT_GT(plain.size(), 4000U);
  EXPECT_LT(compressed.size(), 500U);
  EXPECT_EQ(expanded, "[" + std::string(4000, '1') + "](exit 0)");
}

TEST_F(HttpServerTest, asks_for_the_body_that_waits_for_a_word) {
  start();
  std::string continued, whole;
  run([&]() -> aio::Task<void> {
    Socket socket = co_await connect();
    co_await send(socket,
                  "POST /c HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 4\r\nConnection: close\r\n\r\n");
    continued = co_await receive_until(socket, "\r\n\r\n");
    co_await send(socket, "body");
    whole = co_await receive_all(socket);
  });
  EXPECT_EQ(continued, "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_TRUE(whole.ends_with("POST /c body")) << whole;
}

TEST_F(HttpServerTest, streams_in_chunks_and_plain_to_http_1_0) {
  start();
  std::string by_curl, raw, old;
  run([&]() -> aio::Task<void> {
    by_curl = co_await curl("-N " + url("/stream"));
    raw = co_await ask(get("/stream"));
    old = co_await ask("GET /stream HTTP/1.0\r\n\r\n");
  });
  EXPECT_EQ(by_curl, "one\ntwo\nthree\n(exit 0)");
  EXPECT_TRUE(raw.ends_with("4\r\none\n\r\n4\r\ntwo\n\r\n6\r\nthree\n\r\n0\r\n\r\n")) << raw;
  EXPECT_TRUE(old.ends_with("\r\n\r\none\ntwo\nthree\n")) << old;
}

TEST_F(HttpServerTest, ends_a_stream_when_the_client_leaves) {
  start();
  bool has_ended = false;
  std::string why;
  stream = [&](HttpTest* test, aio::Scope scope, BodySink* sink) -> aio::Task<void> {
    return [](HttpTest* t, aio::Scope until, BodySink* out, bool* ended, std::string* reason) -> aio::Task<void> {
      co_await out->write("begin\n");
      auto waited = co_await aio::sleep(t->executor, until, 1h);
      *reason = waited.error().describe();
      *ended = true;
    }(test, scope, sink, &has_ended, &why);
  };
  run([&]() -> aio::Task<void> {
    {
      Socket socket = co_await connect();
      co_await send(socket, get("/stream"));
      co_await receive_until(socket, "begin");
      EXPECT_EQ(server->counters().streams, 1U);
    }
    co_await wait_until([&] { return has_ended; });
  });
  EXPECT_TRUE(has_ended);
  EXPECT_NE(why.find("the client has left"), std::string::npos) << why;
  EXPECT_EQ(server->counters().streams, 0U);
}

TEST_F(HttpServerTest, slows_the_writer_of_a_stream_to_the_speed_of_its_reader) {
  start();
  std::size_t written = 0;
  stream = [&](HttpTest*, aio::Scope, BodySink* sink) -> aio::Task<void> {
    return [](BodySink* out, std::size_t* total) -> aio::Task<void> {
      for (int i = 0; i < 1000; ++i) {
        auto done = co_await out->write(std::string(256 * 1024, 'x'));
        if (!done) co_return;
        *total += 256 * 1024;
      }
    }(sink, &written);
  };
  run([&]() -> aio::Task<void> {
    Socket socket = co_await connect();
    co_await send(socket, get("/stream"));
    co_await receive_until(socket, "xxx");
    // The sockets' buffers fill; nothing is kept beyond them. A round trip on another connection shows that the loop ran.
    for (int i = 0; i < 20; ++i) co_await ask(get("/turn"));
  });
  EXPECT_LT(written, std::size_t(64) << 20) << "of 250 MB";
}

TEST_F(HttpServerTest, believes_forwarded_addresses_from_trusted_proxies_only) {
  start();
  run([&]() -> aio::Task<void> { co_await curl("-H 'X-Forwarded-For: 203.0.113.9' -H 'X-Forwarded-Proto: https' " + url("/")); });
  server.reset();
  start({.trusted_proxies = {*Network::parse("127.0.0.0/8")}});
  run([&]() -> aio::Task<void> {
    co_await curl("-H 'X-Forwarded-For: 198.51.100.1, 203.0.113.9' -H 'X-Forwarded-Proto: https' " + url("/"));
  });
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen[0].client.to_string(), "127.0.0.1");
  EXPECT_FALSE(seen[0].is_secure);
  EXPECT_EQ(seen[1].client.to_string(), "203.0.113.9");
  EXPECT_TRUE(seen[1].is_secure);
}

TEST_F(HttpServerTest, tells_the_access_log_what_became_of_each_request) {
  start();
  std::vector<std::string> lines;
  server->set_access_log([&](const AccessEntry& entry) {
    lines.push_back(fmt::format("{} {} {} {}", entry.method, entry.target, entry.status, entry.response_bytes > 100));
  });
  run([&]() -> aio::Task<void> {
    co_await ask(get("/a?token=secret"));
    co_await ask("GET /bad HTTP/1.1\r\n\r\n");
  });
  EXPECT_EQ(lines, (std::vector<std::string>{"GET /a 200 true", "GET /bad 400 false"}));
}

TEST_F(HttpServerTest, lets_running_requests_end_before_it_stops) {
  start();
  bool is_released = false;
  stream = [&](HttpTest* test, aio::Scope, BodySink* sink) -> aio::Task<void> {
    return [](HttpTest* t, BodySink* out, bool* released) -> aio::Task<void> {
      co_await t->wait_until([released] { return *released; });
      co_await out->write("finished");
    }(test, sink, &is_released);
  };
  std::string running, refused;
  run([&]() -> aio::Task<void> {
    Socket busy = co_await connect();
    co_await send(busy, get("/stream"));
    co_await receive_until(busy, "\r\n\r\n");
    Socket idle = co_await connect();
    co_await send(idle, get("/idle", ""));
    co_await receive_until(idle, "/idle ");

    aio::TaskGroup group(executor);
    group.spawn(server->stop(20s), "stop");
    const std::string after_idle = co_await receive_all(idle);
    EXPECT_EQ(after_idle, "") << "an idle connection is closed at once";
    Socket late(executor);
    auto [error] = co_await late.async_connect(tcp::endpoint(asio::ip::address_v4::loopback(), server->port()), use_tuple);
    EXPECT_TRUE(error) << "nothing new is accepted";
    is_released = true;
    running = co_await receive_all(busy);
    busy.close();
    co_await group.wait_idle(aio::Scope::background().within(20s));
    EXPECT_EQ(group.size(), 0U);
  });
  EXPECT_NE(running.find("finished"), std::string::npos) << running;
}

TEST_F(HttpServerTest, cancels_what_does_not_end_within_the_grace) {
  start();
  std::string answer_of_waiting;
  run([&]() -> aio::Task<void> {
    Socket socket = co_await connect();
    co_await send(socket, get("/wait"));
    co_await wait_until([&] { return !seen.empty(); });
    co_await server->stop(1ms);
    answer_of_waiting = co_await receive_all(socket);
  });
  EXPECT_TRUE(answer_of_waiting.starts_with("HTTP/1.1 503 ")) << answer_of_waiting;
}

TEST_F(HttpServerTest, says_what_is_wrong_with_a_place_to_listen) {
  start();
  HttpServer other(executor, clock, {}, [this](aio::Scope scope, HttpRequest request) { return answer(this, scope, request); });
  const auto taken = other.listen("127.0.0.1", server->port());
  ASSERT_FALSE(taken);
  EXPECT_NE(taken.error().message().find("another program does"), std::string::npos) << taken.error().message();
  const auto bad = other.listen("example.com", 0);
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().kind(), ErrorKind::invalid);
  run([]() -> aio::Task<void> { co_return; });
}

TEST_F(HttpServerTest, listens_on_both_families_at_once) {
  server = std::make_unique<HttpServer>(executor, clock, HttpServerOptions{},
                                        [this](aio::Scope scope, HttpRequest request) { return answer(this, scope, request); });
  ASSERT_TRUE(server->listen("::", 0));
  run([&]() -> aio::Task<void> {
    co_await curl(url("/v4"));
    co_await curl(fmt::format("http://[::1]:{}/v6", server->port()));
  });
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen[0].client.to_string(), "127.0.0.1");
  EXPECT_EQ(seen[1].client.to_string(), "::1");
}

}  // namespace
}  // namespace gannet::net
