// What a comparison says, in lines under headings, as the text and the HTML report both print them. Texts are printable; HTML
// must still escape. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "change/compare.hpp"
#include "report/impl/layout.hpp"

namespace gannet::report {

struct ChangeLine {
  /// "+" added, "−" removed, "~" changed, "?" not known, "·" worth knowing.
  std::string_view mark;
  std::string text;
  Style style = Style::plain;
};

struct ChangeSection {
  std::string title;
  std::vector<ChangeLine> lines;
};

/// "No differences", "2 new findings, 1 cookie added", "No certain difference; 3 things were not seen".
std::string change_headline(const change::Comparison& comparison);

/// "https://shop.test/, 2026-11-21 22:37 UTC, scan 01932a00-…".
std::string scan_words(const change::ScanName& scan);

/// Those that have lines: findings, cookies, third parties, storage, consent, what is not proved gone, what is worth knowing.
std::vector<ChangeSection> make_change_sections(const change::Comparison& comparison);

}  // namespace gannet::report
