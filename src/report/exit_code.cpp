#include "report/exit_code.hpp"

#include <algorithm>

#include "report/verdict.hpp"

namespace gannet::report {

bool decides(const record::Finding& finding, FailOn fail_on, const change::Comparison* since_baseline) {
  if (finding.confidence == record::Confidence::unsure) return false;
  if (fail_on.any && finding.severity >= *fail_on.any) return true;
  return fail_on.not_in_baseline && finding.severity >= *fail_on.not_in_baseline && since_baseline &&
         since_baseline->is_new_finding(finding.id);
}

ExitCode decide(const record::ScanRecord& scan, const inspect::Inspection& inspection, FailOn fail_on,
                const change::Comparison* since_baseline) {
  const Verdict verdict = make_verdict(scan, inspection);
  if (verdict.kind == VerdictKind::failed) return ExitCode::failed;
  const auto counts = [&](const record::Finding& finding) { return decides(finding, fail_on, since_baseline); };
  if (std::ranges::any_of(inspection.findings, counts)) return ExitCode::findings;
  return verdict.kind == VerdictKind::undetermined || verdict.has_blocking_gap() ? ExitCode::partial : ExitCode::fine;
}

}  // namespace gannet::report
