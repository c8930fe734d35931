#include "change/snapshot.hpp"

#include <gtest/gtest.h>
#include <boost/json.hpp>

#include "base/file.hpp"

namespace gannet::change {
namespace {

namespace json = boost::json;

/// A document with one of everything that is read.
json::object document() {
  static const std::string text = read_file(GANNET_SOURCE_DIR "/src/change/testdata/snapshot_fuzz/document.json").value();
  return json::parse(text).as_object();
}

Result<Snapshot> parse(const json::object& document) { return parse_snapshot(json::serialize(document)); }

std::string error_of(const json::object& document) {
  const Result<Snapshot> parsed = parse(document);
  return parsed ? "no error" : parsed.error().describe();
}

json::object& untouched(json::object& document) { return document["states"].as_object()["untouched"].as_object(); }
json::object& first(json::object& state, std::string_view list) { return state[list].as_array()[0].as_object(); }

TEST(Snapshot, holds_what_can_be_compared) {
  const Snapshot snapshot = parse(document()).value();
  EXPECT_EQ(snapshot.host, "shop.test");
  EXPECT_EQ(snapshot.status, record::ScanStatus::success);
  ASSERT_EQ(snapshot.states.size(), 1U);
  const StateSnapshot& state = snapshot.states[0];
  EXPECT_TRUE(state.is_established);
  ASSERT_EQ(state.items.size(), 3U);
  const Item& cookie = state.items[0];
  EXPECT_EQ(cookie.key, (ItemKey{ItemKind::cookie, "_ga", "shop.test", "/", "https://top.test"}));
  EXPECT_EQ(cookie.pages, std::vector<std::string>{"https://shop.test/"});
  EXPECT_EQ(cookie.attribute("same_site"), "Lax");
  EXPECT_EQ(cookie.attribute("lifetime"), "over 13 months") << "as declared, not as capped";
  EXPECT_EQ(cookie.attribute("first_seen"), "before the choice");
  EXPECT_EQ(cookie.attribute("set_by"), "script of cdn.stats.test");
  EXPECT_EQ(state.items[1].key, (ItemKey{ItemKind::storage, "cart", "https://shop.test", "localStorage", ""}));
  EXPECT_EQ(state.items[2].key.name, "stats.test");
  EXPECT_EQ(state.items[2].attribute("tracker"), "yes");
  ASSERT_EQ(state.pages.size(), 1U);
  EXPECT_EQ(state.pages[0].settled_by, record::SettledBy::ceiling) << "the worst of its phases";
  ASSERT_EQ(snapshot.findings.size(), 1U);
  EXPECT_EQ(snapshot.findings[0].states, std::vector{record::ConsentState::untouched});
  EXPECT_EQ(snapshot.how.at("data set open cookie database"), "3.8.2 (0a1b2c3d4e5f)");
}

TEST(Snapshot, names_the_member_that_is_wrong_and_what_belongs_there) {
  struct Case {
    std::string message;
    void (*damage)(json::object&);
  };
  const Case cases[] = {
      {"the document: \"states\" is missing", [](json::object& d) { d.erase("states"); }},
      {"schema_version: is \"2.0\"; this version of Gannet reads 1.x", [](json::object& d) { d["schema_version"] = "2.0"; }},
      {"url: must be an absolute URL", [](json::object& d) { d["url"] = "shop"; }},
      {"states: must be an object", [](json::object& d) { d["states"] = 3; }},
      {"states.untouched.cookies: must be a list", [](json::object& d) { untouched(d)["cookies"] = "none"; }},
      {"states.untouched.cookies[0].name: must be text",
       [](json::object& d) { first(untouched(d), "cookies")["name"] = json::array(); }},
      {"states.untouched.cookies[0].secure: must be true or false",
       [](json::object& d) { first(untouched(d), "cookies")["secure"] = 1; }},
      {"states.untouched.cookies[0].declared_lifetime_seconds: must be a whole number",
       [](json::object& d) { first(untouched(d), "cookies")["declared_lifetime_seconds"] = "long"; }},
      {"states.untouched.cookies[0].phase: must be one of S0, S1, S2, S3",
       [](json::object& d) { first(untouched(d), "cookies")["phase"] = "S9"; }},
      {"states.untouched.pages[0].phases[0]: must be an object",
       [](json::object& d) { first(untouched(d), "pages")["phases"] = json::array{7}; }},
      {"findings[0].severity: must be one of info, low, medium, high, critical",
       [](json::object& d) { first(d, "findings")["severity"] = "awful"; }},
  };
  for (const Case& c : cases) {
    json::object damaged = document();
    c.damage(damaged);
    EXPECT_EQ(error_of(damaged), c.message);
  }
}

TEST(Snapshot, reads_a_document_that_does_not_say_what_is_established) {
  json::object old = document();
  old["schema_version"] = "1.0";
  untouched(old).erase("established");
  json::object rejected = untouched(old);
  old["states"].as_object()["rejected"] = rejected;
  rejected["consent"].as_object()["result"] = "proved";
  old["states"].as_object()["accepted"] = rejected;
  const Snapshot snapshot = parse(old).value();
  ASSERT_EQ(snapshot.states.size(), 3U);
  EXPECT_TRUE(snapshot.states[0].is_established);
  EXPECT_FALSE(snapshot.states[1].is_established);
  EXPECT_TRUE(snapshot.states[2].is_established);
}

TEST(Snapshot, ignores_members_of_a_newer_minor_version) {
  json::object newer = document();
  newer["schema_version"] = "1.9";
  newer["surprise"] = json::object{{"deep", 1}};
  EXPECT_EQ(error_of(newer), "no error");
}

TEST(Snapshot, refuses_what_is_no_document) {
  EXPECT_EQ(parse_snapshot("").error().kind(), ErrorKind::invalid);
  EXPECT_EQ(parse_snapshot("[]").error().describe(), "the document: must be an object");
  EXPECT_TRUE(parse_snapshot(json::serialize(document()) + "\n").has_value());
  EXPECT_TRUE(parse_snapshot("{\"a\": 1}{").error().describe().starts_with("more text after the scan document, at byte 8"));
  EXPECT_TRUE(parse_snapshot(std::string(100'000, '[')).error().describe().starts_with("no scan document: not JSON"));
}

TEST(Snapshot, refuses_what_is_too_large) {
  const Result<Snapshot> too_long = parse_snapshot(std::string(k_document_bytes_max.count + 1, ' '));
  ASSERT_FALSE(too_long.has_value());
  EXPECT_EQ(too_long.error().kind(), ErrorKind::exhausted);
  json::object document_of_many = document();
  first(document_of_many, "findings")["evidence"] = json::array(k_list_items_max + 1, json::value(0));
  EXPECT_EQ(error_of(document_of_many), "findings[0].evidence: has 50001 entries; at most 50000 can be compared");
}

TEST(Snapshot, keeps_one_of_items_with_the_same_key) {
  json::object repeated = document();
  json::array& cookies = untouched(repeated)["cookies"].as_array();
  cookies.push_back(json::value(cookies[0]));
  EXPECT_EQ(parse(repeated).value().states[0].items.size(), 3U);
}

TEST(LifetimeClass, does_not_change_by_a_second_at_the_lifetimes_that_sites_use) {
  constexpr std::int64_t k_day = 86'400;
  for (const std::int64_t seconds : {1800L, 3600L, 4 * 3600L, k_day, 7 * k_day, 30 * k_day, 31 * k_day, 90 * k_day, 183 * k_day,
                                     365 * k_day, 395 * k_day, 396 * k_day, 400 * k_day, 730 * k_day}) {
    EXPECT_EQ(lifetime_class(seconds), lifetime_class(seconds - 60)) << seconds;
    EXPECT_EQ(lifetime_class(seconds), lifetime_class(seconds + 60)) << seconds;
  }
  EXPECT_NE(lifetime_class(396 * k_day), lifetime_class(400 * k_day)) << "the limit of 13 months lies between";
  EXPECT_NE(lifetime_class(3600), lifetime_class(k_day));
}

}  // namespace
}  // namespace gannet::change
