// BrowserSource: gives out the one browser that all scans of a process share. It launches the browser when it is first wanted and
// again after it died, and watches that it answers, so that a browser that hangs ends as one that died. Lives on the loop's
// thread.
//
//   get() → launch → … the browser dies, or is given up … → get() → launch → … → stop()
#pragma once

#include <chrono>
#include <memory>

#include "aio/aio.hpp"
#include "base/random.hpp"
#include "browser/browser.hpp"
#include "browser_host/host_client.hpp"

namespace gannet::browser {

/// When a browser counts as hung: it was asked twice in a row and did not answer. Twice, so that a pause of Gannet itself, after
/// which the answer and the end of the wait come at once, is not blamed on the browser.
struct BrowserWatch {
  std::chrono::milliseconds period{5'000};
  std::chrono::milliseconds answer_limit{10'000};
};

class BrowserSource {
 public:
  /// `host` and `random` outlive it.
  BrowserSource(aio::Executor executor, browser_host::HostClient& host, Random& random, BrowserOptions options,
                BrowserWatch watch = {});

  /// The browser, alive when it is handed over; its holder sees its end by is_alive(). One launch at a time, the others wait for
  /// it. A failed launch is not repeated before the next call. Errors: those of Browser::launch, `unavailable` after stop().
  aio::Task<Result<std::shared_ptr<Browser>>> get(aio::Scope scope);
  /// Whether there is a browser now. One that died is only launched again when it is next wanted.
  bool is_alive() const { return browser_ && browser_->is_alive(); }
  /// Ends the browser and waits until nothing of it is left. Idempotent.
  aio::Task<void> stop();

 private:
  aio::Task<void> watch(aio::Scope scope, std::shared_ptr<Browser> browser);
  aio::Task<bool> has_answered(aio::Scope scope, Browser& browser);

  aio::Executor executor_;
  browser_host::HostClient& host_;
  Random& random_;
  BrowserOptions options_;
  BrowserWatch watch_;
  std::shared_ptr<Browser> browser_;
  bool is_launching_ = false;
  bool is_stopped_ = false;
  aio::Signal changed_;
  aio::TaskGroup group_;
};

}  // namespace gannet::browser
