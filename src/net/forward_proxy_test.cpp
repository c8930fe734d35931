// Who may connect where, and what the proxy answers when they may not.
#include "net/forward_proxy.hpp"

#include <unistd.h>

#include "net/impl/proxy_test_support.hpp"

namespace gannet::net {

using namespace std::chrono_literals;
namespace {

using State = ConnectionRecord::State;

void expect_answer(const std::string& answer, int status, std::string_view proxy_error) {
  EXPECT_TRUE(answer.starts_with(fmt::format("HTTP/1.1 {} ", status))) << answer;
  EXPECT_NE(answer.find(fmt::format("Proxy-Status: gannet; error={}\r\n", proxy_error)), std::string::npos) << answer;
  EXPECT_NE(answer.find("Connection: close\r\n"), std::string::npos) << answer;
}

// run() awaits the coroutine before it returns, so that what its lambda captured is there.
// NOLINTBEGIN(cppcoreguidelines-avoid-capturing-lambda-coroutines)

TEST_F(ProxyTest, refuses_private_addresses_however_they_are_written) {
  start_proxy();
  auto& server = start_server(echo);
  run([&]() -> aio::Task<void> {
    const Gate gate = open_gate();
    for (const char* host : {"127.0.0.1", "2130706433", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]",
                             "[64:ff9b::7f00:1]", "localhost", "a.localhost", "shop.test", "0.0.0.0", "169.254.169.254"}) {
      expect_answer(co_await ask(gate.port(), connect_request(host, server.port())), 403, "destination_ip_prohibited");
      expect_answer(co_await ask(gate.port(), fmt::format("GET http://{}:{}/ HTTP/1.1\r\n\r\n", host, server.port())), 403,
                    "destination_ip_prohibited");
    }
    for (const auto& record : gate.log()) {
      EXPECT_EQ(record.state, State::refused);
      EXPECT_EQ(record.address, "");
      EXPECT_NE(record.reason.find("--allow-net"), std::string::npos) << record.reason;
    }
    EXPECT_EQ(gate.log().size(), 24U);
    EXPECT_EQ(server.connections, 0U);
  });
}

TEST_F(ProxyTest, uses_only_the_allowed_ones_of_a_names_addresses) {
  start_proxy({}, "127.0.0.1,127.0.0.2");
  allow("127.0.0.2/32");
  auto& forbidden = start_server(echo, "127.0.0.1");
  auto& allowed = start_server(echo, "127.0.0.2", forbidden.port());
  run([&]() -> aio::Task<void> {
    const Gate gate = open_gate();
    Socket socket = co_await open_tunnel(gate.port(), "rebind.test", allowed.port());
    EXPECT_EQ(forbidden.connections, 0U);
    EXPECT_EQ(allowed.connections, 1U);
    EXPECT_EQ(gate.last_address("rebind.test", allowed.port())->to_string(), "127.0.0.2");
  });
}

// Goal: DNS rebinding leads nowhere. Method: the name's answer turns from an allowed to a refused address between connections.
TEST_F(ProxyTest, a_name_that_turns_keeps_its_address_until_it_is_forgotten_and_then_is_refused) {
  ManualClock resolver_clock{Instant()};
  std::atomic<const char*> answer = "127.0.0.2";
  Resolver::Options options{.threads = 1, .remembered_for = std::chrono::seconds(30)};
  options.look_up_for_test = [&](const std::string&) -> Result<std::vector<Address>> {
    return std::vector<Address>{asio::ip::make_address(answer.load())};
  };
  start_proxy();
  resolver = std::make_unique<Resolver>(executor, resolver_clock, std::move(options));
  proxy = std::make_unique<ForwardProxy>(executor, clock, *resolver, policy, ForwardProxyOptions{});
  allow("127.0.0.2/32");
  auto& forbidden = start_server(echo, "127.0.0.1");
  auto& allowed = start_server(echo, "127.0.0.2", forbidden.port());
  run([&]() -> aio::Task<void> {
    const Gate gate = open_gate();
    const std::string request = connect_request("rebind.test", allowed.port());
    Socket first = co_await open_tunnel(gate.port(), "rebind.test", allowed.port());
    answer = "127.0.0.1";
    resolver_clock.advance(std::chrono::seconds(29));
    Socket second = co_await open_tunnel(gate.port(), "rebind.test", allowed.port());
    EXPECT_EQ(allowed.connections, 2U);
    resolver_clock.advance(std::chrono::seconds(2));
    const std::string refusal = co_await ask(gate.port(), request);
    EXPECT_TRUE(refusal.starts_with("HTTP/1.1 403 ")) << refusal;
    EXPECT_EQ(forbidden.connections, 0U);
    policy.allow(*Network::parse("127.0.0.1/32"));
    Socket third = co_await open_tunnel(gate.port(), "rebind.test", forbidden.port());
    EXPECT_EQ(forbidden.connections, 1U);
  });
}

TEST_F(ProxyTest, tries_the_next_address_when_one_refuses) {
  start_proxy({}, "127.0.0.3,127.0.0.2");
  allow("127.0.0.0/8");
  auto& server = start_server(echo, "127.0.0.2");
  run([&]() -> aio::Task<void> {
    const Gate gate = open_gate();
    Socket socket = co_await open_tunnel(gate.port(), "two.test", server.port());
    EXPECT_EQ(gate.last_address("two.test", server.port())->to_string(), "127.0.0.2");
  });
}

TEST_F(ProxyTest, refuses_its_own_ports_under_an_allowed_network_while_they_are_open) {
  start_proxy();
  allow("127.0.0.0/8");
  run([&]() -> aio::Task<void> {
    const Gate gate = open_gate();
    Gate other = open_gate();
    const auto other_port = other.port();
    for (const auto port : {gate.port(), other_port})
      expect_answer(co_await ask(gate.port(), connect_request("127.0.0.1", port)), 403, "destination_ip_prohibited");
    other.close();
    expect_answer(co_await ask(gate.port(), connect_request("127.0.0.1", other_port)), 502, "connection_refused");
  });
}

TEST_F(ProxyTest, serves_only_the_expected_user) {
  start_proxy();
  allow("127.0.0.0/8");
  auto& server = start_server(echo);
  run([&]() -> aio::Task<void> {
    const Gate own = open_gate({.peer_uid = getuid()});
    Socket socket = co_await open_tunnel(own.port(), "127.0.0.1", server.port());
    EXPECT_EQ(own.refused_peers(), 0U);
    const Gate foreign = open_gate({.peer_uid = getuid() + 1});
    EXPECT_EQ(co_await ask(foreign.port(), connect_request("127.0.0.1", server.port())), "");
    EXPECT_EQ(foreign.refused_peers(), 1U);
    EXPECT_TRUE(foreign.log().empty());
    EXPECT_EQ(server.connections, 1U);
  });
}

TEST_F(ProxyTest, says_why_a_connection_failed) {
  start_proxy();
  allow("127.0.0.0/8");
  auto& closed = start_server(echo);
  run([&]() -> aio::Task<void> {
    const auto port = closed.port();
    co_await closed.stop();
    const Gate gate = open_gate();
    expect_answer(co_await ask(gate.port(), connect_request("shop.test", port)), 502, "connection_refused");
    expect_answer(co_await ask(gate.port(), connect_request("gannet.invalid", 443)), 502, "dns_error");
    EXPECT_EQ(gate.log()[0].state, State::failed);
    EXPECT_EQ(gate.log()[0].host, "shop.test");
    EXPECT_EQ(gate.log()[0].port, port);
  });
}

TEST_F(ProxyTest, says_when_names_or_connections_took_too_long) {
  start_proxy({.resolve_limit = 0ms});
  run([&]() -> aio::Task<void> {
    const Gate gate = open_gate();
    expect_answer(co_await ask(gate.port(), connect_request("shop.test", 443)), 504, "dns_timeout");
  });
  allow("127.0.0.0/8");
  start_proxy({.connect_limit = 0ms});
  run([&]() -> aio::Task<void> {
    const Gate gate = open_gate();
    expect_answer(co_await ask(gate.port(), connect_request("shop.test", 443)), 504, "connection_timeout");
  });
}

TEST_F(ProxyTest, answers_bad_and_oversized_heads) {
  start_proxy();
  run([&]() -> aio::Task<void> {
    const Gate gate = open_gate();
    for (const std::string& request :
         {std::string("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), std::string("nonsense\r\n\r\n"), std::string("\x16\x03\x01\n\n"),
          std::string("CONNECT a HTTP/1.1\r\n\r\n"), std::string("GET https://a.test/ HTTP/1.1\r\n\r\n"),
          "GET http://a.test/ HTTP/1.1\r\nX: " + std::string(70'000, 'x'),
          "GET http://a.test/ HTTP/1.1\r\nX: " + std::string(70'000, 'x') + "\r\n\r\n"})
      expect_answer(co_await ask(gate.port(), request), 400, "http_request_error");
    EXPECT_EQ(gate.log().size(), 7U);
    EXPECT_EQ(gate.log().back().host, "");
  });
}

TEST_F(ProxyTest, ends_slow_heads_and_forgets_connections_that_never_ask) {
  start_proxy({.head_limit = 20ms});
  run([&]() -> aio::Task<void> {
    const Gate gate = open_gate();
    expect_answer(co_await ask(gate.port(), "CONNECT shop.te"), 408, "http_request_error");
    EXPECT_EQ(gate.log().size(), 1U);
  });
  start_proxy({.first_byte_limit = 20ms});
  run([&]() -> aio::Task<void> {
    const Gate gate = open_gate();
    EXPECT_EQ(co_await ask(gate.port(), ""), "");
    EXPECT_TRUE(gate.log().empty());
  });
}

TEST_F(ProxyTest, bounds_connections_and_log) {
  start_proxy();
  run([&]() -> aio::Task<void> {
    const Gate gate = open_gate({.connections_max = 1, .log_entries_max = 3});
    {
      Socket held = co_await connect_to(gate.port());
      EXPECT_EQ(co_await ask(gate.port(), connect_request("a.test", 1)), "");
    }
    for (std::uint16_t port = 1; port <= 5; ++port) {
      std::string answer;
      while (answer.empty()) answer = co_await ask(gate.port(), connect_request("a.test", port));
      expect_answer(answer, 403, "destination_ip_prohibited");
    }
    const auto log = gate.log();
    EXPECT_EQ(gate.log_entries_dropped(), 2U);
    if (log.size() == 3) {
      EXPECT_EQ(log.front().port, 3);
      EXPECT_EQ(log.back().port, 5);
    } else {
      ADD_FAILURE() << log.size() << " entries";
    }
  });
}

TEST_F(ProxyTest, opens_no_gate_after_stop) {
  start_proxy();
  std::optional<Gate> gate;
  run([&]() -> aio::Task<void> {
    gate = open_gate();
    co_return;
  });
  auto late = proxy->open_gate({});
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().kind(), ErrorKind::unavailable);
  proxy.reset();
  EXPECT_TRUE(gate->log().empty()) << "a gate may outlive the proxy";
}

TEST(ProxyUrl, is_http_with_host_and_port) {
  EXPECT_EQ(parse_proxy_url("http://proxy.example:3128"), (Authority{"proxy.example", 3128}));
  EXPECT_EQ(parse_proxy_url("http://10.0.0.1"), (Authority{"10.0.0.1", 80}));
  for (const char* text :
       {"", "proxy:3128", "https://proxy:3128", "socks5://proxy:1080", "http://u:p@proxy:3128", "http://proxy/path"})
    EXPECT_FALSE(parse_proxy_url(text)) << text;
}

// NOLINTEND(cppcoreguidelines-avoid-capturing-lambda-coroutines)

}  // namespace
}  // namespace gannet::net
