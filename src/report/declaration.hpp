// What a site declares of its cookies against what a scan saw, for people and for programs. Pure.
#pragma once

#include <string>

#include "inspect/declaration.hpp"
#include "record/scan.hpp"
#include "report/verdict.hpp"

namespace gannet::report {

/// Plain lines; what came from the site or the declaration is printable.
std::string declaration_text(const record::ScanRecord& scan, const Verdict& verdict,
                             const inspect::DeclarationComparison& comparison);

/// {"scan_id", "url", "started_at", "is_complete", "declared_and_seen": […], "seen_not_declared": […], "declared_not_seen": […]}
std::string declaration_json(const record::ScanRecord& scan, const Verdict& verdict,
                             const inspect::DeclarationComparison& comparison);

}  // namespace gannet::report
