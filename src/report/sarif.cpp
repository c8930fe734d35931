#include "report/sarif.hpp"

#include <algorithm>
#include <span>
#include <vector>

#include "base/json_writer.hpp"
#include "report/document.hpp"
#include "report/impl/kinds.hpp"
#include "report/impl/states.hpp"
#include "report/impl/words.hpp"
#include "report/verdict.hpp"

namespace gannet::report {
namespace {

using record::Confidence;
using record::Evidence;
using record::Finding;
using record::Severity;

constexpr std::size_t k_message_bytes_max = 2000;

struct Rule {
  std::string id;
  std::string meaning;
};

/// SARIF §3.27.9: a result that is not of the kind "fail" has the level "none".
std::string_view result_kind(const Finding& finding) {
  if (finding.confidence == Confidence::unsure) return "review";
  return finding.severity == Severity::info ? "informational" : "fail";
}

std::string_view result_level(const Finding& finding) {
  if (result_kind(finding) != "fail") return "none";
  if (finding.severity >= Severity::high) return "error";
  return finding.severity == Severity::medium ? "warning" : "note";
}

/// All known kinds, then others that were found.
std::vector<Rule> make_rules(const inspect::Inspection& inspection) {
  std::vector<Rule> rules;
  for (const FindingKind& kind : finding_kinds()) rules.push_back({std::string(kind.kind), std::string(kind.meaning)});
  for (const Finding& finding : inspection.findings)
    if (std::ranges::count(rules, finding.kind, &Rule::id) == 0) rules.push_back({finding.kind, kind_words(finding.kind)});
  return rules;
}

/// One run being written.
class SarifReport {
 public:
  SarifReport(const record::ScanRecord& scan, const inspect::Inspection& inspection)
      : scan_(scan), inspection_(inspection), verdict_(make_verdict(scan, inspection)), rules_(make_rules(inspection)) {}

  std::string write() && {
    json_.object([&] {
      json_.field("$schema", "https://json.schemastore.org/sarif-2.1.0.json");
      json_.field("version", "2.1.0");
      json_.array("runs", [&] {
        json_.object([&] {
          write_tool();
          write_invocation();
          json_.object("automationDetails", [&] { json_.field("id", fmt::format("gannet/{}/", safe(host_of(scan_.url), 200))); });
          json_.array("results", [&] {
            for (const Finding& finding : inspection_.findings) write_result(finding);
          });
          json_.field("columnKind", "utf16CodeUnits");
          json_.object("properties", [&] {
            json_.field("scanId", scan_.id.to_string());
            json_.field("url", scan_.url);
            json_.field("verdict", verdict_.headline);
          });
        });
      });
    });
    return std::move(json_).take();
  }

 private:
  void write_tool();
  void write_invocation();
  void write_result(const Finding& finding);
  void write_stack(const Evidence& evidence);
  void write_message(std::string_view name, std::string_view text) {
    json_.object(name, [&] { json_.field("text", safe(text, k_message_bytes_max)); });
  }
  void write_physical_location(std::string_view url, int line, int column);
  void write_evidence_location(const Evidence& evidence);

  const record::ScanRecord& scan_;
  const inspect::Inspection& inspection_;
  const Verdict verdict_;
  const std::vector<Rule> rules_;
  JsonWriter json_{true};
};

void SarifReport::write_tool() {
  json_.object("tool", [&] {
    json_.object("driver", [&] {
      json_.field("name", "Gannet");
      json_.field("version", safe(scan_.how.gannet_version, 60));
      json_.array("rules", [&] {
        for (const Rule& rule : rules_) {
          json_.object([&] {
            json_.field("id", rule.id);
            write_message("shortDescription", rule.meaning);
          });
        }
      });
    });
  });
}

void SarifReport::write_invocation() {
  json_.array("invocations", [&] {
    json_.object([&] {
      json_.field("executionSuccessful", verdict_.kind != VerdictKind::failed);
      json_.field("startTimeUtc", format_instant(scan_.started_at));
      json_.field("endTimeUtc", format_instant(scan_.ended_at));
      json_.array("toolExecutionNotifications", [&] {
        for (const Gap& gap : verdict_.gaps) {
          json_.object([&] {
            json_.field("level", gap.is_blocking ? "warning" : "note");
            write_message("message", (gap.state ? std::string(to_string(*gap.state)) + ": " : "") + gap.text);
          });
        }
      });
    });
  });
}

void SarifReport::write_physical_location(std::string_view url, int line, int column) {
  if (url.empty()) return;
  json_.object("physicalLocation", [&] {
    json_.object("artifactLocation", [&] { json_.field("uri", uri_of(url)); });
    if (line < 1) return;
    json_.object("region", [&] {
      json_.field("startLine", line);
      if (column > 0) json_.field("startColumn", column);
    });
  });
}

void SarifReport::write_evidence_location(const Evidence& evidence) {
  json_.object([&] {
    write_physical_location(evidence.page_url, 0, 0);
    json_.array("logicalLocations", [&] {
      json_.object([&] {
        json_.field("fullyQualifiedName", when_words(evidence));
        json_.field("kind", "consent state and phase");
      });
    });
    write_message("message", when_words(evidence) + ": " + evidence.text);
  });
}

void SarifReport::write_stack(const Evidence& evidence) {
  json_.object([&] {
    write_message("message", when_words(evidence));
    json_.array("frames", [&] {
      const std::span frames(evidence.stack);
      for (const record::StackFrame& frame : frames.first(std::min(frames.size(), k_stack_frames_max))) {
        json_.object([&] {
          json_.object("location", [&] {
            write_physical_location(frame.url, frame.line, frame.column);
            json_.array("logicalLocations", [&] {
              json_.object(
                  [&] { json_.field("fullyQualifiedName", frame.function.empty() ? "(anonymous)" : safe(frame.function, 200)); });
            });
          });
        });
      }
    });
  });
}

void SarifReport::write_result(const Finding& finding) {
  json_.object([&] {
    json_.field("ruleId", finding.kind);
    json_.field("ruleIndex", std::ranges::find(rules_, finding.kind, &Rule::id) - rules_.begin());
    json_.field("kind", result_kind(finding));
    json_.field("level", result_level(finding));
    write_message("message", finding.advice.empty() ? finding.title : finding.title + " " + finding.advice);
    json_.array("locations", [&] {
      if (finding.evidence.empty())
        json_.object([&] { write_physical_location(scan_.url, 0, 0); });
      else
        write_evidence_location(finding.evidence[0]);
    });
    json_.array("relatedLocations", [&] {
      for (std::size_t i = 1; i < finding.evidence.size(); ++i) write_evidence_location(finding.evidence[i]);
    });
    json_.array("stacks", [&] {
      for (const Evidence& evidence : finding.evidence)
        if (!evidence.stack.empty()) write_stack(evidence);
    });
    json_.object("partialFingerprints", [&] { json_.field("gannetFindingId/v1", finding.id); });
    json_.object("properties", [&] {
      json_.field("severity", to_string(finding.severity));
      json_.field("confidence", to_string(finding.confidence));
      json_.field("subject", finding.subject);
    });
  });
}

}  // namespace

std::string scan_sarif(const record::ScanRecord& scan, const inspect::Inspection& inspection) {
  return SarifReport(scan, inspection).write();
}

}  // namespace gannet::report
