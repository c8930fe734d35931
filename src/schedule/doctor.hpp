// What `gannet doctor` asks of a live database: whether the promises of this module hold. Reads only; may run beside everything
// else. The names are those of the invariants: docs/schedules.md has what is promised.
#pragma once

#include <string>
#include <vector>

#include "schedule/executions.hpp"

namespace gannet::schedule {

struct Finding {
  /// "I2", …
  std::string invariant;
  /// What is wrong with what, and what to do where anything can be done.
  std::string message;
};

/// All that is wrong, at most some hundred. A young database and one that was never wrong both give none.
///
///   I1  a due time has one fire            I6  a fire has at most one accepted result
///   I2  none is missing up to the cursor   I9  nothing is left over: what is due is fired, what was started ends
///   I3  none was made early                I10 none was made while its schedule was paused
///   I4  next_run is the first after it     I12 each fire was announced in the event log, while that is kept
///   I5  what waits or runs has its job
Result<std::vector<Finding>> audit(db::Tx& tx, const Defaults& defaults);

}  // namespace gannet::schedule
