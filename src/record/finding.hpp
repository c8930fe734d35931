// Findings: what inspect:: concludes from a record. The id does not depend on time or order, so that baselines survive.
#pragma once

#include <string>
#include <vector>

#include "record/cookie.hpp"

namespace gannet::record {

enum class Severity { info, low, medium, high, critical };
std::string_view to_string(Severity severity);

/// How sure a verdict is. `unsure` means: look at it, do not alarm.
enum class Confidence { certain, likely, unsure };
std::string_view to_string(Confidence confidence);

/// A pointer into the record that proves a finding, and its words.
struct Evidence {
  ConsentState state = ConsentState::untouched;
  Phase phase = Phase::s0;
  std::string page_url;
  /// "cookie _ga written by https://… line 3", "GET https://tracker.test/p.gif → 200"
  std::string text;
  CallStack stack;
};

struct Finding {
  /// 16 hex digits of SHA-256 over site, kind and subject.
  std::string id;
  /// "cookie-before-consent", "tracker-after-reject", "reject-missing", "cookie-insecure", …: docs/findings.md lists them.
  std::string kind;
  Severity severity = Severity::info;
  Confidence confidence = Confidence::likely;
  /// What it is about, stable between scans: "cookie _ga example.com", "tracker.test".
  std::string subject;
  /// One plain sentence.
  std::string title;
  /// What would be right.
  std::string advice;
  std::string rule;
  std::vector<Evidence> evidence;
};

}  // namespace gannet::record
