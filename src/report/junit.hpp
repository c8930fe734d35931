// A scan as JUnit XML, for the test view of a CI server: a suite for the scan and one for each visited state, a case for each
// kind of finding. Pure.
#pragma once

#include <string>

#include "inspect/inspection.hpp"
#include "record/scan.hpp"
#include "report/exit_code.hpp"

namespace gannet::report {

/// A case fails where a finding was seen in the state that decides() the exit code as well; where `fail_on` asks for nothing, low
/// or worse fails. `since_baseline` as there.
/// It is skipped, with the reason, where the state was not established: an absence that was not seen never passes. Other findings
/// of the kind stand in the case's output. Valid by the schema of Jenkins (junit-4.xsd).
std::string scan_junit(const record::ScanRecord& scan, const inspect::Inspection& inspection, FailOn fail_on = {},
                       const change::Comparison* since_baseline = nullptr);

/// Text for XML 1.0 content and quoted attribute values; characters that XML cannot hold become U+FFFD.
std::string escape_xml(std::string_view text);

}  // namespace gannet::report
