#include <gtest/gtest.h>

#include "conf/settings.hpp"

namespace gannet::conf {
namespace {

Result<std::optional<RedisAddress>> address_of(std::map<std::string, std::string> values) {
  const Layer layer{.source = "environment", .values = std::move(values)};
  const auto settings = resolve({&layer, 1}, {.memory = 16_GiB});
  return redis_address(*settings);
}

TEST(RedisAddress, is_none_where_nothing_is_said) { EXPECT_EQ(*address_of({{"REDIS_PASSWORD", ""}}), std::nullopt); }

TEST(RedisAddress, comes_from_the_single_settings) {
  EXPECT_EQ(*address_of({{"REDIS_HOST", "r"}, {"REDIS_PORT", "1"}, {"REDIS_DB", "2"}, {"REDIS_PASSWORD", "p"}}),
            (RedisAddress{.host = "r", .port = 1, .db = 2, .password = "p"}));
  EXPECT_EQ(*address_of({{"REDIS_PORT", "6380"}}), (RedisAddress{.host = "localhost", .port = 6380}));
}

TEST(RedisAddress, comes_from_the_url) {
  EXPECT_EQ(*address_of({{"REDIS_URL", "redis://u:p%40ss@r:7/3"}}),
            (RedisAddress{.host = "r", .port = 7, .db = 3, .user = "u", .password = "p@ss"}));
  EXPECT_EQ(*address_of({{"REDIS_URL", "redis://:p@[::1]:7"}}), (RedisAddress{.host = "::1", .port = 7, .password = "p"}));
  EXPECT_EQ(*address_of({{"REDIS_URL", "redis://r"}, {"REDIS_PASSWORD", "p"}, {"REDIS_HOST", "r"}, {"REDIS_PORT", "6379"}}),
            (RedisAddress{.host = "r", .password = "p"}))
      << "what agrees is no conflict, and the password is filled in";
}

TEST(RedisAddress, refuses_contradictions_and_names_both) {
  const auto error = [](std::map<std::string, std::string> values) {
    const auto address = address_of(std::move(values));
    return address ? "none" : address.error().message();
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
}  // namespace gannet::conf
