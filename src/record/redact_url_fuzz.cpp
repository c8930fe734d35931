#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/assert.hpp"
#include "record/consent_string.hpp"
#include "record/value.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  static const gannet::record::Redactor redactor(std::string(32, 'k'));
  const std::string redacted = redactor.url(text);
  ASSERT_INVARIANT(redacted.size() <= 40'000, "the result is bounded");
  ASSERT_INVARIANT(!redacted.substr(0, redacted.find("…<")).contains('@'), "no user info and no e-mail address is left");
  redactor.digest(text);
  gannet::record::decode_google_consent(text);
  return 0;
}
