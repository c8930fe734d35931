#include "browser/browser_source.hpp"

#include <fmt/format.h>

namespace gannet::browser {

using namespace std::chrono_literals;

namespace {

/// A launch takes 0.5 s, and many times that where other programs hold the machine.
constexpr auto k_launch_limit = 60s;

}  // namespace

BrowserSource::BrowserSource(aio::Executor executor, browser_host::HostClient& host, Random& random, BrowserOptions options,
                             BrowserWatch watch)
    : executor_(executor),
      host_(host),
      random_(random),
      options_(std::move(options)),
      watch_(watch),
      changed_(executor),
      group_(executor) {}

aio::Task<Result<std::shared_ptr<Browser>>> BrowserSource::get(aio::Scope scope) {
  while (is_launching_) {
    auto woken = co_await changed_.wait(scope);
    if (!woken && is_launching_) co_return pass(woken, "waiting for the browser's start");
  }
  if (is_stopped_) co_return fail(ErrorKind::unavailable, "the browser was stopped");
  if (browser_ && browser_->is_alive()) co_return browser_;
  is_launching_ = true;
  auto launched = co_await Browser::launch(scope.within(k_launch_limit), executor_, host_, random_, options_);
  is_launching_ = false;
  changed_.notify_all();
  if (!launched) co_return pass(launched);
  browser_ = std::move(*launched);
  group_.spawn(watch(group_.scope(), browser_), "browser watch");
  co_return browser_;
}

aio::Task<void> BrowserSource::watch(aio::Scope scope, std::shared_ptr<Browser> browser) {
  while (browser->is_alive()) {
    auto slept = co_await aio::sleep(executor_, scope, watch_.period);
    if (!slept) co_return;
    const bool is_answering = co_await has_answered(scope, *browser) || co_await has_answered(scope, *browser);
    if (!is_answering && browser->is_alive())
      browser->give_up(fmt::format("the browser did not answer for {:g} s", 2 * double(watch_.answer_limit.count()) / 1000));
  }
  // What is left of it goes at once, not when its last user lets go.
  co_await browser->stop();
}

/// True as well where the question itself was called off.
aio::Task<bool> BrowserSource::has_answered(aio::Scope scope, Browser& browser) {
  auto answer = co_await browser.ask(scope.within(watch_.answer_limit));
  co_return answer || answer.error().kind() != ErrorKind::timeout;
}

aio::Task<void> BrowserSource::stop() {
  is_stopped_ = true;
  co_await group_.stop();
  while (is_launching_) co_await changed_.wait(aio::Scope::background());
  if (const auto browser = browser_) co_await browser->stop();
}

}  // namespace gannet::browser
