#include "report/html.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "report/testdata/examples.hpp"
#include "report/verdict.hpp"

namespace gannet::report {
namespace {

/// What stands between '<' and '>' each time: text never does, as it is escaped.
std::vector<std::string_view> tags_of(std::string_view html) {
  std::vector<std::string_view> tags;
  for (auto begin = html.find('<'); begin != std::string_view::npos; begin = html.find('<', begin + 1))
    tags.push_back(html.substr(begin + 1, html.find('>', begin) - begin - 1));
  return tags;
}

/// What follows one of tags_of(html).
std::string_view text_after(std::string_view html, std::string_view tag) {
  const auto rest = html.substr(std::size_t(tag.data() + tag.size() + 1 - html.data()));
  return rest.substr(0, rest.find('<'));
}

std::string html_of(const Example& example) { return scan_html(example.scan, example.inspection); }

TEST(ScanHtml, escapes_what_ends_content_or_attributes) {
  EXPECT_EQ(escape_html("<a href=\"x\" id='y'>&"), "&lt;a href=&quot;x&quot; id=&#39;y&#39;&gt;&amp;");
}

TEST(ScanHtml, lets_no_markup_of_a_page_through) {
  const std::string html = html_of(make_example("hostile"));
  for (const std::string_view forbidden : {"<script", "<img", "<b>bold", "</title><", "\x1b", "\u202e", "\xff"})
    EXPECT_EQ(html.find(forbidden), std::string::npos) << forbidden;
  EXPECT_NE(html.find("A &lt;b&gt;bold&lt;/b&gt; &amp; &quot;quoted&quot;"), std::string::npos);
}

TEST(ScanHtml, loads_and_runs_nothing) {
  const std::string html = html_of(make_example("leaky"));
  EXPECT_NE(html.find("default-src 'none'; style-src 'unsafe-inline'; img-src data:"), std::string::npos);
  for (const std::string_view forbidden : {"<script", "<link", "<img", "src=", "href=", "url(", "@import"})
    EXPECT_EQ(html.find(forbidden), std::string::npos) << forbidden;
  const Example leaky = make_example("leaky");
  for (const auto tag : tags_of(scan_html(leaky.scan, leaky.inspection, make_pictures())))
    if (tag.find("src=") != std::string_view::npos) EXPECT_NE(tag.find(" src=\"data:image/png;base64,"), std::string_view::npos);
  for (const auto tag : tags_of(html)) EXPECT_EQ(tag.find(" on"), std::string_view::npos) << "an event handler in " << tag;
}

TEST(ScanHtml, closes_every_element_it_opens) {
  for (const Example& example : make_examples()) {
    const std::string html = scan_html(example.scan, example.inspection, make_pictures());
    std::vector<std::string_view> open;
    for (const auto tag : tags_of(html)) {
      const bool is_end = tag.starts_with('/');
      const auto name = tag.substr(is_end ? 1 : 0, tag.find(' ') - (is_end ? 1 : 0));
      if (name == "meta" || name == "!doctype" || name == "img") continue;
      if (!is_end) {
        open.push_back(name);
        continue;
      }
      ASSERT_FALSE(open.empty()) << example.name;
      ASSERT_EQ(open.back(), name) << example.name;
      open.pop_back();
    }
    EXPECT_TRUE(open.empty()) << example.name;
  }
}

TEST(ScanHtml, opens_with_the_verdict_that_the_text_report_gives) {
  for (const Example& example : make_examples()) {
    const std::string html = html_of(example);
    const std::string headline = "<h1>" + escape_html(make_verdict(example.scan, example.inspection).headline) + ".</h1>";
    EXPECT_NE(html.find(headline), std::string::npos) << example.name;
    EXPECT_LT(html.find(headline), html.find("<h2>")) << example.name;
  }
}

TEST(ScanHtml, leaves_no_cookie_out) {
  const std::string html = html_of(make_example("many"));
  for (int i = 1; i < 200; i += 2) EXPECT_NE(html.find(fmt::format("_{:03}", i)), std::string::npos) << i;
}

TEST(ScanHtml, names_the_column_in_each_cell_for_phones) {
  for (const Example& example : make_examples()) {
    std::vector<std::string_view> titles;
    std::size_t column = 0;
    const std::string html = html_of(example);
    for (const auto tag : tags_of(html)) {
      if (tag == "table") titles.clear();
      if (tag == "tr") column = 0;
      if (tag.starts_with("th ")) titles.push_back(text_after(html, tag));
      if (!tag.starts_with("td ")) continue;
      ASSERT_LT(column, titles.size()) << example.name;
      EXPECT_TRUE(tag.starts_with(fmt::format("td data-title=\"{}\"", titles[column++]))) << tag;
    }
  }
}

TEST(ScanHtml, folds_a_long_table_and_says_how_much_is_folded) {
  const std::string html = html_of(make_example("many"));
  EXPECT_NE(html.find("<summary>and 180 more cookies</summary>"), std::string::npos);
  EXPECT_EQ(html_of(make_example("leaky")).find("more cookies</summary>"), std::string::npos);
}

TEST(ScanHtml, shows_each_picture_it_has_and_none_it_has_not) {
  const Example example = make_example("leaky");
  const auto count = [&](const record::ScreenshotSet& pictures) {
    const auto html = scan_html(example.scan, example.inspection, pictures);
    return std::ranges::count_if(tags_of(html), [](std::string_view tag) { return tag.starts_with("img "); });
  };
  EXPECT_EQ(count(make_pictures()), 6) << "two phases in three states";
  EXPECT_EQ(count({}), 0);
  Example odd = example;
  for (auto& state : odd.scan.states) state.visits[0].screenshots = {{record::Phase::s0, {"picture", "text/html", 1, 1, 67}}};
  EXPECT_EQ(scan_html(odd.scan, odd.inspection, make_pictures()).find("<img"), std::string::npos);
}

TEST(ScanHtml, separates_what_is_wrong_from_what_wants_a_look) {
  const std::string html = html_of(make_example("leaky"));
  const auto wrong = html.find("<h2>What is wrong (5)</h2>"), look = html.find("<h2>To look at (2)</h2>");
  ASSERT_NE(wrong, std::string::npos);
  ASSERT_NE(look, std::string::npos);
  EXPECT_GT(html.find("The localStorage entry vid may identify"), look);
}

TEST(ScanHtml, sums_up_each_state_in_words) {
  const std::string html = html_of(make_example("leaky"));
  EXPECT_NE(html.find("<h3>Before any choice</h3>"), std::string::npos);
  EXPECT_NE(html.find("<p class=\"bad\">3 cookies: 2 need consent</p>"), std::string::npos);
  EXPECT_NE(html.find("<p>5 cookies: 2 need consent, 1 of unknown purpose</p>"), std::string::npos)
      << "accepted: nothing is wrong";
  EXPECT_NE(html_of(make_example("unproved")).find("Not established: the reject button"), std::string::npos);
}

TEST(ScanHtml, names_the_company_behind_a_finding) {
  const std::string html = html_of(make_example("leaky"));
  EXPECT_NE(html.find("high · certain · tracker-before-consent · Metrica Inc. (US)"), std::string::npos);
  EXPECT_NE(html.find("high · certain · cookie-before-consent · Adnet GmbH (DE)"), std::string::npos);
}

TEST(ScanHtml, shows_what_the_site_says_about_consent_and_its_certificate) {
  const std::string html = html_of(make_example("leaky"));
  for (const std::string_view shown :
       {"agrees to purposes 1, 2 and 7 of 11", "ad_storage denied", "brunnen-shop.test, issued by Test CA",
        "SameSite=None without Secure", "https://ads.test/win"})
    EXPECT_NE(html.find(shown), std::string::npos) << shown;
}

}  // namespace
}  // namespace gannet::report
