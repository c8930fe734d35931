#include "report/exit_code.hpp"

#include <algorithm>

#include "report/verdict.hpp"

namespace gannet::report {

ExitCode decide(const record::ScanRecord& scan, const inspect::Inspection& inspection, FailOn fail_on,
                const change::Comparison* since_baseline) {
  const Verdict verdict = make_verdict(scan, inspection);
  if (verdict.kind == VerdictKind::failed) return ExitCode::failed;
  const auto counts = [&](const record::Finding& finding) {
    return finding.severity >= *fail_on.any && finding.confidence != record::Confidence::unsure;
  };
  if (fail_on.any && std::ranges::any_of(inspection.findings, counts)) return ExitCode::findings;
  if (fail_on.not_in_baseline && since_baseline && since_baseline->has_new_finding(*fail_on.not_in_baseline))
    return ExitCode::findings;
  return verdict.kind == VerdictKind::undetermined || verdict.has_blocking_gap() ? ExitCode::partial : ExitCode::fine;
}

}  // namespace gannet::report
