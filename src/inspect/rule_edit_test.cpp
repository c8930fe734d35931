#include "inspect/rule_edit.hpp"

#include <gtest/gtest.h>

#include "inspect/site_rules.hpp"

namespace gannet::inspect {
namespace {

using datasets::Category;

Decision decision(std::string name, Category category, std::string site = "", std::string note = "") {
  return {.key = {.name = std::move(name), .domain = "shop.test", .site = std::move(site)},
          .category = category,
          .note = std::move(note)};
}

TEST(RuleEdit, makes_a_rule_and_a_case_of_a_decision) {
  const auto text = with_decision("", "rules.json", decision("a", Category::analytics, "", "Said so."));
  ASSERT_TRUE(text) << text.error().describe();
  const auto rules = parse_rule_file(*text, "rules.json").value();
  const auto* rule = rules.rules.find("a", "www.shop.test");
  ASSERT_NE(rule, nullptr);
  EXPECT_EQ(rule->category, Category::analytics);
  EXPECT_EQ(rule->description, "Said so.");
  ASSERT_EQ(rules.cases.size(), 1U);
  EXPECT_EQ(rules.cases[0].name, "a");
  EXPECT_EQ(rules.cases[0].domain, "shop.test");
  EXPECT_EQ(rules.cases[0].category, Category::analytics);
}

TEST(RuleEdit, of_one_site_is_an_override_there_alone) {
  const auto text = with_decision("{}", "rules.json", decision("a", Category::necessary, "shop.test")).value();
  const auto rules = parse_rule_file(text, "rules.json").value();
  EXPECT_EQ(rules.rules.size(), 0U);
  EXPECT_NE(rules.overrides.find("a", "shop.test", "shop.test"), nullptr);
  EXPECT_EQ(rules.overrides.find("a", "shop.test", "other.test"), nullptr);
  EXPECT_EQ(rules.cases.at(0).site, "shop.test");
}

TEST(RuleEdit, changes_its_own_rule_where_it_stands) {
  const std::string before = R"({"rules": [{"prefix": "x", "category": "analytics"},
    {"name": "a", "domain": "Shop.test", "category": "analytics", "platform": "House"}]})";
  const auto text = with_decision(before, "rules.json", decision("a", Category::functional)).value();
  const auto list = parse_rule_file(text, "rules.json")->rules.list();
  ASSERT_EQ(list.size(), 2U);
  EXPECT_EQ(list[1].category, Category::functional);
  EXPECT_EQ(list[1].platform, "House");
}

TEST(RuleEdit, a_new_rule_is_hidden_by_no_older_one) {
  const auto text =
      with_decision(R"({"rules": [{"regex": ".*", "category": "analytics"}]})", "rules.json", decision("a", Category::necessary))
          .value();
  EXPECT_EQ(parse_rule_file(text, "rules.json")->rules.find("a", "shop.test")->category, Category::necessary);
}

TEST(RuleEdit, keeps_what_was_written_by_hand) {
  const std::string before =
      R"({"lifetime_days_max": 180, "overrides": [{"regex": "ä\\d", "category": "functional", "description": "\"x\""}], "rules": []})";
  const auto text = with_decision(before, "rules.json", decision("a", Category::analytics)).value();
  const auto undone = without_decision(text, "rules.json", decision("a", Category::unknown).key);
  ASSERT_TRUE(undone) << undone.error().describe();
  EXPECT_EQ(*undone,
            "{\n  \"lifetime_days_max\": 180,\n  \"overrides\": [\n"
            "    {\"regex\":\"ä\\\\d\",\"category\":\"functional\",\"description\":\"\\\"x\\\"\"}\n  ],\n"
            "  \"rules\": [],\n  \"cases\": []\n}\n");
}

TEST(RuleEdit, refuses_a_file_that_could_not_be_loaded) {
  for (const auto& [content, message] : std::vector<std::pair<std::string_view, std::string_view>>{
           {"{\n  \"rules\": [\n    {]}", "rules.json: not JSON at line 3, column 6"},
           {R"({"rulez": []})", "rules.json: rulez: unknown field"},
           {R"({"cases": [{"name": "a", "category": "analytics"}]})", "rules.json: cases[0]: the field \"domain\" is missing"}}) {
    const auto text = with_decision(content, "rules.json", decision("a", Category::analytics));
    ASSERT_FALSE(text) << content;
    EXPECT_EQ(text.error().kind(), ErrorKind::invalid);
    EXPECT_TRUE(text.error().message().starts_with(message)) << text.error().message();
  }
}

TEST(RuleEdit, does_not_write_what_the_next_run_could_not_read) {
  EXPECT_FALSE(with_decision("", "rules.json", decision("", Category::analytics)));
}

TEST(RuleEdit, says_when_there_is_nothing_to_undo) {
  const auto text = without_decision("", "rules.json", decision("a", Category::unknown).key);
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().kind(), ErrorKind::not_found);
}

}  // namespace
}  // namespace gannet::inspect
