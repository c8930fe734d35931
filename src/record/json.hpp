// The versioned JSON encoding of records: what storage keeps and what crosses between processes. Not the scan document that
// people read (report makes that). Pure.
//
// Members are named as in the structures; times are microseconds since 1970 with `_us` appended; enumerations go by the names of
// to_string. Empty text, empty lists and absent values are not written; a missing member reads as its default and an unknown one
// is ignored, so that a field can be added without a new schema number. Text that is not UTF-8 is repaired with U+FFFD.
#pragma once

#include <boost/json/fwd.hpp>

#include "base/error.hpp"
#include "record/judgement.hpp"
#include "record/scan.hpp"

namespace gannet::record {

/// Grows when a stored record would be read with another meaning.
constexpr int k_json_schema = 1;

boost::json::value to_json(const ScanRecord& record);
boost::json::value to_json(const Visit& visit);
boost::json::value to_json(const Judgement& judgement);

/// Errors: `invalid`, naming the place and what belongs there: "states[0].visits[1].requests[3].status: expected an integer".
Result<ScanRecord> scan_record_from_json(const boost::json::value& json);
Result<Visit> visit_from_json(const boost::json::value& json);
Result<Judgement> judgement_from_json(const boost::json::value& json);

}  // namespace gannet::record
