#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/assert.hpp"
#include "record/set_cookie.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto now = gannet::Instant(std::chrono::days(20'000));
  const auto cookie = gannet::record::parse_cookie_line(text, now);
  if (!cookie) return 0;
  ASSERT_INVARIANT(cookie->name.size() + cookie->value.size() <= 4096, "Chromium keeps no more");
  ASSERT_INVARIANT(!cookie->name.empty() || !cookie->value.empty(), "an empty cookie is none");
  const auto key = gannet::record::cookie_key(*cookie, {.host = "www.shop.test", .path = "/a/b"});
  ASSERT_INVARIANT(key.path.starts_with('/'), "a path is absolute");
  return 0;
}
