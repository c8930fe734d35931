#include "inspect/site_rules.hpp"

#include <unistd.h>
#include <filesystem>

#include <gtest/gtest.h>

#include "base/file.hpp"

namespace gannet::inspect {
namespace {

class RuleFile : public ::testing::Test {
 protected:
  void TearDown() override { std::filesystem::remove(path_); }
  Result<SiteRules> load(std::string_view content) {
    EXPECT_TRUE(write_file_atomically(path_, content));
    return load_rule_file(path_);
  }
  std::filesystem::path path_ = std::filesystem::temp_directory_path() / fmt::format("gannet_rules_{}.json", ::getpid());
};

TEST_F(RuleFile, holds_overrides_rules_and_the_lifetime_limit) {
  const auto rules = load(R"({
    "overrides": [{"name": "cart", "category": "necessary"}],
    "rules": [{"regex": "trk_[0-9]+", "category": "Analytics", "domain": "shop.test"}],
    "lifetime_days_max": 180})");
  ASSERT_TRUE(rules) << rules.error().describe();
  EXPECT_NE(rules->overrides.find("cart", "a.test"), nullptr);
  EXPECT_NE(rules->rules.find("trk_1", "www.shop.test"), nullptr);
  EXPECT_EQ(rules->lifetime_days_max, 180);
}

TEST_F(RuleFile, may_be_empty) {
  const auto rules = load("{}");
  ASSERT_TRUE(rules);
  EXPECT_EQ(rules->lifetime_days(), 395);
}

TEST_F(RuleFile, each_mistake_names_file_place_and_remedy) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"{", ": not JSON at line 1, column"},
      {"[]", ": must be an object"},
      {R"({"rule": []})", ": rule: unknown field; known are overrides, rules, cases, lifetime_days_max"},
      {R"({"rules": {}})", ": rules: must be an array"},
      {R"({"rules": [{"regex": "(", "category": "analytics"}]})", ": rules[0].regex: missing closing parenthesis"},
      {R"({"overrides": [{"name": "a", "category": "x"}]})", ": overrides[0].category: \"x\" must be necessary"},
      {R"({"lifetime_days_max": 0})", ": lifetime_days_max: must be a whole number of days from 1"},
      {R"({"lifetime_days_max": "long"})", ": lifetime_days_max: must be a whole number"},
  };
  for (const auto& [content, message] : cases) {
    const auto rules = load(content);
    ASSERT_FALSE(rules) << content;
    EXPECT_EQ(rules.error().kind(), ErrorKind::invalid);
    EXPECT_TRUE(rules.error().message().starts_with(path_.string() + std::string(message))) << rules.error().message();
  }
}

TEST_F(RuleFile, above_another_comes_first_in_each_list) {
  const auto upper =
      parse_rule_file(R"({"rules": [{"name": "a", "category": "analytics"}], "lifetime_days_max": 30})", "upper").value();
  const auto lower =
      parse_rule_file(R"({"rules": [{"name": "a", "category": "necessary"}, {"name": "b", "category": "necessary"}],
    "cases": [{"name": "b", "domain": "b.test", "category": "necessary"}], "lifetime_days_max": 60})",
                      "lower")
          .value();
  const SiteRules both = layered(upper, lower);
  EXPECT_EQ(both.rules.find("a", "a.test")->place, "upper: rules[0]");
  EXPECT_EQ(both.rules.find("b", "a.test")->place, "lower: rules[1]");
  EXPECT_EQ(both.lifetime_days(), 30);
  EXPECT_EQ(both.cases.size(), 1U);
  EXPECT_EQ(layered({}, lower).lifetime_days(), 60);
}

TEST_F(RuleFile, that_is_missing_is_named) {
  const auto rules = load_rule_file("/nonexistent/rules.json");
  ASSERT_FALSE(rules);
  EXPECT_EQ(rules.error().kind(), ErrorKind::not_found);
  EXPECT_TRUE(rules.error().message().contains("/nonexistent/rules.json"));
}

}  // namespace
}  // namespace gannet::inspect
