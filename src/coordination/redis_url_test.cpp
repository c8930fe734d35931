#include <gtest/gtest.h>

#include "coordination/redis.hpp"

namespace gannet::coordination {
namespace {

TEST(RedisUrl, names_host_port_database_and_who) {
  const auto full = parse_redis_url("redis://jane:p%40ss@cache.example:6380/3").value();
  EXPECT_EQ(full.host, "cache.example");
  EXPECT_EQ(full.port, 6380);
  EXPECT_EQ(full.database, 3);
  EXPECT_EQ(full.user, "jane");
  EXPECT_EQ(full.password, "p@ss");
  EXPECT_EQ(full.describe(), "redis://cache.example:6380/3") << "without the password";

  const auto plain = parse_redis_url("redis://localhost").value();
  EXPECT_EQ(plain.port, 6379);
  EXPECT_EQ(plain.database, 0);
  EXPECT_EQ(parse_redis_url("redis://:secret@localhost/").value().password, "secret");
  EXPECT_EQ(parse_redis_url("redis://[::1]:7000/1").value().host, "::1");
  EXPECT_EQ(parse_redis_url("redis://[::1]:7000/1").value().describe(), "redis://[::1]:7000/1");
  EXPECT_EQ(parse_redis_url("redis://:a:b@c@localhost").value().password, "a:b@c") << "the last @ ends it";
}

TEST(RedisUrl, may_be_a_unix_socket) {
  const auto address = parse_redis_url("unix:///run/redis/redis.sock?db=2&password=p%20w").value();
  EXPECT_EQ(address.socket_path, "/run/redis/redis.sock");
  EXPECT_EQ(address.database, 2);
  EXPECT_EQ(address.password, "p w");
}

TEST(RedisUrl, that_is_wrong_is_refused_without_its_password) {
  for (const auto* url :
       {"", "localhost:6379", "http://x", "redis://", "redis://:secret@", "redis://:secret@host:0", "redis://:secret@host:65536",
        "redis://:secret@host:port", "redis://:secret@host/one", "redis://:secret@host/-1", "redis://secret@host", "redis://[::1",
        "redis://[::1]x", "rediss://:secret@host", "unix://secret", "unix:///run/redis.sock?secret=1"}) {
    const auto parsed = parse_redis_url(url);
    ASSERT_FALSE(parsed) << url;
    EXPECT_EQ(parsed.error().kind(), ErrorKind::invalid);
    EXPECT_TRUE(parsed.error().message().starts_with("REDIS_URL")) << "the message names the setting";
    if (std::string_view(url).contains(":secret@"))
      EXPECT_EQ(parsed.error().message().find(":secret@"), std::string::npos) << url;
  }
}

}  // namespace
}  // namespace gannet::coordination
