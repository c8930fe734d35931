#include "report/junit.hpp"

#include <algorithm>
#include <ranges>
#include <vector>

#include <fmt/format.h>

#include "base/text.hpp"
#include "report/impl/kinds.hpp"
#include "report/impl/states.hpp"
#include "report/impl/words.hpp"
#include "report/verdict.hpp"

namespace gannet::report {
namespace {

using record::ConsentState;
using record::Finding;

struct Case {
  std::string name;
  /// Texts, each empty where it does not apply; at most one of the first three is set.
  std::string failure = {};
  std::string error = {};
  std::string skipped = {};
  std::string output = {};
};

struct Suite {
  std::string name;
  double duration_s = 0;
  std::vector<Case> cases = {};
};

bool is_seen_in(const Finding& finding, ConsentState state) {
  return std::ranges::count(finding.evidence, state, &record::Evidence::state) > 0;
}

/// What is wrong, how it is known and what would be right.
std::string finding_words(const Finding& finding, ConsentState state) {
  std::string words = fmt::format("{} ({}, {}, id {})\n", safe(finding.title, 1000), to_string(finding.severity),
                                  to_string(finding.confidence), safe(finding.id, 40));
  for (const record::Evidence& evidence : finding.evidence) {
    if (evidence.state != state) continue;
    words += fmt::format("  {} on {}: {}\n", when_words(evidence), safe(evidence.page_url, 500), safe(evidence.text, 1000));
    for (const record::StackFrame& frame : evidence.stack | std::views::take(8))
      words += fmt::format("    at {}\n", frame_words(frame));
  }
  if (!finding.advice.empty()) words += fmt::format("  To mend it: {}\n", safe(finding.advice, 1000));
  return words;
}

/// One scan being written.
class JunitReport {
 public:
  JunitReport(const record::ScanRecord& scan, const inspect::Inspection& inspection, FailOn fail_on,
              const change::Comparison* since_baseline)
      : scan_(scan),
        inspection_(inspection),
        verdict_(make_verdict(scan, inspection)),
        fail_on_(fail_on.any || fail_on.not_in_baseline ? fail_on : FailOn{.any = record::Severity::low, .not_in_baseline = {}}),
        since_baseline_(since_baseline) {}

  std::string write() && {
    std::vector<Suite> suites = {scan_suite()};
    for (const ConsentState state : k_states)
      if (const record::StateRecord* record = find_state(scan_, state)) suites.push_back(state_suite(*record));
    out_ = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
    out_ += fmt::format("<testsuites name=\"{}\">\n", escape_xml("gannet " + safe(scan_.url, 500)));
    for (const Suite& suite : suites) add(suite);
    out_ += "</testsuites>\n";
    return std::move(out_);
  }

 private:
  Suite scan_suite() const;
  Suite state_suite(const record::StateRecord& state) const;
  Case kind_case(std::string_view kind, ConsentState state) const;
  /// Why nothing is known of the state; empty where it is established.
  std::string unknown_words(ConsentState state) const;
  /// Findings that no evidence ties to a visited state would be lost; they belong to the scan.
  bool is_in_no_state(const Finding& finding) const;
  bool counts(const Finding& finding) const { return decides(finding, fail_on_, since_baseline_); }
  void add(const Suite& suite);
  void add(const Case& test_case, std::string_view class_name);

  const record::ScanRecord& scan_;
  const inspect::Inspection& inspection_;
  const Verdict verdict_;
  const FailOn fail_on_;
  const change::Comparison* const since_baseline_;
  std::string out_;
};

bool JunitReport::is_in_no_state(const Finding& finding) const {
  return std::ranges::none_of(finding.evidence, [&](const record::Evidence& e) { return find_state(scan_, e.state) != nullptr; });
}

std::string JunitReport::unknown_words(ConsentState state) const {
  if (verdict_.is_established(state)) return "";
  std::vector<std::string> reasons;
  for (const Gap& gap : verdict_.gaps)
    if (gap.state == state) reasons.push_back(gap.text);
  return "not established: " + (reasons.empty() ? std::string("the state was not seen in full") : join(reasons, "; "));
}

Case JunitReport::kind_case(std::string_view kind, ConsentState state) const {
  Case made{.name = kind_words(kind)};
  std::size_t failures = 0;
  std::string failed;
  for (const Finding& finding : inspection_.findings) {
    if (finding.kind != kind || !is_seen_in(finding, state)) continue;
    if (counts(finding)) {
      ++failures;
      failed += finding_words(finding, state);
    } else {
      made.output += finding_words(finding, state);
    }
  }
  if (failures > 0)
    made.failure = std::move(failed);
  else
    made.skipped = unknown_words(state);
  return made;
}

Suite JunitReport::state_suite(const record::StateRecord& state) const {
  Suite suite{.name = std::string(to_string(state.state))};
  for (const record::Visit& visit : state.visits) suite.duration_s += double(visit.duration_ms) / 1000;
  std::vector<std::string_view> kinds;
  for (const FindingKind& kind : finding_kinds())
    if (kind.applies_to(state.state)) kinds.push_back(kind.kind);
  // Whatever was found has a case, also where the table does not expect it here.
  for (const Finding& finding : inspection_.findings)
    if (is_seen_in(finding, state.state) && std::ranges::count(kinds, finding.kind) == 0) kinds.push_back(finding.kind);
  for (const std::string_view kind : kinds) suite.cases.push_back(kind_case(kind, state.state));
  return suite;
}

Suite JunitReport::scan_suite() const {
  Suite suite{.name = "scan", .duration_s = double(duration_of(scan_).count()) / 1000};
  Case finished{.name = "the scan saw what it was asked to see"};
  std::vector<std::string> gaps;
  for (const Gap& gap : verdict_.gaps)
    if (gap.is_blocking)
      gaps.push_back(fmt::format("{}{}", gap.state ? std::string(to_string(*gap.state)) + ": " : "", gap.text));
  if (verdict_.kind == VerdictKind::failed)
    finished.error = verdict_.headline;
  else
    finished.skipped = join(gaps, "; ");
  finished.output = verdict_.headline + "\n";
  suite.cases.push_back(finished);
  for (const Finding& finding : inspection_.findings) {
    if (!is_in_no_state(finding)) continue;
    Case other{.name = fmt::format("{}: {}", kind_words(finding.kind), safe(finding.subject, 300))};
    (counts(finding) ? other.failure : other.output) = finding_words(finding, ConsentState::untouched);
    suite.cases.push_back(std::move(other));
  }
  return suite;
}

void JunitReport::add(const Case& test_case, std::string_view class_name) {
  out_ += fmt::format("    <testcase name=\"{}\" classname=\"{}\"", escape_xml(test_case.name), class_name);
  if (test_case.failure.empty() && test_case.error.empty() && test_case.skipped.empty() && test_case.output.empty()) {
    out_ += "/>\n";
    return;
  }
  out_ += ">\n";
  if (!test_case.skipped.empty()) out_ += fmt::format("      <skipped>{}</skipped>\n", escape_xml(test_case.skipped));
  if (!test_case.error.empty()) out_ += fmt::format("      <error type=\"scan\" message=\"{}\"/>\n", escape_xml(test_case.error));
  if (!test_case.failure.empty()) {
    const std::string first_line(split(test_case.failure, '\n')[0]);
    out_ += fmt::format("      <failure type=\"finding\" message=\"{}\">{}</failure>\n", escape_xml(first_line),
                        escape_xml(test_case.failure));
  }
  if (!test_case.output.empty()) out_ += fmt::format("      <system-out>{}</system-out>\n", escape_xml(test_case.output));
  out_ += "    </testcase>\n";
}

void JunitReport::add(const Suite& suite) {
  const auto count = [&](std::string Case::* text) {
    return std::ranges::count_if(suite.cases, [text](const Case& made) { return !(made.*text).empty(); });
  };
  const std::string host = safe(host_of(scan_.url), 200);
  out_ += fmt::format(
      "  <testsuite name=\"{}\" package=\"{}\" hostname=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" "
      "time=\"{:.3f}\" timestamp=\"{}\">\n",
      suite.name, escape_xml(host), escape_xml(host), suite.cases.size(), count(&Case::failure), count(&Case::error),
      count(&Case::skipped), suite.duration_s, format_instant(scan_.started_at).substr(0, 19));
  for (const Case& test_case : suite.cases) add(test_case, "gannet." + suite.name);
  out_ += "  </testsuite>\n";
}

}  // namespace

std::string escape_xml(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    char32_t code = 0;
    const std::size_t length = utf8_sequence(text, code);
    // XML 1.0 §2.2: what a document may hold.
    const bool is_allowed = length > 0 && (code >= 0x20 || code == '\n' || code == '\t') && code != 0xfffe && code != 0xffff;
    if (!is_allowed) {
      out += "\xef\xbf\xbd";
    } else {
      switch (code) {
        case '&': out += "&amp;"; break;
        case '<': out += "&lt;"; break;
        case '>': out += "&gt;"; break;
        case '"': out += "&quot;"; break;
        default: out += text.substr(0, length);
      }
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return out;
}

std::string scan_junit(const record::ScanRecord& scan, const inspect::Inspection& inspection, FailOn fail_on,
                       const change::Comparison* since_baseline) {
  return JunitReport(scan, inspection, fail_on, since_baseline).write();
}

}  // namespace gannet::report
