#include "app/make_coordination.hpp"

#include <gtest/gtest.h>

namespace gannet::app {
namespace {

using coordination::RedisAddress;

RedisAddress address(std::string host, std::uint16_t port, int database, std::string user, std::string password) {
  RedisAddress made;
  made.host = std::move(host);
  made.port = port;
  made.database = database;
  made.user = std::move(user);
  made.password = std::move(password);
  return made;
}

Result<std::optional<RedisAddress>> address_of(std::map<std::string, std::string> values) {
  const conf::Layer layer{.source = "environment", .values = std::move(values)};
  const auto settings = conf::resolve({&layer, 1}, {.memory = 16_GiB});
  return redis_address(*settings);
}

TEST(RedisAddress, is_none_where_nothing_is_said) { EXPECT_EQ(*address_of({{"REDIS_PASSWORD", ""}}), std::nullopt); }

TEST(RedisAddress, comes_from_the_single_settings) {
  EXPECT_EQ(*address_of({{"REDIS_HOST", "r"}, {"REDIS_PORT", "1"}, {"REDIS_DB", "2"}, {"REDIS_PASSWORD", "p"}}),
            address("r", 1, 2, "", "p"));
  EXPECT_EQ(*address_of({{"REDIS_PORT", "6380"}}), address("localhost", 6380, 0, "", ""));
}

TEST(RedisAddress, comes_from_the_url) {
  EXPECT_EQ(*address_of({{"REDIS_URL", "redis://u:p%40ss@r:7/3"}}), address("r", 7, 3, "u", "p@ss"));
  EXPECT_EQ(*address_of({{"REDIS_URL", "redis://:p@[::1]:7"}}), address("::1", 7, 0, "", "p"));
  EXPECT_EQ(*address_of({{"REDIS_URL", "redis://r"}, {"REDIS_PASSWORD", "p"}, {"REDIS_HOST", "r"}, {"REDIS_PORT", "6379"}}),
            address("r", 6379, 0, "", "p"))
      << "what agrees is no conflict, and the password is filled in";
}

TEST(RedisAddress, may_be_a_socket) {
  EXPECT_EQ(address_of({{"REDIS_URL", "unix:///run/redis.sock?db=2"}}).value().value().socket_path, "/run/redis.sock");
}

TEST(RedisAddress, refuses_contradictions_and_names_both) {
  const auto error = [](std::map<std::string, std::string> values) {
    const auto found = address_of(std::move(values));
    return found ? "none" : found.error().message();
  };
  EXPECT_EQ(error({{"REDIS_URL", "redis://a"}, {"REDIS_HOST", "b"}}),
            "REDIS_URL says a and REDIS_HOST says b; remove one of them");
  EXPECT_EQ(error({{"REDIS_URL", "redis://a/1"}, {"REDIS_DB", "2"}}), "REDIS_URL says 1 and REDIS_DB says 2; remove one of them");
  EXPECT_EQ(error({{"REDIS_URL", "redis://:x@a"}, {"REDIS_PASSWORD", "y"}}),
            "REDIS_URL and REDIS_PASSWORD hold different passwords; remove one of them");
  for (const char* bad : {"rediss://a", "http://a", "redis://", "redis://a:0", "redis://a:x", "redis://a/x", "redis://[::1"})
    EXPECT_NE(error({{"REDIS_URL", bad}}), "none") << bad;
}

}  // namespace
}  // namespace gannet::app
