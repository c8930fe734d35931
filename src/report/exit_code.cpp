#include "report/exit_code.hpp"

#include "report/verdict.hpp"

namespace gannet::report {

ExitCode decide(const record::ScanRecord& scan, const inspect::Inspection& inspection, std::optional<record::Severity> fail_on) {
  const Verdict verdict = make_verdict(scan, inspection);
  if (verdict.kind == VerdictKind::failed) return ExitCode::failed;
  const auto counts = [&](const record::Finding& finding) {
    return finding.severity >= *fail_on && finding.confidence != record::Confidence::unsure;
  };
  if (fail_on && std::ranges::any_of(inspection.findings, counts)) return ExitCode::findings;
  return verdict.kind == VerdictKind::undetermined || verdict.has_blocking_gap() ? ExitCode::partial : ExitCode::fine;
}

}  // namespace gannet::report
