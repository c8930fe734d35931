// The report a person reads on a terminal: verdict first, then what could not be established, then the evidence. Pure.
#pragma once

#include <string>

#include "inspect/inspection.hpp"
#include "record/scan.hpp"

namespace gannet::report {

struct TextOptions {
  bool colour = false;
  /// Columns of the terminal; below 60 counts as 60.
  int width = 100;
};

/// Lines in UTF-8, none wider than the width. What came from the site passes printable(), so that a page cannot speak to the
/// terminal. Long tables are cut with a line that says so; the scan document has everything.
std::string scan_text(const record::ScanRecord& scan, const inspect::Inspection& inspection, TextOptions options);

}  // namespace gannet::report
