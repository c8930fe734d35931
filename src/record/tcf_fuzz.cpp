#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/assert.hpp"
#include "record/consent_string.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto tcf = gannet::record::decode_tcf(text);
  if (!tcf) return 0;
  ASSERT_INVARIANT(tcf->version == 2, "only version 2 is decoded");
  ASSERT_INVARIANT(tcf->vendor_consents.empty() || *tcf->vendor_consents.begin() >= 1, "vendor ids count from 1");
  ASSERT_INVARIANT(tcf->vendor_consents.empty() || *tcf->vendor_consents.rbegin() <= 65535, "vendor ids have 16 bits");
  return 0;
}
