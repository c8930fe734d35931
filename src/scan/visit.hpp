// One visit: one page load in one consent state, in phases.
//
//   load → settled S0 → scroll → settled S1 → consent action → settled S2 → reload → settled S3
//
// What was recorded when a budget ends or the page dies is kept, as partial, with the phase reached.
#pragma once

#include <string>

#include "browser/browser.hpp"
#include "consent/autoconsent.hpp"
#include "record/screenshot.hpp"
#include "record/visit.hpp"
#include "scan/params.hpp"
#include "scan/recorder.hpp"

namespace gannet::scan {

/// What a visit runs in. All must outlive it.
struct VisitEnvironment {
  aio::Executor executor;
  const Clock& clock;
  const record::Redactor& redactor;
  ScanSpace& space;
  browser::BrowserContext& context;
  /// May be null: no rules of consent platforms then.
  std::shared_ptr<const consent::Autoconsent> autoconsent;
  const ObserverNames& names;
  NetworkAccount network;
};

struct VisitPlan {
  record::ConsentState state = record::ConsentState::untouched;
  std::string url;
  /// The start page of a state with a choice: looks for the banner and makes the choice. Other pages of such a state are visited
  /// after the choice, so all of theirs is S3.
  bool takes_consent_action = false;
  bool is_after_choice = false;
  /// Gets the pictures that the visit names; none are taken where it is null.
  record::ScreenshotSet* screenshots = nullptr;
};

struct VisitOutcome {
  record::Visit visit;
  /// The Retry-After of the page's answer, as it came; empty without one.
  std::string retry_after;
};

/// Takes at most visit_budget() and 5 s to close the tab. Never fails: a page that could not be loaded is a Visit with status
/// failed and the reason, a sentence without its final stop.
aio::Task<VisitOutcome> run_visit(aio::Scope outer, VisitEnvironment environment, ScanParams params, VisitPlan plan);

}  // namespace gannet::scan
