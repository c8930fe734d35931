// The consent states in the order in which every report shows them, and where each lies in a record and an inspection. Pure.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>

#include "inspect/inspection.hpp"
#include "record/scan.hpp"

namespace gannet::report {

inline constexpr std::array k_states = {record::ConsentState::untouched, record::ConsentState::rejected,
                                        record::ConsentState::accepted};

inline const record::StateRecord* find_state(const record::ScanRecord& scan, record::ConsentState state) {
  const auto found = std::ranges::find(scan.states, state, &record::StateRecord::state);
  return found == scan.states.end() ? nullptr : &*found;
}

inline const inspect::StateInspection* find_state(const inspect::Inspection& inspection, record::ConsentState state) {
  const auto found = std::ranges::find(inspection.states, state, &inspect::StateInspection::state);
  return found == inspection.states.end() ? nullptr : &*found;
}

/// Never negative, even where the wall clock was set back during the scan.
inline Duration duration_of(const record::ScanRecord& scan) {
  return std::max(Duration(0), std::chrono::duration_cast<Duration>(scan.ended_at - scan.started_at));
}

}  // namespace gannet::report
