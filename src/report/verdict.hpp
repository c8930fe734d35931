// The verdict: what a scan says as a whole. Decided once, for every report and for the exit code, so that none of them calls
// clean what another calls unknown. A wrong "clean" is the worst thing this program can say: whatever was not seen counts as not
// known. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "inspect/inspection.hpp"
#include "record/scan.hpp"

namespace gannet::report {

enum class VerdictKind {
  failed,        // No page could be seen, or the scan failed.
  problems,      // Findings of low severity or more that are not `unsure`.
  undetermined,  // No such finding, but something was not seen that could have held one; a cancelled scan may have seen nothing.
  review,        // All was seen, no such finding; unsure findings or uncategorised cookies want a person.
  clean,
};

/// Something that the scan could not establish.
struct Gap {
  /// Absent: it concerns the whole scan.
  std::optional<record::ConsentState> state;
  std::string text;
  /// It could hide a problem, so it forbids a clean verdict. The others are worth knowing: no banner found, a page that never
  /// came to rest, states that were not asked for.
  bool is_blocking = true;
};

/// Texts are plain sentences without the final stop and printable (see printable()); an HTML report must still escape them.
struct Verdict {
  VerdictKind kind = VerdictKind::failed;
  std::string headline;
  /// A second sentence; empty where the headline says it all.
  std::string detail;
  void add_detail(std::string_view sentence);
  std::vector<Gap> gaps;
  /// The states that were seen in full under the choice they stand for. In all others an absence proves nothing.
  std::vector<record::ConsentState> established;
  /// Something of a page reached the record.
  bool is_anything_seen = false;

  bool is_established(record::ConsentState state) const;
  bool has_blocking_gap() const;
};

Verdict make_verdict(const record::ScanRecord& scan, const inspect::Inspection& inspection);

}  // namespace gannet::report
