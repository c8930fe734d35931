#include "feed/feed.hpp"

#include <gtest/gtest.h>

namespace gannet::feed {
namespace {

/// As guide 002 prints it.
constexpr std::string_view k_printed = R"({
  "data": [
    {
      "domain_config_id": "abc-123",
      "data": {
        "domain": "example.com",
        "description": "Example domain",
        "allow_deep_scan": true,
        "maxPages": 50,
        "scanDepth": 5,
        "maxRetries": 3,
        "customPages": ["/page1", "/page2"],
        "accept_selector": "button[data-role='accept']",
        "schedule": {
          "frequency": "daily",
          "time": {
            "hour": 2,
            "minute": 0
          }
        }
      }
    }
  ]
})";

/// One item with these fields in its data.
std::string feed_of(std::string_view fields) {
  return fmt::format(R"({{"data":[{{"domain_config_id":"a","data":{{{}}}}}]}})", fields);
}
constexpr std::string_view k_schedule = R"("schedule":{"frequency":"daily","time":{"hour":2,"minute":0}})";

FeedItem item_of(std::string_view fields) {
  auto feed =
      parse_feed(feed_of(std::string(R"("domain":"example.com",)") + std::string(k_schedule) + "," + std::string(fields)));
  EXPECT_TRUE(feed);
  EXPECT_EQ(feed->items.size(), 1U) << (feed->invalid.empty() ? "" : feed->invalid[0].reason);
  return feed->items.empty() ? FeedItem{} : feed->items[0];
}

TEST(Feed, is_read_as_the_guide_prints_it) {
  const auto feed = parse_feed(k_printed).value();
  EXPECT_TRUE(feed.invalid.empty());
  ASSERT_EQ(feed.items.size(), 1U);
  const auto& item = feed.items[0];
  EXPECT_EQ(item.id, "abc-123");
  EXPECT_EQ(item.domain.domain, "example.com");
  EXPECT_EQ(item.domain.start_url, "https://example.com/");
  EXPECT_EQ(item.description, "Example domain");
  EXPECT_EQ(item.scan_type, "deep");
  EXPECT_EQ(item.scan_params, R"({"max_pages":50,"scan_depth":5,"max_retries":3,"custom_pages":["/page1","/page2"],)"
                              R"("accept_selector":"button[data-role='accept']"})");
  EXPECT_EQ(item.frequency, "daily");
  EXPECT_EQ(item.time_config, R"({"hour":2,"minute":0})");
}

TEST(Feed, allow_deep_scan_is_a_boolean_or_text) {
  EXPECT_EQ(item_of(R"("allow_deep_scan":true)").scan_type, "deep");
  EXPECT_EQ(item_of(R"("allow_deep_scan":"True")").scan_type, "deep");
  EXPECT_EQ(item_of(R"("allow_deep_scan":false)").scan_type, "quick");
  EXPECT_EQ(item_of(R"("allow_deep_scan":"false")").scan_type, "quick");
  EXPECT_EQ(item_of(R"("allow_deep_scan":null)").scan_type, "quick");
  EXPECT_EQ(item_of(R"("x":1)").scan_type, "quick") << "unknown fields are nobody's";
  EXPECT_EQ(item_of(R"("maxPages":50,"scanDepth":5,"maxRetries":1)").scan_params, R"({"max_retries":1})")
      << "a quick scan has no page limit and no depth";
}

TEST(Feed, an_item_that_is_wrong_costs_only_itself) {
  const std::pair<std::string_view, std::string_view> wrong[] = {
      {R"("domain":"")", "domain is empty"},
      {R"("domain":"ftp://x")", "domain: "},
      {R"("domain":7)", "domain must be text"},
      {R"("domain":"a.example")", "schedule is missing"},
      {R"("domain":"a.example","schedule":{"time":{}})", "schedule.frequency is missing"},
      {R"("domain":"a.example","schedule":{"frequency":"daily"})", "schedule.time must be an object"},
      {R"("domain":"a.example","maxPages":0)", "maxPages must be a whole number from 1 to 20000"},
      {R"("domain":"a.example","maxPages":1e3)", "maxPages must be"},
      {R"("domain":"a.example","maxRetries":"3")", "maxRetries must be"},
      {R"("domain":"a.example","scanDepth":-1)", "scanDepth must be"},
      {R"("domain":"a.example","customPages":"/a")", "customPages must be a list"},
      {R"("domain":"a.example","customPages":[1])", "customPages must hold"},
      {R"("domain":"a.example","allow_deep_scan":"maybe")", "allow_deep_scan must be true or false"},
      {R"("domain":"a.example","description":"\u0000")", "description has a NUL character"},
  };
  for (const auto& [fields, reason] : wrong) {
    auto text = feed_of(fields);
    text.insert(text.find('[') + 1,
                fmt::format(R"({{"domain_config_id":"good","data":{{"domain":"good.example",{}}}}},)", k_schedule));
    const auto feed = parse_feed(text);
    ASSERT_TRUE(feed) << text;
    ASSERT_EQ(feed->items.size(), 1U) << text;
    EXPECT_EQ(feed->items[0].id, "good");
    ASSERT_EQ(feed->invalid.size(), 1U);
    EXPECT_EQ(feed->invalid[0].id, "a");
    EXPECT_TRUE(feed->invalid[0].reason.starts_with(reason)) << feed->invalid[0].reason;
  }
}

TEST(Feed, an_item_without_an_id_or_with_one_twice_is_skipped) {
  const auto item = fmt::format(R"("data":{{"domain":"a.example",{}}})", k_schedule);
  const auto feed =
      parse_feed(fmt::format(R"({{"data":[{{{0}}},{{"domain_config_id":"",{0}}},{{"domain_config_id":7,{0}}},7,)"
                             R"({{"domain_config_id":"x",{0}}},{{"domain_config_id":"x",{0}}},{{"domain_config_id":"y"}}]}})",
                             item))
          .value();
  EXPECT_EQ(feed.items.size(), 1U);
  ASSERT_EQ(feed.invalid.size(), 6U);
  EXPECT_EQ(feed.invalid[4].id, "x");
  EXPECT_NE(feed.invalid[4].reason.find("twice"), std::string::npos);
}

TEST(Feed, that_is_none_is_refused_as_a_whole) {
  for (const auto* body :
       {"", "<html>Bad Gateway</html>", "[]", "{}", R"({"data":{}})", R"({"data":null})", R"({"data":[)", "{\"data\":[]}x"}) {
    const auto feed = parse_feed(body);
    ASSERT_FALSE(feed) << body;
    EXPECT_EQ(feed.error().kind(), ErrorKind::invalid);
  }
  EXPECT_NE(parse_feed("<html>Bad Gateway</html>").error().message().find("<html>Bad Gateway"), std::string::npos)
      << "what it begins with tells most";
  EXPECT_FALSE(parse_feed(std::string(100'000, '['))) << "nesting is bounded";
  std::string many = "{\"data\":[";
  for (std::size_t i = 0; i <= k_feed_items_max; ++i) many += i ? ",1" : "1";
  EXPECT_EQ(parse_feed(many + "]}").error().kind(), ErrorKind::exhausted);
  EXPECT_TRUE(parse_feed(R"({"data":[]})").value().items.empty());
}

TEST(Feed, the_hash_of_an_item_changes_with_what_it_says) {
  const auto plain = item_of(R"("description":"x")");
  EXPECT_EQ(item_of(R"(  "description" : "x" , "unknown": 7)").sha256, plain.sha256) << "not with how it is written";
  for (const auto* other : {R"("description":"y")", R"("description":"x","allow_deep_scan":true)",
                            R"("description":"x","maxRetries":1)", R"("description":"x","customPages":["/a"])"})
    EXPECT_NE(item_of(other).sha256, plain.sha256) << other;
}

}  // namespace
}  // namespace gannet::feed
