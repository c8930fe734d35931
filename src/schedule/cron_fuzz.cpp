// Whatever text is given: it is refused with a message, or it is an expression whose fires ascend and match what it says.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/assert.hpp"
#include "schedule/fire_times.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace schedule = gannet::schedule;
  const auto cron = schedule::CronExpression::parse({reinterpret_cast<const char*>(data), size});
  if (!cron) {
    ASSERT_INVARIANT(!cron.error().message().empty(), "a refusal says why");
    return 0;
  }
  const auto again = schedule::CronExpression::parse(cron->text());
  ASSERT_INVARIANT(again.has_value(), "what was accepted is accepted as it is written back");
  const auto zone = schedule::find_zone("Europe/Dublin").value();
  gannet::Instant at = gannet::parse_instant("2026-03-28T00:00:00Z").value();
  for (int i = 0; i < 20; ++i) {
    const auto next = schedule::next_fire(*cron, *zone, {}, at);
    ASSERT_INVARIANT(next == schedule::next_fire(*again, *zone, {}, at), "equal expressions fire alike");
    if (!next) break;
    ASSERT_INVARIANT(*next > at, "the next fire is later");
    at = *next;
  }
  return 0;
}
