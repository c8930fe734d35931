// What the process that made a scan tells its caller: the contract of `gannet scan` with shells and CI.
#pragma once

#include <optional>

#include "change/compare.hpp"
#include "inspect/inspection.hpp"
#include "record/scan.hpp"

namespace gannet::report {

/// Where several hold, the first of failed, findings, partial wins. `usage` is the command line's own.
enum class ExitCode : int {
  fine = 0,
  findings = 1,  // A finding at or over the asked severity that is not `unsure`.
  usage = 2,
  failed = 3,   // The scan failed or could see no page.
  partial = 4,  // Cancelled, ended early, or something was not seen that could have held a finding (see Verdict).
};

/// From which severity on findings decide; those that are `unsure` never do. Absent: no finding decides.
struct FailOn {
  std::optional<record::Severity> any;
  /// Only findings that the baseline does not have.
  std::optional<record::Severity> not_in_baseline;
};

/// Whether the finding makes the process fail, and its case in JUnit XML. `since_baseline` may be null where `not_in_baseline` is
/// absent.
bool decides(const record::Finding& finding, FailOn fail_on, const change::Comparison* since_baseline = nullptr);

/// `since_baseline` may be null where `not_in_baseline` is absent.
ExitCode decide(const record::ScanRecord& scan, const inspect::Inspection& inspection, FailOn fail_on,
                const change::Comparison* since_baseline = nullptr);

}  // namespace gannet::report
