// Starting a browser that does not behave.
#include "browser/fake_browser_fixture_for_test.hpp"

namespace gannet::browser {
namespace {

using namespace std::chrono_literals;

struct LaunchTest : FakeBrowserTest {
  /// The error of a launch that must fail and leave nothing behind.
  Error must_fail(aio::Scope scope = patient(), ThirdPartyCookies policy = ThirdPartyCookies::allow) {
    auto launched = launch(std::move(scope), policy);
    EXPECT_FALSE(launched);
    // One that was given up before it had started is killed as soon as it has.
    const auto patience = std::chrono::steady_clock::now() + 60s;
    context.restart();
    while (client->size() > 0 && std::chrono::steady_clock::now() < patience) context.run_one_for(1s);
    EXPECT_EQ(client->size(), 0U) << "a browser is left";
    return launched ? Error(ErrorKind::internal, "it was launched") : launched.error();
  }
};

TEST_F(LaunchTest, a_launched_browser_knows_itself_without_the_word_headless) {
  const auto launched = launch();
  ASSERT_TRUE(launched) << launched.error().describe();
  EXPECT_TRUE(browser->is_alive());
  EXPECT_EQ(browser->death_reason(), "");
  EXPECT_EQ(browser->product(), "HeadlessChrome/156.0.1.2");
  EXPECT_EQ(browser->identity().full_version, "156.0.1.2");
  EXPECT_EQ(browser->identity().user_agent, "Mozilla/5.0 Chrome/156.0.0.0 Safari/537.36");
}

TEST_F(LaunchTest, a_browser_that_answers_nothing_is_given_up_and_killed) {
  write_rules(R"([{"method": "Browser.getVersion", "silent": true}, {"method": "Browser.close", "silent": true}])");
  const auto error = must_fail(patient().within(300ms));
  EXPECT_EQ(error.kind(), ErrorKind::timeout);
  EXPECT_EQ(error.describe(), fmt::format("starting {}: Browser.getVersion: deadline passed", executable()));
}

TEST_F(LaunchTest, a_browser_that_ends_at_once_is_quoted) {
  write_rules(R"([{"method": "start", "stderr": "No usable display!\u0007\n", "exit": 9}])");
  const auto error = must_fail();
  EXPECT_EQ(error.kind(), ErrorKind::unavailable);
  EXPECT_EQ(error.describe(), fmt::format("{} ended at once with exit code 9: No usable display!\\u{{7}}", executable()));
}

TEST_F(LaunchTest, a_browser_that_gets_no_sandbox_is_explained) {
  write_rules(R"([{"method": "start", "stderr": "[1:1:ERROR:zygote_host_impl_linux.cc] No usable sandbox!\n", "exit": 1}])");
  const auto words = must_fail().describe();
  for (const std::string_view wanted : {"user namespaces", "chromium-sandbox", "sysctl", "--no-sandbox"})
    EXPECT_NE(words.find(wanted), std::string::npos) << wanted << " is missing in: " << words;
}

TEST_F(LaunchTest, a_browser_that_ends_without_a_word_may_be_no_browser) {
  write_rules(R"([{"method": "start", "exit": 0}])");
  EXPECT_EQ(
      must_fail().describe(),
      fmt::format("{} ended at once with exit code 0: it said nothing, as what is no Chrome or Chromium does", executable()));
}

TEST_F(LaunchTest, a_browser_that_ends_during_its_self_test_is_quoted) {
  write_rules(R"([{"method": "Page.navigate", "stderr": "out of luck", "exit": 5}])");
  EXPECT_EQ(must_fail().describe(), fmt::format("{} ended at once with exit code 5: out of luck", executable()));
}

TEST_F(LaunchTest, a_browser_that_blocks_what_it_should_allow_is_refused) {
  write_rules(R"([{"method": "Runtime.evaluate", "result": {"result": {"type": "string", "value": ""}}}])");
  const auto error = must_fail();
  EXPECT_EQ(error.kind(), ErrorKind::internal);
  EXPECT_NE(error.describe().find("this browser blocks third-party cookies although it was told to allow them"),
            std::string::npos)
      << error.describe();
}

TEST_F(LaunchTest, a_browser_that_allows_what_it_should_block_is_refused) {
  const auto error = must_fail(patient(), ThirdPartyCookies::block);
  EXPECT_NE(error.describe().find("this browser allows third-party cookies although it was told to block them"),
            std::string::npos)
      << error.describe();
}

TEST_F(LaunchTest, a_browser_that_blocks_as_it_was_told_is_fine) {
  write_rules(R"([{"method": "Runtime.evaluate", "result": {"result": {"type": "string", "value": ""}}}])");
  EXPECT_TRUE(launch(patient(), ThirdPartyCookies::block));
}

TEST_F(LaunchTest, each_step_that_fails_ends_the_launch_with_its_own_words) {
  // The events that come with the last farewell must find nobody: the page of the self-test is gone by then.
  constexpr std::string_view k_farewell = R"({"method": "Browser.close", "emit": [
    {"method": "Page.loadEventFired", "params": {}, "sessionId": "S1"},
    {"method": "Fetch.requestPaused", "params": {}, "sessionId": "S1"},
    {"method": "Target.detachedFromTarget", "params": {"sessionId": "S1"}}]})";
  const std::pair<const char*, const char*> k_cases[] = {
      {"Target.setAutoAttach", "no auto-attach here"},
      {"Target.createBrowserContext", "no more contexts"},
      {"Browser.setDownloadBehavior", "cannot refuse"},
      {"Target.createTarget", "no more tabs"},
      {"Fetch.enable", "no interception"},
      {"Page.navigate", "no way"},
      {"Runtime.evaluate", "no scripts"},
      {"Target.disposeBrowserContext", "cannot forget"},
  };
  for (const auto& [method, words] : k_cases) {
    write_rules(
        fmt::format(R"([{{"method": "{}", "error": {{"code": -32000, "message": "{}"}}}}, {}])", method, words, k_farewell));
    const auto error = must_fail();
    EXPECT_NE(error.describe().find(fmt::format("{}: {}", method, words)), std::string::npos) << error.describe();
  }
}

TEST_F(LaunchTest, a_self_test_that_never_loads_ends_at_the_deadline) {
  write_rules(R"([{"method": "Page.navigate", "result": {"frameId": "T1", "loaderId": "L1"}}])");
  const auto error = must_fail(patient().within(500ms));
  EXPECT_EQ(error.kind(), ErrorKind::timeout);
  EXPECT_NE(error.describe().find("waiting for the probe page"), std::string::npos) << error.describe();
}

TEST_F(LaunchTest, a_program_that_does_not_exist_is_named_with_what_to_install) {
  std::filesystem::remove(executable());
  const auto error = must_fail();
  EXPECT_EQ(error.kind(), ErrorKind::not_found);
  EXPECT_NE(error.describe().find(executable()), std::string::npos);
  EXPECT_NE(error.describe().find("chromium-headless-shell"), std::string::npos);
}

TEST_F(LaunchTest, a_cancelled_launch_leaves_nothing) {
  write_rules(R"([{"method": "Browser.getVersion", "silent": true}])");
  aio::CancelSource source;
  aio::asio::post(context, [&] { source.cancel("asked to end"); });
  EXPECT_EQ(must_fail(aio::Scope(source)).kind(), ErrorKind::cancelled);
}

}  // namespace
}  // namespace gannet::browser
