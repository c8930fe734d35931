#include "record/set_cookie.hpp"

#include <gtest/gtest.h>

#include "record/impl/test_vectors.hpp"

namespace gannet::record {
namespace {

using namespace std::chrono;

const Instant k_now{sys_days(2026y / November / 21) + 22h};

std::int64_t unix_seconds(Instant at) { return duration_cast<seconds>(at.time_since_epoch()).count(); }

/// Chromium keeps a cookie for at most 400 days.
constexpr std::int64_t k_chromium_lifetime_seconds_max = 400 * 86400;

void expect_like_chromium(const boost::json::object& kept, const ParsedCookie& cookie, std::string_view host) {
  const CookieKey key = cookie_key(cookie, {.host = host, .path = "/dir/set"});
  EXPECT_EQ(key.name, text_of(kept, "name"));
  EXPECT_EQ(cookie.value, text_of(kept, "value"));
  EXPECT_EQ(key.domain, text_of(kept, "domain"));
  EXPECT_EQ(key.host_only, kept.at("host_only").as_bool());
  EXPECT_EQ(key.path, text_of(kept, "path"));
  EXPECT_EQ(cookie.secure, kept.at("secure").as_bool());
  EXPECT_EQ(cookie.http_only, kept.at("http_only").as_bool());
  EXPECT_EQ(cookie.partitioned, kept.at("partitioned").as_bool());
  EXPECT_EQ(to_string(cookie.same_site), text_of(kept, "same_site"));
  EXPECT_TRUE(is_domain_match(host, key.domain));
  const auto& lifetime = kept.at("lifetime_s");
  EXPECT_EQ(cookie.lifetime_seconds.has_value(), !lifetime.is_null());
  if (cookie.lifetime_seconds && lifetime.is_int64()) {
    EXPECT_EQ(std::min(*cookie.lifetime_seconds, k_chromium_lifetime_seconds_max), lifetime.as_int64());
  }
}

// Each vector is a line with what Chromium made of it: kept as given, or one of four reasons why its jar stayed empty.
TEST(CookieLine, reads_as_chromium_does) {
  for (const auto& vector : read_vectors("chromium_cookies.json", "cookies")) {
    const std::string line = text_of(vector, "line"), host = text_of(vector, "host"), outcome = text_of(vector, "outcome");
    SCOPED_TRACE(line.substr(0, 100));
    const auto cookie = parse_cookie_line(line, k_now);
    ASSERT_EQ(cookie.has_value(), outcome != "ignored");
    if (outcome == "kept") expect_like_chromium(vector.at("cookie").as_object(), *cookie, host);
    if (outcome == "expired") EXPECT_LE(*cookie->lifetime_seconds, 0);
    if (outcome == "InvalidDomain") EXPECT_FALSE(is_domain_match(host, *cookie->domain));
  }
}

TEST(CookieDate, reads_as_chromium_does) {
  for (const auto& vector : read_vectors("chromium_cookies.json", "dates")) {
    const std::string text = text_of(vector, "text");
    SCOPED_TRACE(text);
    const auto date = parse_cookie_date(text);
    ASSERT_EQ(date.has_value(), !vector.contains("is_date"));
    if (vector.contains("unix_s")) EXPECT_EQ(unix_seconds(*date), vector.at("unix_s").as_int64());
    if (vector.contains("is_past")) EXPECT_LT(*date, k_now);
    if (vector.contains("is_far")) EXPECT_GT(*date, k_now + 400 * 24h);
  }
}

TEST(CookieDate, reads_every_usual_format) {
  for (const auto& vector : read_vectors("dates.json", "vectors")) {
    const std::string text = text_of(vector, "text");
    const auto date = parse_cookie_date(text);
    ASSERT_TRUE(date) << text;
    EXPECT_EQ(unix_seconds(*date), vector.at("unix_s").as_int64()) << text;
  }
}

TEST(CookieLine, lifetime_from_expires_is_relative_to_now) {
  const auto cookie = parse_cookie_line("a=1; Expires=Sun, 22 Nov 2026 22:00:00 GMT", k_now);
  EXPECT_EQ(cookie->lifetime_seconds, 86400);
  const auto within_a_second = parse_cookie_line("a=1; Expires=Sun, 22 Nov 2026 22:00:00 GMT", k_now + 86400s - 1ms);
  EXPECT_EQ(within_a_second->lifetime_seconds, 1) << "still in the future, so not a removal";
  const auto arrived = parse_cookie_line("a=1; Expires=Sun, 22 Nov 2026 22:00:00 GMT", k_now + 86400s);
  EXPECT_EQ(arrived->lifetime_seconds, 0);
}

TEST(CookieLine, lifetime_can_always_be_added_to_now) {
  for (const char* line :
       {"a=1; Max-Age=9223372036854775807", "a=1; Max-Age=-9223372036854775808", "a=1; Expires=1 Jan 99999 0:0:0"}) {
    const auto cookie = parse_cookie_line(line, k_now);
    const std::int64_t seconds_max = std::int64_t{1} << 40;
    EXPECT_LT(std::abs(*cookie->lifetime_seconds), seconds_max) << line;
  }
}

TEST(CookieLine, a_prefix_is_only_part_of_the_name) {
  EXPECT_EQ(parse_cookie_line("__Host-id=1", k_now)->name, "__Host-id");
  EXPECT_EQ(parse_cookie_line("__Secure-id=1", k_now)->name, "__Secure-id");
}

TEST(CookieLine, every_beginning_of_a_line_is_a_value_or_nothing) {
  const std::string line =
      "id=value; Domain=.shop.test; Path=/a; Max-Age=60; Expires=Wed, 09 Jun 2027 10:18:14 GMT; SameSite=None; Secure";
  for (std::size_t size = 0; size <= line.size(); ++size) {
    const auto cookie = parse_cookie_line(ExactCopy(line.substr(0, size)).view(), k_now);
    EXPECT_EQ(cookie.has_value(), size > 0);
  }
}

TEST(DefaultCookiePath, is_the_directory_of_the_request) {
  EXPECT_EQ(default_cookie_path("/a/b/page.html"), "/a/b");
  EXPECT_EQ(default_cookie_path("/a/b/"), "/a/b");
  EXPECT_EQ(default_cookie_path("/page"), "/");
  EXPECT_EQ(default_cookie_path("/"), "/");
  EXPECT_EQ(default_cookie_path(""), "/");
  EXPECT_EQ(default_cookie_path("page"), "/");
}

TEST(DomainMatch, takes_the_domain_and_what_lies_below_it) {
  EXPECT_TRUE(is_domain_match("shop.test", "shop.test"));
  EXPECT_TRUE(is_domain_match("a.b.shop.test", "shop.test"));
  EXPECT_FALSE(is_domain_match("myshop.test", "shop.test"));
  EXPECT_FALSE(is_domain_match("shop.test", "www.shop.test"));
  EXPECT_FALSE(is_domain_match("shop.test", ""));
  EXPECT_FALSE(is_domain_match("10.0.0.1", "0.0.1"));
  EXPECT_TRUE(is_domain_match("10.0.0.1", "10.0.0.1"));
}

}  // namespace
}  // namespace gannet::record
