// A Browser over the fake browser (fake_browser_for_test.cpp) behind a real browser host. Test only.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <boost/json.hpp>

#include "base/file.hpp"
#include "browser/browser.hpp"
#include "browser/cdp/json.hpp"
#include "browser_host/host_client.hpp"

namespace gannet::browser {

/// Keeps what it hears: "type method" of each event, the description of each problem.
struct ListeningObserver final : PageObserver {
  void on_event(const SessionView& session, std::string_view method, const json::object&) override {
    events.push_back(fmt::format("{} {}", session.type, method));
  }
  void on_problem(const SessionView& session, const Error& error) override {
    problems.push_back(fmt::format("{}: {}", session.type, error.describe()));
  }
  bool has_heard(std::string_view event) const { return std::ranges::find(events, event) != events.end(); }

  std::vector<std::string> events;
  std::vector<std::string> problems;
};

struct FakeBrowserTest : testing::Test {
  void SetUp() override {
    std::string path = (std::filesystem::temp_directory_path() / "browser-test.XXXXXX").string();
    ASSERT_TRUE(::mkdtemp(path.data()));
    folder = path;
    std::filesystem::create_symlink(GANNET_FAKE_BROWSER, executable());
    // Before anything that could make a thread, as in main().
    auto host = browser_host::HostProcess::start_before_threads({.user = "", .temporary_folder = folder});
    ASSERT_TRUE(host) << host.error().describe();
    client = std::make_unique<browser_host::HostClient>(context.get_executor(), std::move(*host));
  }

  void TearDown() override {
    if (client) {
      run([](FakeBrowserTest& self) -> aio::Task<bool> {
        if (self.browser) co_await self.browser->stop();
        self.browser.reset();
        co_await self.client->stop();
        co_return true;
      }(*this));
      client.reset();
    }
    context.restart();
    context.poll();
    std::filesystem::remove_all(folder);
  }

  template <class T>
  T run(aio::Task<T> task) {
    return aio::run(context, std::move(task));
  }
  static aio::Scope patient() { return aio::Scope::background().within(std::chrono::seconds(60)); }

  std::string executable() const { return folder + "/fake-headless-shell"; }
  /// How the next browser misbehaves, a JSON list.
  void write_rules(std::string_view rules) { ASSERT_TRUE(write_file_atomically(executable() + ".rules", rules)); }

  Result<void> launch(aio::Scope scope = patient(), ThirdPartyCookies policy = ThirdPartyCookies::allow) {
    BrowserOptions options;
    options.executable = executable();
    options.third_party_cookies = policy;
    auto launched = run(Browser::launch(std::move(scope), context.get_executor(), *client, random, std::move(options)));
    if (!launched) return pass(launched);
    browser = std::move(*launched);
    return {};
  }

  std::string folder;
  aio::asio::io_context context{1};
  SeededRandom random{7};
  std::unique_ptr<browser_host::HostClient> client;
  std::unique_ptr<Browser> browser;
};

}  // namespace gannet::browser
