#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/assert.hpp"
#include "record/consent_string.hpp"
#include "record/consent_string_finder.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto gpp = gannet::record::decode_gpp(text);
  if (gpp) ASSERT_INVARIANT(std::ranges::is_sorted(gpp->section_ids), "the header counts upwards");
  const auto found = gannet::record::find_consent_string({.place = "cookie", .name = "choice", .value = text});
  if (found) ASSERT_INVARIANT(found->tcf.has_value() != found->gpp.has_value(), "what is found is decoded");
  return 0;
}
