#include "report/html.hpp"

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
  for (const auto tag : tags_of(html)) EXPECT_EQ(tag.find(" on"), std::string_view::npos) << "an event handler in " << tag;
}

TEST(ScanHtml, closes_every_element_it_opens) {
  for (const Example& example : make_examples()) {
    const std::string html = html_of(example);
    std::vector<std::string_view> open;
    for (const auto tag : tags_of(html)) {
      const bool is_end = tag.starts_with('/');
      const auto name = tag.substr(is_end ? 1 : 0, tag.find(' ') - (is_end ? 1 : 0));
      if (name == "meta" || name == "!doctype") continue;
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

}  // namespace
}  // namespace gannet::report
