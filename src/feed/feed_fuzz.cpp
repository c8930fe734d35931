#include "feed/feed.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/assert.hpp"

/// The input is what another system answers.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto feed = gannet::feed::parse_feed(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!feed) return 0;
  for (const auto& item : feed->items) {
    ASSERT_INVARIANT(!item.id.empty() && !item.frequency.empty() && item.sha256.size() == 64, "an item is whole");
    ASSERT_INVARIANT(item.scan_params.starts_with('{') && item.time_config.starts_with('{'), "what is stored as JSON is JSON");
    ASSERT_INVARIANT(!item.id.contains('\0') && !item.description.contains('\0'), "PostgreSQL can store it");
  }
  for (const auto& skipped : feed->invalid) ASSERT_INVARIANT(!skipped.reason.empty(), "a skipped item has a reason");
  return 0;
}
