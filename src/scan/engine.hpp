// Engine: one scan = one start page and some more pages, in each wanted consent state, each state in a browser context of its
// own. The one engine of Gannet; a quick scan is its parameter set with few pages. A browser that dies or hangs costs each state
// the try that it was at; the next try has a new browser.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "aio/aio.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"
#include "browser/browser_source.hpp"
#include "consent/autoconsent.hpp"
#include "net/forward_proxy.hpp"
#include "record/scan.hpp"
#include "record/value.hpp"
#include "scan/params.hpp"
#include "scan/visit.hpp"

namespace gannet::scan {

/// One visit ended.
struct Progress {
  std::size_t visits_done = 0;
  std::size_t visits_total = 0;
  record::ConsentState state = record::ConsentState::untouched;
  /// Redacted.
  std::string url;
  record::VisitStatus status = record::VisitStatus::ok;
};

struct QuickScan {
  ScanId id;
  /// A URL that net::parse_scan_url accepted.
  std::string url;
  ScanParams params;
  /// Gets the pictures of this scan, also those of attempts that the record has not kept; must outlive it. Without it there are
  /// none.
  record::ScreenshotSet* screenshots = nullptr;
};

struct ScanRun;

class Engine {
 public:
  /// All of these must outlive the engine.
  struct Parts {
    aio::Executor executor;
    const Clock& clock;
    Random& random;
    const record::Redactor& redactor;
    browser::BrowserSource& browsers;
    net::ForwardProxy& proxy;
    std::shared_ptr<const consent::Autoconsent> autoconsent;
    /// Whose sockets a context's gate serves.
    uid_t browser_uid;
  };

  explicit Engine(Parts parts) : parts_(std::move(parts)) {}

  /// Never fails: what went wrong is in the record's status and reason. A cancelled scan keeps what was recorded.
  aio::Task<record::ScanRecord> scan(aio::Scope scope, QuickScan request, std::function<void(const Progress&)> on_progress);

 private:
  aio::Task<void> visit_state(aio::Scope scope, ScanRun& run, record::StateRecord& state);

  Parts parts_;
};

/// Over all visits: success when all are ok; failed when no start page was seen in any state; cancelled as asked; else partial.
/// With the first reason, which for a cancelled scan says whether any page was seen until then.
std::pair<record::ScanStatus, std::string> judge_scan(const std::vector<record::StateRecord>& states, bool is_cancelled);

}  // namespace gannet::scan
