#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/assert.hpp"
#include "change/compare.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto snapshot = gannet::change::parse_snapshot({reinterpret_cast<const char*>(data), size});
  if (!snapshot) return 0;
  const auto comparison = gannet::change::compare(*snapshot, *snapshot);
  ASSERT_INVARIANT(comparison.has_value() && !comparison->has_differences(), "a scan does not differ from itself");
  return 0;
}
