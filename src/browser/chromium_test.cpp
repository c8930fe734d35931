// What the fake browser cannot prove: how Chromium itself behaves. Nothing is reached over the network.
#include "browser/fake_browser_fixture_for_test.hpp"

namespace gannet::browser {
namespace {

struct ChromiumTest : FakeBrowserTest {
  void SetUp() override {
    FakeBrowserTest::SetUp();
    BrowserOptions options;
    // The sandbox wants a user of its own, which the tests of browser_host make.
    options.has_sandbox = false;
    auto launched = run(Browser::launch(patient(), context.get_executor(), *client, random, std::move(options)));
    ASSERT_TRUE(launched) << launched.error().describe();
    browser = std::move(*launched);
    auto opened = run(browser->open_context(patient(), "http://127.0.0.1:9", "", ""));
    ASSERT_TRUE(opened) << opened.error().describe();
    jar = std::move(*opened);
    auto tab = run(jar->open_page(patient(), observer));
    ASSERT_TRUE(tab) << tab.error().describe();
    page = std::move(*tab);
  }
  void TearDown() override {
    page.reset();
    jar.reset();
    FakeBrowserTest::TearDown();
  }

  Result<json::value> evaluate(std::string expression) {
    return run(page->evaluate(patient(), page->main_frame_id(), World::page, std::move(expression)));
  }

  ListeningObserver observer;
  std::unique_ptr<BrowserContext> jar;
  std::unique_ptr<Page> page;
};

TEST_F(ChromiumTest, half_a_surrogate_pair_in_a_page_does_not_end_the_browser) {
  const auto value = evaluate("console.log('\\ud800'); document.title = 'a\\udfff'; document.title");
  ASSERT_TRUE(value) << value.error().describe();
  EXPECT_EQ(value->get_string(), "a\uFFFD");
  EXPECT_TRUE(observer.has_heard("page Runtime.consoleAPICalled"));
  EXPECT_TRUE(browser->is_alive());
}

TEST_F(ChromiumTest, a_value_of_any_depth_does_not_end_the_browser) {
  const auto nested = [](int levels) { return fmt::format("let d = []; for (let i = 0; i < {}; ++i) d = [d]; d", levels); };
  // Boost.JSON by itself stops at 32.
  const auto value = evaluate(nested(280));
  EXPECT_TRUE(value) << value.error().describe();
  EXPECT_FALSE(evaluate(nested(900))) << "Chromium itself has a limit, at 300";
  EXPECT_TRUE(browser->is_alive());
}

TEST_F(ChromiumTest, a_page_that_closes_its_tab_is_a_problem) {
  const auto value = evaluate("close(); new Promise(() => {})");
  ASSERT_FALSE(value);
  EXPECT_EQ(value.error().kind(), ErrorKind::not_found) << value.error().describe();
  EXPECT_EQ(observer.problems, std::vector<std::string>{"page: the page closed its tab"});
  EXPECT_TRUE(browser->is_alive());
}

TEST_F(ChromiumTest, a_popup_is_closed_and_its_opener_goes_on) {
  const auto value = evaluate("open('about:blank'); 7");
  ASSERT_TRUE(value) << value.error().describe();
  EXPECT_EQ(value->to_number<int>(), 7);
  EXPECT_EQ(page->sessions().size(), 1U);
  EXPECT_TRUE(observer.has_heard("page Page.windowOpen"));
  EXPECT_TRUE(observer.problems.empty());
}

TEST_F(ChromiumTest, a_tab_that_gannet_closes_is_no_problem) {
  EXPECT_TRUE(run(jar->close_page(patient(), std::move(page))));
  EXPECT_TRUE(run(jar->dispose(patient())));
  EXPECT_TRUE(observer.problems.empty());
}

}  // namespace
}  // namespace gannet::browser
