// Writes a comparison document, alone or as a member of a scan document.
#pragma once

#include "base/json_writer.hpp"
#include "change/compare.hpp"

namespace gannet::report {

/// As one JSON value.
void write_comparison(JsonWriter& json, const change::Comparison& comparison);

}  // namespace gannet::report
