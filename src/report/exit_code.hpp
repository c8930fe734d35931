// What the process that made a scan tells its caller: the contract of `gannet scan` with shells and CI.
#pragma once

#include <optional>

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

/// `fail_on` absent: findings never decide.
ExitCode decide(const record::ScanRecord& scan, const inspect::Inspection& inspection, std::optional<record::Severity> fail_on);

}  // namespace gannet::report
