#include <gtest/gtest.h>

#include "app/arguments.hpp"

namespace gannet::app {
namespace {

Arguments parse(std::vector<std::string> words) {
  words.insert(words.begin(), "gannet");
  std::vector<char*> pointers;
  for (auto& word : words) pointers.push_back(word.data());
  return parse_arguments(int(pointers.size()), pointers.data());
}

template <class Command>
Command parse_as(std::vector<std::string> words) {
  auto arguments = parse(std::move(words));
  if (const auto* printed = std::get_if<Printed>(&arguments)) ADD_FAILURE() << printed->text;
  auto* command = std::get_if<Command>(&arguments);
  return command ? *command : Command();
}

std::string complaint(std::vector<std::string> words) {
  const auto arguments = parse(std::move(words));
  const auto* printed = std::get_if<Printed>(&arguments);
  if (!printed) return "nothing was wrong";
  EXPECT_EQ(printed->exit_code, 2) << printed->text;
  return printed->text;
}

TEST(CookiesArguments, of_set_make_a_decision) {
  const auto set = parse_as<CookiesSetArguments>({"cookies", "set", "--domain", ".Shop.test", "--category", "Analytics", "--site",
                                                  "www.shop.test", "--note", "Said so.", "--data-dir", "/d", "--", "-name"});
  EXPECT_EQ(set.decision.key.name, "-name");
  EXPECT_EQ(set.decision.key.domain, "shop.test");
  EXPECT_EQ(set.decision.key.site, "www.shop.test");
  EXPECT_EQ(set.decision.category, datasets::Category::analytics);
  EXPECT_EQ(set.decision.note, "Said so.");
  EXPECT_EQ(set.common.data_dir, "/d");
}

TEST(CookiesArguments, keep_a_name_with_odd_characters_whole) {
  for (const std::string name : {"a b", "[x]", "{a:1}", "a,b", "a=b", "*", "@file"}) {
    EXPECT_EQ(parse_as<CookiesTestArguments>({"cookies", "test", name, "--domain", "shop.test"}).key.name, name);
  }
}

TEST(CookiesArguments, that_are_wrong_name_the_option_and_the_remedy) {
  EXPECT_NE(complaint({"cookies"}).find("subcommand"), std::string::npos);
  EXPECT_NE(complaint({"cookies", "set", "a", "--domain", "shop.test"}).find("--category"), std::string::npos);
  EXPECT_NE(complaint({"cookies", "set", "a", "--domain", "shop.test", "--category", "unknown"}).find("it must be necessary"),
            std::string::npos);
  EXPECT_NE(complaint({"cookies", "test", "a", "--domain", "https://shop.test/"}).find("--domain is 'https://shop.test/'"),
            std::string::npos);
  EXPECT_NE(complaint({"cookies", "test", "", "--domain", "shop.test"}).find("NAME is empty"), std::string::npos);
  EXPECT_NE(complaint({"cookies", "review", "--limit", "0"}).find("--limit"), std::string::npos);
  EXPECT_NE(complaint({"cookies", "check", "--format", "html"}).find("it must be text or json"), std::string::npos);
}

TEST(PolicyArguments, choose_the_format_by_what_is_asked_for) {
  EXPECT_EQ(parse_as<PolicyArguments>({"policy", "01a2009a"}).policy_format, report::PolicyFormat::markdown);
  EXPECT_EQ(parse_as<PolicyArguments>({"policy", "01a2009a", "--format", "html"}).policy_format, report::PolicyFormat::html);
  const auto compared =
      parse_as<PolicyArguments>({"policy", "01a2009a", "--declaration", "d.csv", "--format", "json", "--fail-on-undeclared"});
  EXPECT_EQ(compared.comparison_format, Format::json);
  EXPECT_TRUE(compared.fails_on_undeclared);
  EXPECT_NE(complaint({"policy", "01a2009a", "--format", "json"}).find("must be markdown or html"), std::string::npos);
  EXPECT_NE(complaint({"policy", "01a2009a", "--declaration", "d.csv", "--format", "html"}).find("must be text or json"),
            std::string::npos);
  EXPECT_NE(complaint({"policy", "01a2009a", "--fail-on-undeclared"}).find("needs --declaration"), std::string::npos);
}

}  // namespace
}  // namespace gannet::app
