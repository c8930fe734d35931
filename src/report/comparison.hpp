// A comparison of two scans as text for a terminal and as JSON (docs/comparison-document.md). Pure; the same input gives the same
// bytes.
#pragma once

#include <string>

#include "change/compare.hpp"
#include "report/document.hpp"
#include "report/text.hpp"

namespace gannet::report {

/// Version of the comparison document's shape, which grows as k_document_version does.
inline constexpr const char* k_comparison_version = "1.0";

/// The result first, then which scans, what changed, what cannot be said. Lines as those of scan_text().
std::string comparison_text(const change::Comparison& comparison, TextOptions options);

/// The part of a scan's report that tells what is new since its baseline.
std::string since_baseline_text(const change::Comparison& comparison, TextOptions options);

/// Always valid JSON in valid UTF-8.
std::string comparison_json(const change::Comparison& comparison, Pretty pretty);

}  // namespace gannet::report
