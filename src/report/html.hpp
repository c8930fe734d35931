// The report as one HTML file: verdict first, the same content as the text report and nothing cut. Pure.
#pragma once

#include <string>
#include <string_view>

#include "change/compare.hpp"
#include "inspect/inspection.hpp"
#include "record/scan.hpp"

namespace gannet::report {

/// A whole document that loads nothing and runs nothing: no script, no link to follow, styles inside, and a
/// Content-Security-Policy that forbids the rest. What came from the site is made printable and escaped. `since_baseline` may be
/// null; else it has a section.
std::string scan_html(const record::ScanRecord& scan, const inspect::Inspection& inspection,
                      const change::Comparison* since_baseline = nullptr);

/// Text for element content and quoted attribute values.
std::string escape_html(std::string_view text);

}  // namespace gannet::report
