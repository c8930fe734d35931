#include "net/resolver.hpp"

#include <gtest/gtest.h>

namespace gannet::net {
namespace {

using namespace std::chrono_literals;

TEST(ResolveOverride, reads_hosts_ports_and_addresses) {
  struct Case {
    const char* text;
    const char* host;
    std::uint16_t port;
    bool matches;
  };
  static constexpr Case k_cases[] = {
      {"shop.test:443:192.0.2.1", "shop.test", 443, true},
      {"Shop.TEST:443:192.0.2.1", "shop.test", 443, true},
      {"shop.test:443:192.0.2.1", "shop.test.", 443, true},
      {"shop.test:443:192.0.2.1", "shop.test", 80, false},
      {"shop.test:443:192.0.2.1", "www.shop.test", 443, false},
      {"*.test:*:192.0.2.1", "shop.test", 8080, true},
      {"*.test:*:192.0.2.1", "a.b.test", 1, true},
      {"*.test:*:192.0.2.1", "test", 1, false},
      {"*.test:*:192.0.2.1", "contest", 1, false},
      {"*:80:[2001:db8::1]", "anything.example", 80, true},
      {"*:80:[2001:db8::1]", "anything.example", 81, false},
  };
  for (const auto& [text, host, port, matches] : k_cases) {
    const auto rule = ResolveOverride::parse(text);
    ASSERT_TRUE(rule) << text << ": " << rule.error().describe();
    EXPECT_EQ(rule->matches(host, port), matches) << text << " for " << host;
  }
  const auto several = ResolveOverride::parse("a.test:*:192.0.2.1,[2001:db8::1]");
  ASSERT_TRUE(several);
  ASSERT_EQ(several->addresses.size(), 2U);
  EXPECT_EQ(several->addresses[1].to_string(), "2001:db8::1");
}

TEST(ResolveOverride, says_which_part_is_wrong) {
  struct Case {
    const char* text;
    const char* message;
  };
  static constexpr Case k_cases[] = {
      {"", "must be HOST:PORT:ADDRESS"},
      {"shop.test", "must be HOST:PORT:ADDRESS"},
      {"shop.test:443", "must be HOST:PORT:ADDRESS"},
      {":443:192.0.2.1", "HOST must be"},
      {"127.0.0.1:443:192.0.2.1", "HOST must be"},
      {"*shop.test:443:192.0.2.1", "HOST must be"},
      {"a.*.test:443:192.0.2.1", "HOST must be"},
      {"shop.test:https:192.0.2.1", "PORT must be"},
      {"shop.test:0:192.0.2.1", "PORT must be"},
      {"shop.test::192.0.2.1", "PORT must be"},
      {"shop.test:65536:192.0.2.1", "PORT must be"},
      {"shop.test:443:", "ADDRESS must be"},
      {"shop.test:443:other.test", "ADDRESS must be"},
      {"shop.test:443:2001:db8::1", "ADDRESS must be IPv4 or [IPv6]"},
      {"shop.test:443:192.0.2.1:8443", "without a port"},
      {"shop.test:443:[2001:db8::1]:8443", "without a port"},
      {"shop.test:443:192.0.2.1,", "ADDRESS must be"},
  };
  for (const auto& [text, message] : k_cases) {
    const auto rule = ResolveOverride::parse(text);
    ASSERT_FALSE(rule) << text;
    EXPECT_EQ(rule.error().kind(), ErrorKind::invalid);
    EXPECT_NE(rule.error().message().find(message), std::string::npos) << rule.error().message();
  }
}

struct ResolverTest : testing::Test {
  aio::asio::io_context context{1};
  SystemClock clock;

  Result<std::vector<Address>> resolve(Resolver& resolver, std::string host, std::uint16_t port = 80,
                                       aio::Scope scope = aio::Scope::background().within(30s)) {
    return aio::run(context, resolver.resolve(scope, std::move(host), port));
  }
};

TEST_F(ResolverTest, answers_literals_overrides_and_localhost_without_dns) {
  Resolver resolver(
      context.get_executor(), clock,
      {.overrides = {*ResolveOverride::parse("a.test:80:192.0.2.1"), *ResolveOverride::parse("*.test:*:192.0.2.2")}});
  EXPECT_EQ(resolve(resolver, "192.0.2.9")->at(0).to_string(), "192.0.2.9");
  EXPECT_EQ(resolve(resolver, "[2001:db8::9]")->at(0).to_string(), "2001:db8::9");
  EXPECT_EQ(resolve(resolver, "a.test", 80)->at(0).to_string(), "192.0.2.1");
  EXPECT_EQ(resolve(resolver, "a.test", 443)->at(0).to_string(), "192.0.2.2");
  for (const char* host : {"localhost", "shop.localhost", "shop.localhost."}) {
    const auto found = resolve(resolver, host);
    ASSERT_TRUE(found) << host;
    for (const auto& address : *found) EXPECT_TRUE(address.is_loopback()) << host;
  }
}

TEST_F(ResolverTest, says_that_a_name_does_not_exist_or_cannot_be_asked_for) {
  Resolver resolver(context.get_executor(), clock, {});
  // RFC 6761 §6.4: no name under .invalid exists. A machine without any name server cannot know and says so.
  const auto found = resolve(resolver, "gannet.invalid");
  ASSERT_FALSE(found);
  EXPECT_TRUE(found.error().kind() == ErrorKind::not_found || found.error().kind() == ErrorKind::unavailable)
      << found.error().describe();
}

TEST_F(ResolverTest, ends_with_its_scope_and_bounds_what_it_has_in_hand) {
  Resolver resolver(context.get_executor(), clock, {});
  const auto late = resolve(resolver, "gannet.invalid", 80, aio::Scope::background().within(0ms));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().kind(), ErrorKind::timeout);
  aio::CancelSource source;
  source.cancel("test");
  const auto cancelled = resolve(resolver, "gannet.invalid", 80, aio::Scope(source));
  ASSERT_FALSE(cancelled);
  EXPECT_EQ(cancelled.error().kind(), ErrorKind::cancelled);
  Resolver full(context.get_executor(), clock, {.lookups_max = 0});
  const auto exhausted = resolve(full, "gannet.invalid");
  ASSERT_FALSE(exhausted);
  EXPECT_EQ(exhausted.error().kind(), ErrorKind::exhausted);
}

}  // namespace
}  // namespace gannet::net
