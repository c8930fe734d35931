#include <cstddef>
#include <cstdint>
#include <string_view>

#include <boost/json.hpp>

#include "base/assert.hpp"
#include "record/json.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  boost::system::error_code error;
  const auto json = boost::json::parse(boost::json::string_view(text.data(), text.size()), error);
  if (error) return 0;
  const auto record = gannet::record::scan_record_from_json(json);
  if (!record) return 0;
  const auto written = gannet::record::to_json(*record);
  const auto again = gannet::record::scan_record_from_json(written);
  ASSERT_INVARIANT(again && gannet::record::to_json(*again) == written, "what was read is written back unchanged");
  return 0;
}
