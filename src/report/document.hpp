// The scan document: what `gannet scan --format json` prints and what is kept of a scan, as docs/scan-document.md describes and
// docs/scan-document.schema.json enforces. Pure; the same input gives the same bytes.
#pragma once

#include <cstddef>
#include <string>

#include "change/compare.hpp"
#include "inspect/inspection.hpp"
#include "record/scan.hpp"

namespace gannet::report {

/// Version of the document's shape: a minor one adds fields, a major one may change their meaning.
inline constexpr const char* k_document_version = "1.1";

/// Frames kept of each stack, innermost first; page scripts can make stacks as deep as they like.
inline constexpr std::size_t k_stack_frames_max = 20;

enum class Pretty { no, yes };

/// Always valid JSON in valid UTF-8. States come in the order untouched, rejected, accepted. A state that was visited but has no
/// StateInspection keeps its pages and has empty lists. `since_baseline` may be null; else its comparison document is a member.
std::string scan_document_json(const record::ScanRecord& scan, const inspect::Inspection& inspection, Pretty pretty,
                               const change::Comparison* since_baseline = nullptr);

}  // namespace gannet::report
