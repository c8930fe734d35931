// What goes through the proxy once a connection is allowed.
#include "net/impl/proxy_test_support.hpp"

namespace gannet::net {

using namespace std::chrono_literals;
namespace {

using State = ConnectionRecord::State;

struct RelayTest : ProxyTest {
  RelayTest() { allow("127.0.0.0/8"); }
};

/// Answers one request with its own text and keeps the connection open, whatever the request asked for.
aio::Task<void> answer_and_stay(ScriptedServer& server, Socket socket) {
  server.received.push_back(co_await receive_until(socket, "\r\n\r\n"));
  co_await send(socket, "HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\nhello");
  server.received.push_back(co_await receive_all(socket));
}

aio::Task<void> collect_body(ScriptedServer& server, Socket socket) {
  server.received.push_back(co_await receive_until(socket, "END"));
  co_await send(socket, "HTTP/1.1 204 No Content\r\n\r\n");
}

// run() awaits the coroutine before it returns, so that what its lambda captured is there.
// NOLINTBEGIN(cppcoreguidelines-avoid-capturing-lambda-coroutines)

TEST_F(RelayTest, a_tunnel_carries_bytes_both_ways_and_is_accounted_for) {
  start_proxy();
  auto& server = start_server(echo);
  run([&]() -> aio::Task<void> {
    const Gate gate = open_gate();
    {
      Socket socket = co_await open_tunnel(gate.port(), "Shop.TEST", server.port());
      co_await send(socket, "ping");
      EXPECT_EQ(co_await receive_until(socket, "ping"), "ping");
      EXPECT_EQ(gate.log().at(0).state, State::open);
      const std::string large(1'000'000, 'x');
      Socket& writer = socket;
      aio::TaskGroup group(executor);
      group.spawn(send(writer, large + "END"), "writer");
      EXPECT_EQ((co_await receive_until(socket, "END")).size(), large.size() + 3);
      co_await group.wait_idle(aio::Scope::background());
    }
    EXPECT_TRUE(co_await wait_until([&] { return gate.log()[0].state == State::closed; }));
    const auto record = gate.log().at(0);
    EXPECT_EQ(record.host, "shop.test");
    EXPECT_EQ(record.port, server.port());
    EXPECT_EQ(record.address, "127.0.0.1");
    EXPECT_EQ(record.bytes_up.count, 1'000'007U);
    EXPECT_EQ(record.bytes_down.count, 1'000'007U);
    EXPECT_EQ(gate.bytes_relayed().count, 2'000'014U);
    EXPECT_EQ(gate.last_address("shop.test", server.port())->to_string(), "127.0.0.1");
    EXPECT_FALSE(gate.last_address("other.test", server.port()));
  });
}

TEST_F(RelayTest, what_follows_the_connect_at_once_is_not_lost) {
  start_proxy();
  auto& server = start_server(echo);
  run([&]() -> aio::Task<void> {
    const Gate gate = open_gate();
    Socket socket = co_await connect_to(gate.port());
    co_await send(socket, connect_request("shop.test", server.port()) + "early");
    EXPECT_NE((co_await receive_until(socket, "early")).find("\r\n\r\nearly"), std::string::npos);
  });
}

TEST_F(RelayTest, a_plain_request_is_rewritten_and_its_answer_is_the_last) {
  start_proxy();
  auto& server = start_server(answer_and_stay);
  run([&]() -> aio::Task<void> {
    const Gate gate = open_gate();
    {
      Socket socket = co_await connect_to(gate.port());
      co_await send(socket,
                    fmt::format("GET http://shop.test:{}/a?b HTTP/1.1\r\nHost: shop.test\r\nProxy-Connection: keep-alive\r\n\r\n",
                                server.port()));
      EXPECT_EQ(co_await receive_until(socket, "hello"),
                "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello");
    }
    EXPECT_TRUE(co_await wait_until([&] { return server.received.size() == 2; })) << "the site is told that the browser has left";
    EXPECT_EQ(server.received[0],
              fmt::format("GET /a?b HTTP/1.1\r\nHost: shop.test:{}\r\nConnection: close\r\n\r\n", server.port()));
    EXPECT_EQ(server.received[1], "");
  });
}

TEST_F(RelayTest, request_bodies_arrive_whole_and_nothing_after_them) {
  start_proxy();
  auto& server = start_server(collect_body);
  run([&]() -> aio::Task<void> {
    const Gate gate = open_gate();
    const std::string next = "GET http://other.test/secret HTTP/1.1\r\n\r\n";
    for (const auto& [framing, body] :
         {std::pair{"Content-Length: 200003", std::string(200'000, 'x') + "END"},
          std::pair{"Transfer-Encoding: chunked", std::string("3\r\nabc\r\n3\r\nEND\r\n0\r\n\r\n")}}) {
      const std::string head = fmt::format("POST http://shop.test:{}/ HTTP/1.1\r\n{}\r\n\r\n", server.port(), framing);
      EXPECT_EQ(co_await ask(gate.port(), fmt::format("{}{}{}", head, body, next)),
                "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
      const auto& received = server.received.back();
      EXPECT_NE(received.find(body.substr(0, body.find("END") + 3)), std::string::npos);
      EXPECT_EQ(received.find("secret"), std::string::npos);
    }
  });
}

TEST_F(RelayTest, interim_answers_are_passed_on_and_an_upgrade_becomes_a_tunnel) {
  start_proxy();
  auto& server = start_server([](ScriptedServer& self, Socket socket) -> aio::Task<void> {
    self.received.push_back(co_await receive_until(socket, "\r\n\r\n"));
    co_await send(socket, "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n");
    co_await send(socket, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nfirst");
    co_await echo(self, std::move(socket));
  });
  run([&]() -> aio::Task<void> {
    const Gate gate = open_gate();
    Socket socket = co_await connect_to(gate.port());
    co_await send(
        socket,
        fmt::format("GET http://shop.test:{}/chat HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", server.port()));
    EXPECT_EQ(co_await receive_until(socket, "first"),
              "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
              "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nfirst");
    EXPECT_NE(server.received[0].find("Connection: Upgrade\r\nUpgrade: websocket\r\n"), std::string::npos);
    co_await send(socket, "frame");
    EXPECT_EQ(co_await receive_until(socket, "frame"), "frame");
  });
}

TEST_F(RelayTest, a_site_that_answers_nonsense_or_nothing_is_a_bad_gateway) {
  start_proxy();
  auto& nonsense = start_server([](ScriptedServer&, Socket socket) -> aio::Task<void> {
    co_await receive_until(socket, "\r\n\r\n");
    co_await send(socket, "<html>");
    co_await receive_until(socket, "never");
  });
  auto& half = start_server([](ScriptedServer&, Socket socket) -> aio::Task<void> {
    co_await receive_until(socket, "\r\n\r\n");
    co_await send(socket, "HTTP/1.1 200 OK\r\nX: x");
  });
  auto& nothing =
      start_server([](ScriptedServer&, Socket socket) -> aio::Task<void> { co_await receive_until(socket, "\r\n\r\n"); });
  auto& endless = start_server([](ScriptedServer&, Socket socket) -> aio::Task<void> {
    co_await receive_until(socket, "\r\n\r\n");
    co_await send(socket, "HTTP/1.1 200 OK\r\nX: " + std::string(80'000, 'x'));
  });
  run([&]() -> aio::Task<void> {
    const Gate gate = open_gate();
    for (const auto& [server, error] :
         {std::pair{&nonsense, "is no HTTP"}, std::pair{&nothing, "without an answer"},
          std::pair{&half, "within its answer's head"}, std::pair{&endless, "http_response_header_section_size"}}) {
      const auto answer = co_await ask(gate.port(), fmt::format("GET http://shop.test:{}/ HTTP/1.1\r\n\r\n", server->port()));
      EXPECT_TRUE(answer.starts_with("HTTP/1.1 502 ")) << answer;
      EXPECT_NE(answer.find(error), std::string::npos) << answer;
      EXPECT_EQ(gate.log().back().state, State::failed);
    }
  });
}

TEST_F(RelayTest, a_site_that_stalls_is_cut) {
  start_proxy({.idle_limit = 30ms});
  auto& server = start_server(be_silent);
  run([&]() -> aio::Task<void> {
    const Gate gate = open_gate();
    Socket socket = co_await open_tunnel(gate.port(), "shop.test", server.port());
    EXPECT_EQ(co_await receive_all(socket), "");
    EXPECT_EQ(gate.log()[0].state, State::cut);
    EXPECT_EQ(gate.log()[0].reason, "idle for too long");
    const auto answer = co_await ask(gate.port(), fmt::format("GET http://shop.test:{}/ HTTP/1.1\r\n\r\n", server.port()));
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 504 ")) << answer;
    EXPECT_NE(answer.find("http_response_timeout"), std::string::npos) << answer;
  });
}

TEST_F(RelayTest, a_browser_that_leaves_ends_the_request_at_the_site) {
  start_proxy();
  auto& server = start_server(be_silent);
  run([&]() -> aio::Task<void> {
    const Gate gate = open_gate();
    {
      Socket socket = co_await connect_to(gate.port());
      co_await send(socket, fmt::format("GET http://shop.test:{}/ HTTP/1.1\r\n\r\n", server.port()));
      EXPECT_TRUE(co_await wait_until([&] { return server.connections == 1; }));
    }
    EXPECT_TRUE(co_await wait_until([&] { return server.received.size() == 1 && gate.log().at(0).state == State::closed; }));
    EXPECT_EQ(gate.log()[0].reason, "");
  });
}

TEST_F(RelayTest, a_client_that_lingers_after_its_answer_is_closed_without_blame) {
  start_proxy({.linger_limit = 20ms});
  auto& server = start_server([](ScriptedServer&, Socket socket) -> aio::Task<void> {
    co_await receive_until(socket, "\r\n\r\n");
    co_await send(socket, "HTTP/1.1 200 OK\r\n\r\nhello");
  });
  run([&]() -> aio::Task<void> {
    const Gate gate = open_gate();
    Socket socket = co_await connect_to(gate.port());
    co_await send(socket, fmt::format("GET http://shop.test:{}/ HTTP/1.1\r\n\r\n", server.port()));
    EXPECT_TRUE((co_await receive_all(socket)).ends_with("hello"));
    EXPECT_TRUE(co_await wait_until([&] { return gate.log().at(0).state == State::closed; }));
    EXPECT_EQ(gate.log()[0].reason, "");
  });
}

TEST_F(RelayTest, a_half_closed_tunnel_still_carries_the_other_direction) {
  start_proxy();
  auto& answers_late = start_server([](ScriptedServer&, Socket socket) -> aio::Task<void> {
    const std::string question = co_await receive_all(socket);
    co_await send(socket, "answer to " + question);
  });
  auto& ends_first = start_server([](ScriptedServer& self, Socket socket) -> aio::Task<void> {
    socket.shutdown(Socket::shutdown_send);
    self.received.push_back(co_await receive_all(socket));
  });
  run([&]() -> aio::Task<void> {
    const Gate gate = open_gate();
    Socket first = co_await open_tunnel(gate.port(), "shop.test", answers_late.port());
    co_await send(first, "question");
    first.shutdown(Socket::shutdown_send);
    EXPECT_EQ(co_await receive_all(first), "answer to question");
    Socket second = co_await open_tunnel(gate.port(), "shop.test", ends_first.port());
    EXPECT_EQ(co_await receive_all(second), "");
    co_await send(second, "still here");
    second.shutdown(Socket::shutdown_send);
    EXPECT_TRUE(co_await wait_until([&] { return ends_first.received.size() == 1; }));
    EXPECT_EQ(ends_first.received[0], "still here");
    EXPECT_TRUE(
        co_await wait_until([&] { return gate.log()[0].state == State::closed && gate.log()[1].state == State::closed; }));
  });
}

TEST_F(RelayTest, a_half_closed_tunnel_that_falls_silent_is_cut) {
  start_proxy({.half_closed_limit = 20ms});
  std::vector<Socket> held;
  auto& server = start_server([&held](ScriptedServer&, Socket socket) -> aio::Task<void> {
    held.push_back(std::move(socket));
    co_return;
  });
  run([&]() -> aio::Task<void> {
    const Gate gate = open_gate();
    Socket socket = co_await open_tunnel(gate.port(), "shop.test", server.port());
    EXPECT_EQ(gate.log().at(0).state, State::open);
    socket.shutdown(Socket::shutdown_send);
    EXPECT_TRUE(co_await wait_until([&] { return gate.log().at(0).state != State::open; }));
    EXPECT_EQ(gate.log()[0].state, State::cut);
  });
}

TEST_F(RelayTest, byte_caps_cut_the_connection_and_then_the_context) {
  start_proxy();
  auto& server =
      start_server([](ScriptedServer&, Socket socket) -> aio::Task<void> { co_await send(socket, std::string(1'000'000, 'x')); });
  run([&]() -> aio::Task<void> {
    const Gate gate = open_gate({.connection_bytes_max = 100'000_B, .gate_bytes_max = 150'000_B});
    for (const char* reason : {"over 100.0 kB on one connection", "over 150.0 kB in this browser context"}) {
      Socket socket = co_await open_tunnel(gate.port(), "shop.test", server.port());
      EXPECT_LE((co_await receive_all(socket)).size(), 100'000U);
      EXPECT_EQ(gate.log().back().state, State::cut);
      EXPECT_EQ(gate.log().back().reason, reason);
    }
  });
}

TEST_F(RelayTest, closing_a_gate_cuts_its_connections_and_no_others) {
  start_proxy();
  auto& server = start_server(echo);
  run([&]() -> aio::Task<void> {
    Gate gate = open_gate();
    const Gate other = open_gate();
    Socket tunnel = co_await open_tunnel(gate.port(), "shop.test", server.port());
    Socket waiting = co_await connect_to(gate.port());
    Socket other_tunnel = co_await open_tunnel(other.port(), "shop.test", server.port());
    const auto port = gate.port();
    gate.close();
    EXPECT_EQ(co_await receive_all(tunnel), "");
    EXPECT_EQ(co_await receive_all(waiting), "");
    EXPECT_EQ(gate.log().at(0).state, State::cut);
    Socket late(executor);
    const tcp::endpoint endpoint(asio::ip::address_v4::loopback(), port);
    auto [error] = co_await late.async_connect(endpoint, use_tuple);
    EXPECT_EQ(error, asio::error::connection_refused);
    co_await send(other_tunnel, "alive");
    EXPECT_EQ(co_await receive_until(other_tunnel, "alive"), "alive");
  });
}

TEST_F(RelayTest, two_hundred_tunnels_run_at_once) {
  start_proxy();
  auto& server = start_server(echo);
  run([&]() -> aio::Task<void> {
    const Gate gate = open_gate();
    aio::TaskGroup group(executor);
    std::size_t done = 0;
    const auto talk = [](RelayTest& test, std::uint16_t gate_port, std::uint16_t port, int number,
                         std::size_t& count) -> aio::Task<void> {
      Socket socket = co_await test.open_tunnel(gate_port, fmt::format("host{}.test", number), port);
      for (int i = 0; i < 10; ++i) {
        const std::string line = fmt::format("{}:{};", number, i);
        co_await send(socket, line);
        if (co_await receive_until(socket, ";") == line) ++count;
      }
    };
    for (int i = 0; i < 200; ++i) group.spawn(talk(*this, gate.port(), server.port(), i, done), "talker");
    co_await group.wait_idle(aio::Scope::background());
    EXPECT_EQ(done, 2000U);
    EXPECT_EQ(gate.log().size(), 200U);
  });
}

TEST_F(RelayTest, an_upstream_proxy_resolves_and_connects_instead) {
  // The upstream proxy is a second ForwardProxy with a policy of its own; the first may reach nothing private by itself.
  auto& server = start_server(answer_and_stay);
  start_proxy();
  run([&]() -> aio::Task<void> {
    const Gate upstream = open_gate();
    AddressPolicy strict;
    Resolver own_resolver(executor, clock, {.threads = 1});
    ForwardProxy first(executor, clock, own_resolver, strict, {.upstream_proxy = Authority{"127.0.0.1", upstream.port()}});
    {
      auto gate = first.open_gate({});
      {
        Socket socket = co_await connect_to(gate->port());
        co_await send(socket, fmt::format("GET http://shop.test:{}/ HTTP/1.1\r\n\r\n", server.port()));
        const auto answer = co_await receive_until(socket, "hello");
        EXPECT_TRUE(answer.ends_with("hello")) << answer;
      }
      EXPECT_TRUE(gate->log().at(0).is_through_proxy);
      EXPECT_EQ(gate->log()[0].address, "127.0.0.1");
      EXPECT_FALSE(gate->last_address("shop.test", server.port()));
      EXPECT_EQ(upstream.log().at(0).host, "shop.test");
      const auto literal = co_await ask(gate->port(), connect_request("127.0.0.1", server.port()));
      EXPECT_TRUE(literal.starts_with("HTTP/1.1 403 ")) << literal;
      const auto unreachable = co_await ask(gate->port(), connect_request("gannet.invalid", 443));
      EXPECT_TRUE(unreachable.starts_with("HTTP/1.1 502 ")) << unreachable;
      EXPECT_NE(unreachable.find("the upstream proxy answered 502"), std::string::npos) << unreachable;
      EXPECT_EQ(upstream.log().size(), 2U);
    }
    co_await first.stop();
  });
}

// NOLINTEND(cppcoreguidelines-avoid-capturing-lambda-coroutines)

}  // namespace
}  // namespace gannet::net
