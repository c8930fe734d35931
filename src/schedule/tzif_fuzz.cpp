// Whatever bytes are given: they are refused, or are a zone whose periods fill the time line without holes.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/assert.hpp"
#include "schedule/time_zone.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace schedule = gannet::schedule;
  const auto zone = schedule::TimeZone::parse("fuzzed", {reinterpret_cast<const char*>(data), size});
  if (!zone) return 0;
  const auto periods = zone->periods();
  ASSERT_INVARIANT(!periods.empty() && periods.front().begin == std::chrono::sys_seconds::min() &&
                       periods.back().end == std::chrono::sys_seconds::max(),
                   "a zone is for all times");
  for (std::size_t i = 1; i < periods.size(); ++i)
    ASSERT_INVARIANT(periods[i].begin == periods[i - 1].end && periods[i].begin < periods[i].end, "periods follow each other");
  return 0;
}
