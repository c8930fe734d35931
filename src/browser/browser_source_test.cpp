// A browser that dies or hangs is replaced by the next one.
#include "browser/browser_source.hpp"

#include "browser/fake_browser_fixture_for_test.hpp"

namespace gannet::browser {
namespace {

using namespace std::chrono_literals;

struct BrowserSourceTest : FakeBrowserTest {
  void SetUp() override {
    FakeBrowserTest::SetUp();
    BrowserOptions options;
    options.executable = executable();
    source = std::make_unique<BrowserSource>(context.get_executor(), *client, random, options,
                                             BrowserWatch{.period = 20ms, .answer_limit = 100ms});
  }

  void TearDown() override {
    run([](BrowserSource& stopped) -> aio::Task<bool> {
      co_await stopped.stop();
      co_return true;
    }(*source));
    EXPECT_EQ(client->size(), 0U) << "a browser is left";
    source.reset();
    FakeBrowserTest::TearDown();
  }

  Result<std::shared_ptr<Browser>> get(aio::Scope scope = patient()) { return run(source->get(std::move(scope))); }

  void wait_for(const std::function<bool()>& condition) {
    const auto patience = std::chrono::steady_clock::now() + 60s;
    context.restart();
    while (!condition() && std::chrono::steady_clock::now() < patience) context.run_one_for(1s);
    ASSERT_TRUE(condition());
  }

  std::unique_ptr<BrowserSource> source;
};

TEST_F(BrowserSourceTest, gives_the_same_browser_while_it_lives) {
  const auto first = get();
  ASSERT_TRUE(first) << first.error().describe();
  EXPECT_EQ(get().value(), *first);
  EXPECT_EQ(client->size(), 1U);
}

TEST_F(BrowserSourceTest, launches_one_browser_for_all_who_ask_at_once) {
  std::vector<std::shared_ptr<Browser>> given;
  aio::TaskGroup group(context.get_executor());
  const auto ask = [](BrowserSource& asked, std::vector<std::shared_ptr<Browser>>& into) -> aio::Task<void> {
    auto browser = co_await asked.get(patient());
    if (browser) into.push_back(*browser);
  };
  for (int i = 0; i < 3; ++i) group.spawn(ask(*source, given), "asks");
  wait_for([&] { return group.size() == 0; });
  ASSERT_EQ(given.size(), 3U);
  EXPECT_EQ(given[0], given[1]);
  EXPECT_EQ(given[0], given[2]);
}

TEST_F(BrowserSourceTest, replaces_a_browser_that_ended) {
  const auto first = get().value();
  ListeningObserver observer;
  const auto jar = run(first->open_context(patient(), "http://127.0.0.1:9", "", "")).value();
  const auto page = run(jar->open_page(patient(), observer)).value();
  EXPECT_FALSE(run(page->send(patient(), "Fake.exit", {{"code", 3}})));
  EXPECT_FALSE(first->is_alive());
  EXPECT_EQ(first->death_reason(), "the browser ended unexpectedly");
  EXPECT_EQ(page->end_reason(), "the browser ended unexpectedly");
  const auto second = get();
  ASSERT_TRUE(second) << second.error().describe();
  EXPECT_NE(*second, first);
  EXPECT_TRUE((*second)->is_alive());
}

TEST_F(BrowserSourceTest, gives_up_a_browser_that_does_not_answer) {
  const auto first = get().value();
  ListeningObserver observer;
  const auto jar = run(first->open_context(patient(), "http://127.0.0.1:9", "", "")).value();
  const auto page = run(jar->open_page(patient(), observer)).value();
  ASSERT_TRUE(run(page->send(patient(), "Fake.rule", {{"method", "Browser.getVersion"}, {"silent", true}})));
  wait_for([&] { return !first->is_alive(); });
  EXPECT_EQ(first->death_reason(), "the browser did not answer for 0.2 s");
  wait_for([&] { return client->size() == 0; });
  EXPECT_TRUE(get());
}

TEST_F(BrowserSourceTest, tries_again_after_a_launch_that_failed) {
  write_rules(R"([{"method": "start", "stderr": "out of luck", "exit": 9}])");
  const auto failed = get();
  ASSERT_FALSE(failed);
  EXPECT_NE(failed.error().describe().find("ended at once with exit code 9: out of luck"), std::string::npos);
  write_rules("[]");
  EXPECT_TRUE(get());
}

TEST_F(BrowserSourceTest, gives_none_after_it_was_stopped) {
  ASSERT_TRUE(get());
  run([](BrowserSource& stopped) -> aio::Task<bool> {
    co_await stopped.stop();
    co_return true;
  }(*source));
  EXPECT_EQ(client->size(), 0U);
  EXPECT_EQ(get().error().kind(), ErrorKind::unavailable);
}

}  // namespace
}  // namespace gannet::browser
