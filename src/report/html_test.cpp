#include "report/html.hpp"

#include <regex>

#include <gtest/gtest.h>

#include "report/testdata/examples.hpp"
#include "report/verdict.hpp"

namespace gannet::report {
namespace {

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
  for (const std::string_view forbidden : {"<script", "<link", "<img", "src=", "href=", "url(", "@import", " on"}) {
    if (forbidden == " on")
      EXPECT_FALSE(std::regex_search(html, std::regex("<[^>]* on[a-z]+="))) << "an event handler";
    else
      EXPECT_EQ(html.find(forbidden), std::string::npos) << forbidden;
  }
}

TEST(ScanHtml, closes_every_element_it_opens) {
  static const std::regex k_tag("<(/?)([a-z0-9]+)[^>]*>");
  for (const Example& example : make_examples()) {
    const std::string html = html_of(example);
    std::vector<std::string> open;
    for (std::sregex_iterator tag(html.begin(), html.end(), k_tag), end; tag != end; ++tag) {
      const std::string name = (*tag)[2];
      if (name == "meta") continue;
      if ((*tag)[1].length() == 0) {
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
