// A ScanRecord: all visits of one run of the engine with how they were made. Input of inspect:: and of the reports.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "record/visit.hpp"

namespace gannet::record {

enum class ScanStatus { success, partial, failed, cancelled };
std::string_view to_string(ScanStatus status);

/// One consent state of a scan: its browser context's visits in order.
struct StateRecord {
  ConsentState state = ConsentState::untouched;
  ConsentOutcome consent;
  std::vector<Visit> visits;
  /// Set where each page had a context of its own.
  bool has_fresh_context_per_page = false;
};

/// How the evidence was made.
struct How {
  std::string gannet_version;
  std::string browser;
  std::string user_agent;
  /// "allow" or "block", as proved by the self-test at browser start.
  std::string third_party_cookies;
  bool is_sandboxed = true;
  std::string viewport;
  std::string proxy;
};

struct ScanRecord {
  ScanId id;
  std::string url;
  ScanStatus status = ScanStatus::failed;
  std::string reason;
  Instant started_at;
  Instant ended_at;
  std::vector<StateRecord> states;
  How how;
};

}  // namespace gannet::record
