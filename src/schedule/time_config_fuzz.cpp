// The first line is the frequency, the rest a time_config. What is accepted is accepted again as it is stored, and fires alike.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/assert.hpp"
#include "schedule/time_spec.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace schedule = gannet::schedule;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto end = std::min(text.find('\n'), text.size());
  const auto spec =
      schedule::TimeSpec::parse({.frequency = text.substr(0, end), .time_config = text.substr(std::min(end + 1, size))});
  if (!spec) return 0;
  const auto again = schedule::TimeSpec::parse(
      {.frequency = schedule::to_string(spec->frequency()), .time_config = spec->time_config(), .timezone = spec->zone().name()});
  ASSERT_INVARIANT(again && again->time_config() == spec->time_config(), "what is stored reads as what was given");
  const auto from = gannet::parse_instant("2026-10-24T00:00:00Z").value();
  const auto next = spec->next_after(from);
  ASSERT_INVARIANT(next == again->next_after(from), "and fires alike");
  if (next) {
    const auto latest = spec->latest_between(from, *next, 1);
    ASSERT_INVARIANT(latest.size() == 1 && latest[0] == *next, "the latest until the next is the next");
  }
  (void)spec->clock_change_warning(from);
  return 0;
}
