// The report as one HTML file, for people: the verdict, what each consent state showed, what is wrong with its proof, then the
// evidence in full. Pure.
#pragma once

#include <string>
#include <string_view>

#include "change/compare.hpp"
#include "inspect/inspection.hpp"
#include "record/scan.hpp"
#include "record/screenshot.hpp"

namespace gannet::report {

/// A whole document that loads nothing and runs nothing: no script, no link to follow, styles inside, and a
/// Content-Security-Policy that forbids the rest. What came from the site is made printable and escaped. Nothing is left out:
/// long tables are folded. Of the start page's pictures those that `pictures` has are inside, as data: URLs. `since_baseline` may
/// be null; else it has a section.
std::string scan_html(const record::ScanRecord& scan, const inspect::Inspection& inspection,
                      const record::ScreenshotSet& pictures = {}, const change::Comparison* since_baseline = nullptr);

/// Text for element content and quoted attribute values.
std::string escape_html(std::string_view text);

}  // namespace gannet::report
