// What the states of one running scan share: the request, the count of visits, and how often the browser was lost. On the loop's
// thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "scan/engine.hpp"
#include "scan/impl/record_space.hpp"

namespace gannet::scan {

/// Two pages after each other may each lose it twice. With more a new browser is not likely to help.
inline constexpr int k_browser_losses_max = 4;

struct ScanRun {
  QuickScan request;
  std::vector<std::string> pages;
  ScanSpace space;
  std::function<void(const Progress&)> on_progress;
  std::size_t visits_done = 0;
  std::size_t visits_total = 0;
  /// Browsers lost, or not started, without a visit in between that came to its end.
  int browser_losses = 0;
  std::string browser_loss_reason;
  /// The last one that was counted: several states lose it at once.
  std::shared_ptr<const browser::Browser> lost_browser;

  bool has_given_up() const { return browser_losses >= k_browser_losses_max; }
  /// `browser` is null where none could be started.
  void note_loss(std::shared_ptr<const browser::Browser> browser, std::string reason) {
    if (browser && browser == lost_browser) return;
    lost_browser = std::move(browser);
    browser_loss_reason = std::move(reason);
    ++browser_losses;
  }
};

/// The visit made the state's choice, proved or not: what follows in its context is after it.
inline bool has_choice(const record::Visit& visit) {
  return visit.consent.result == record::ConsentResult::proved || visit.consent.result == record::ConsentResult::unproved;
}

}  // namespace gannet::scan
