#include "report/policy.hpp"

#include <limits>

#include <gtest/gtest.h>

#include "report/declaration.hpp"
#include "report/testdata/examples.hpp"

namespace gannet::report {
namespace {

using inspect::Category;

std::string policy_of(std::string_view name, PolicyFormat format = PolicyFormat::markdown) {
  const Example example = make_example(name);
  return cookie_policy(example.scan, example.inspection, format);
}

/// One cookie of a clean scan, with this name and purpose.
std::string policy_with(std::string cookie_name, Category category, record::Confidence confidence) {
  Example example = make_example("clean");
  inspect::CookieVerdict cookie;
  cookie.cookie.key.name = std::move(cookie_name);
  cookie.cookie.key.domain = "shop.test";
  cookie.categorisation = {.category = category,
                           .source = "open cookie database",
                           .rule = "a rule",
                           .confidence = confidence,
                           .description = "What it does.",
                           .platform = {}};
  example.inspection.states.at(0).cookies = {cookie};
  return cookie_policy(example.scan, example.inspection, PolicyFormat::markdown);
}

TEST(CookiePolicy, groups_cookies_by_category_with_purpose_and_lifetime) {
  const std::string text = policy_with("known", Category::analytics, record::Confidence::likely);
  const auto heading = text.find("### Analytics");
  const auto row = text.find("| known | shop.test | What it does. | Until the browser is closed | cookie | first party |");
  ASSERT_NE(heading, std::string::npos) << text;
  ASSERT_NE(row, std::string::npos) << text;
  EXPECT_LT(heading, row);
}

TEST(CookiePolicy, never_presents_a_guess_as_a_purpose) {
  for (const auto& [category, confidence] :
       {std::pair(Category::unknown, record::Confidence::unsure), std::pair(Category::necessary, record::Confidence::unsure)}) {
    const std::string text = policy_with("odd", category, confidence);
    const auto review = text.find("### Needs review");
    ASSERT_NE(review, std::string::npos);
    EXPECT_GT(text.find("| odd |"), review);
    EXPECT_EQ(text.find("What it does."), std::string::npos);
  }
}

TEST(CookiePolicy, says_from_which_scan_and_when) {
  const Example example = make_example("clean");
  const std::string text = policy_of("clean");
  EXPECT_NE(text.find(example.scan.id.to_string()), std::string::npos);
  EXPECT_NE(text.find(format_instant(example.scan.started_at).substr(0, 10)), std::string::npos);
}

TEST(CookiePolicy, warns_where_the_scan_was_partial_and_only_there) {
  EXPECT_NE(policy_of("partial").find("Warning: the scan did not see everything"), std::string::npos);
  EXPECT_NE(policy_of("failed").find("Warning: the scan did not see everything"), std::string::npos);
  EXPECT_EQ(policy_of("clean").find("Warning"), std::string::npos);
}

TEST(CookiePolicy, lets_no_markup_of_a_page_through) {
  const std::string html = policy_of("hostile", PolicyFormat::html);
  for (const std::string_view forbidden : {"<script", "<img", "<b>", "\x1b", "\u202e", "\xff"})
    EXPECT_EQ(html.find(forbidden), std::string::npos) << forbidden;
  const std::string markdown = policy_of("hostile");
  std::size_t at = 0;
  while ((at = markdown.find('<', at)) != std::string::npos) {
    EXPECT_EQ(markdown.substr(at, 8), "<!-- -->") << markdown.substr(at, 80);
    ++at;
  }
}

TEST(Markdown, keeps_text_what_it_is) {
  EXPECT_EQ(escape_markdown("_ga*"), "\\_ga\\*");
  EXPECT_EQ(escape_markdown("a|b\\"), "a&#124;b\\\\");
  EXPECT_EQ(escape_markdown("[x](javascript:1)"), "\\[x\\]\\(javascript:1\\)");
  EXPECT_EQ(escape_markdown("<b>&amp;"), "&lt;b&gt;&amp;amp;");
  EXPECT_EQ(escape_markdown("http://a.test"), "http<!-- -->://a.test");
  EXPECT_EQ(escape_markdown("WWW.a.test a@b.c"), "WWW<!-- -->.a.test a<!-- -->@<!-- -->b.c");
  EXPECT_EQ(escape_markdown("- 1.5\n2"), "\\- 1.5 2");
  EXPECT_EQ(escape_markdown("1. a"), "1\\. a");
}

TEST(PolicyLifetime, is_said_in_words) {
  constexpr std::int64_t k_day = 86'400;
  EXPECT_EQ(policy_lifetime(std::nullopt), "Until the browser is closed");
  EXPECT_EQ(policy_lifetime(30), "30 seconds");
  EXPECT_EQ(policy_lifetime(5400), "90 minutes");
  EXPECT_EQ(policy_lifetime(3600), "1 hour");
  EXPECT_EQ(policy_lifetime(k_day), "1 day");
  EXPECT_EQ(policy_lifetime(30 * k_day), "30 days");
  EXPECT_EQ(policy_lifetime(365 * k_day), "1 year");
  EXPECT_EQ(policy_lifetime(395 * k_day), "13 months");
  EXPECT_EQ(policy_lifetime(400 * k_day - 3), "400 days");
  EXPECT_EQ(policy_lifetime(730 * k_day), "2 years");
  EXPECT_EQ(policy_lifetime(-5), "0 seconds");
  EXPECT_EQ(policy_lifetime(std::numeric_limits<std::int64_t>::max()), "More than 100 years");
}

TEST(DeclarationReport, has_all_four_outcomes) {
  const Example example = make_example("clean");
  inspect::DeclarationComparison comparison;
  inspect::InventoryItem seen;
  seen.name = "a\x1b[2J";
  seen.domain = "shop.test";
  comparison.undeclared = {seen};
  const auto declared = [](std::string name) {
    inspect::DeclaredCookie made;
    made.name = std::move(name);
    return made;
  };
  comparison.matches = {{.declared = declared("same"), .seen = {seen}, .differences = {}},
                        {.declared = declared("other"), .seen = {seen}, .differences = {"lifetime: declared x, seen y"}}};
  comparison.not_seen = {declared("gone")};
  const Verdict verdict = make_verdict(example.scan, example.inspection);
  const std::string text = declaration_text(example.scan, verdict, comparison);
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_EQ(text.find("Warning"), std::string::npos);
  for (const std::string_view part :
       {"Seen, not declared: 1\n  a\\u{1b}", "Declared, but different: 1\n  other: 1 match\n      lifetime:",
        "Declared and seen: 1\n  same: 1 match", "no proof that the site does not use them): 1\n  gone"})
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
  const std::string json = declaration_json(example.scan, verdict, comparison);
  for (const std::string_view part : {"\"is_complete\": true", "\"name\": \"gone\"", "\"kind\": \"cookie\""})
    EXPECT_NE(json.find(part), std::string::npos) << part << "\n" << json;
}

}  // namespace
}  // namespace gannet::report
