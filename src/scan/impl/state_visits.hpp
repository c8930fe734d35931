// StateVisits: visits pages of one consent state, one after the other, in one cookie jar. Tries again what may pass, in a new
// browser where the old one was lost; a choice that was lost with it is made again before the next page. On the loop's thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "scan/engine.hpp"
#include "scan/impl/scan_run.hpp"
#include "scan/visit.hpp"

namespace gannet::scan {

class StateVisits {
 public:
  /// All outlive it.
  StateVisits(const Engine::Parts& parts, ScanRun& run, record::StateRecord& state) : parts_(parts), run_(run), state_(state) {}

  /// Call once. Adds a visit to the state for each page, and one of the start page where a lost choice had to be made again.
  aio::Task<void> visit(aio::Scope scope, std::vector<std::string> pages);

 private:
  /// A browser context with its way to the network. Members end in the order that they need: the context before its browser.
  struct Jar {
    std::shared_ptr<browser::Browser> browser;
    net::Gate gate;
    ObserverNames names;
    std::unique_ptr<browser::BrowserContext> context;
  };
  /// One try of one page.
  struct Try {
    VisitOutcome outcome;
    /// It ended for want of a living browser.
    bool has_lost_browser = false;
  };

  aio::Task<record::Visit> visit_with_retries(aio::Scope scope, std::string url);
  aio::Task<Try> try_visit(aio::Scope scope, std::string url);
  /// Errors are sentences without context.
  aio::Task<Result<void>> have_jar(aio::Scope scope);
  aio::Task<Result<void>> open_jar(aio::Scope scope);
  aio::Task<void> close_jar();
  aio::Task<Try> visit_in_jar(aio::Scope scope, std::string url);
  aio::Task<bool> wait_before_retry(aio::Scope scope, int attempt, VisitOutcome& outcome);
  void tell_loss(record::Visit& visit);
  void add(record::Visit visit);
  record::Visit unvisited(const std::string& url, std::string reason) const;

  const Engine::Parts& parts_;
  ScanRun& run_;
  record::StateRecord& state_;
  std::optional<Jar> jar_;
  /// In the jar that is there now.
  bool is_after_choice_ = false;
  /// The choice was made in a jar that was lost.
  bool must_choose_again_ = false;
  /// Why the former jar was lost; empty once a visit in the new one says it.
  std::string loss_;
};

}  // namespace gannet::scan
