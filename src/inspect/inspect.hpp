// inspect(): what a scan's record means. Pure: the same record, data sets and rules give the same result, whenever and wherever
// it runs.
#pragma once

#include "datasets/datasets.hpp"
#include "inspect/inspection.hpp"
#include "inspect/site_rules.hpp"
#include "record/scan.hpp"

namespace gannet::inspect {

/// Never fails: what cannot be judged stays unknown and is listed for review. Takes some milliseconds on a record of hostile
/// size, so run it on the cpu pool.
Inspection inspect(const record::ScanRecord& scan, const datasets::Datasets& sets, const SiteRules& rules);

}  // namespace gannet::inspect
