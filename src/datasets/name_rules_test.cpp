#include "datasets/name_rules.hpp"

#include <gtest/gtest.h>

#include "datasets/json_text.hpp"

namespace gannet::datasets {
namespace {

Result<NameRules> rules_of(std::string_view text) { return NameRules::parse(parse_json(text, "test").value(), "rules"); }

TEST(NameRules, match_exact_prefix_and_whole_regex) {
  const auto rules = rules_of(R"([
    {"name": "ident", "category": "advertising"},
    {"prefix": "_ga_", "category": "analytics", "platform": "Google Analytics"},
    {"regex": "hs[0-9]+", "category": "Functional"}
  ])")
                         .value();
  EXPECT_EQ(rules.find("ident", "a.test")->category, Category::advertising);
  EXPECT_EQ(rules.find("_ga_X1", "a.test")->describe(), "_ga_* of Google Analytics");
  EXPECT_EQ(rules.find("hs12", "a.test")->category, Category::functional);
}

TEST(NameRules, do_not_match_parts_of_names) {
  const auto rules = rules_of(R"([
    {"name": "IDE", "category": "advertising"}, {"regex": "SM", "category": "analytics"}, {"regex": "hs", "category": "analytics"}
  ])")
                         .value();
  for (const std::string_view name : {"IDENT", "ident", "SMartbanner", "smartbanner", "paths", "hs1", "IDE2"}) {
    EXPECT_EQ(rules.find(name, "a.test"), nullptr) << name;
  }
}

TEST(NameRules, a_prefix_needs_something_after_it) {
  const auto rules = rules_of(R"([{"prefix": "_ga_", "category": "analytics"}])").value();
  EXPECT_EQ(rules.find("_ga_", "a.test"), nullptr);
}

TEST(NameRules, a_domain_condition_has_a_label_boundary) {
  const auto rules = rules_of(R"([{"name": "id", "domain": ".Example.com", "category": "analytics"}])").value();
  EXPECT_NE(rules.find("id", "example.com"), nullptr);
  EXPECT_NE(rules.find("id", "www.example.com"), nullptr);
  EXPECT_EQ(rules.find("id", "evilexample.com"), nullptr);
}

TEST(NameRules, the_first_rule_in_file_order_wins) {
  const auto rules = rules_of(R"([{"prefix": "a", "category": "analytics"}, {"name": "ab", "category": "necessary"}])").value();
  EXPECT_EQ(rules.find("ab", "a.test")->category, Category::analytics);
}

TEST(NameRules, a_rule_of_one_site_holds_only_where_that_site_is_visited) {
  const auto rules = rules_of(R"([{"name": "a", "category": "analytics", "site": "Shop.test"}])").value();
  EXPECT_NE(rules.find("a", "cdn.test", "www.shop.test"), nullptr);
  EXPECT_NE(rules.find("a", "cdn.test", "shop.test"), nullptr);
  EXPECT_EQ(rules.find("a", "cdn.test", "othershop.test"), nullptr);
  EXPECT_EQ(rules.find("a", "cdn.test"), nullptr);
}

TEST(NameRules, a_rule_knows_where_it_was_read) {
  const auto rules = rules_of(R"([{"name": "a", "category": "analytics"}, {"name": "b", "category": "analytics"}])").value();
  EXPECT_EQ(rules.find("b", "a.test")->place, "rules[1]");
}

TEST(NameRules, rules_that_are_appended_come_last) {
  auto rules = rules_of(R"([{"name": "a", "category": "analytics"}])").value();
  rules.append(rules_of(R"([{"prefix": "b", "category": "necessary"}, {"name": "a", "category": "necessary"}])").value());
  EXPECT_EQ(rules.find("a", "a.test")->category, Category::analytics);
  EXPECT_EQ(rules.find("bc", "a.test")->category, Category::necessary);
  EXPECT_EQ(rules.list().size(), 3U);
}

TEST(NameRules, a_runaway_pattern_gives_up_within_its_limit) {
  const auto rules = rules_of(R"([{"regex": "(a+)+b", "category": "analytics"}])").value();
  EXPECT_EQ(rules.find(std::string(2000, 'a'), "a.test"), nullptr);
  EXPECT_NE(rules.find("aab", "a.test"), nullptr);
}

TEST(NameRules, name_place_and_remedy_of_each_mistake) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {R"({})", "rules: must be an array of rules"},
      {R"([1])", "rules[0]: must be an object"},
      {R"([{"name": "a", "catagory": "analytics"}])", "rules[0]: unknown field \"catagory\""},
      {R"([{"name": "a"}])", "rules[0]: the field \"category\" is missing"},
      {R"([{"name": "a", "category": "marketing"}])",
       "rules[0].category: \"marketing\" must be necessary, functional, analytics or advertising"},
      {R"([{"name": "a", "category": "unknown"}])", "rules[0].category: \"unknown\" must be"},
      {R"([{"name": "a", "prefix": "a", "category": "analytics"}])", "rules[0]: give exactly one of"},
      {R"([{"category": "analytics"}])", "rules[0]: give exactly one of"},
      {R"([{"name": "", "category": "analytics"}])", "rules[0].name: is empty"},
      {R"([{"name": 5, "category": "analytics"}])", "rules[0].name: must be a string"},
      {R"([{"name": "a", "category": "analytics", "domain": "https://a.test/"}])",
       "rules[0].domain: \"https://a.test/\" must be a host name"},
      {R"([{"name": "a", "category": "analytics"}, {"regex": "a(b", "category": "analytics"}])",
       "rules[1].regex: missing closing parenthesis at character 4"},
  };
  for (const auto& [text, message] : cases) {
    const auto rules = rules_of(text);
    ASSERT_FALSE(rules) << text;
    EXPECT_EQ(rules.error().kind(), ErrorKind::invalid);
    EXPECT_TRUE(rules.error().message().starts_with(message)) << rules.error().message();
  }
}

}  // namespace
}  // namespace gannet::datasets
