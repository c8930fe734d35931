// A scan's findings as SARIF 2.1.0 (OASIS), for code-scanning views and for tools that collect results. Pure.
#pragma once

#include <string>

#include "inspect/inspection.hpp"
#include "record/scan.hpp"

namespace gannet::report {

/// One run: the kinds of findings as rules, one result for each finding with our id as partial fingerprint "gannetFindingId/v1",
/// the first page that shows it as location, further evidence as related locations, script stacks as stacks; what could not be
/// established as notifications of the invocation.
///
/// Levels: critical and high are errors, medium warnings, low notes. An info finding is of the kind "informational" and an unsure
/// one of the kind "review", both with level "none", as SARIF §3.27.9 wants it.
std::string scan_sarif(const record::ScanRecord& scan, const inspect::Inspection& inspection);

}  // namespace gannet::report
