// A scan's requests as HTTP Archive (HAR) 1.2, for network viewers. Pure.
#pragma once

#include <string>

#include "record/scan.hpp"

namespace gannet::report {

/// One log: a page for each visit, titled with its consent state, an entry for each request. Bodies are not recorded, URLs and
/// headers are redacted. What Gannet knows beyond HAR stands under names that begin with "_", as HAR §"Custom Fields" wants it:
/// _state, _phase, _resourceType, _initiator, _transferSize, _failure, _byGannet. Sizes and times that are not known are -1.
std::string scan_har(const record::ScanRecord& scan);

}  // namespace gannet::report
