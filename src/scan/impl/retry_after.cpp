#include "scan/impl/retry_after.hpp"

#include <algorithm>
#include <charconv>

#include "base/text.hpp"
#include "record/set_cookie.hpp"

namespace gannet::scan {

using namespace std::chrono_literals;

std::optional<std::chrono::seconds> parse_retry_after(std::string_view value, Instant now) {
  constexpr std::chrono::seconds k_max = 365 * 24h;
  value = trim(value);
  const bool is_number = !value.empty() && value.find_first_not_of("0123456789") == std::string_view::npos;
  if (is_number) {
    std::int64_t seconds = 0;
    const bool is_read = std::from_chars(value.data(), value.data() + value.size(), seconds).ec == std::errc();
    return is_read ? std::min(std::chrono::seconds(seconds), k_max) : k_max;
  }
  // A cookie's date is read more leniently than an HTTP date, and all three forms of that are among what it takes.
  const auto date = record::parse_cookie_date(value);
  if (!date) return std::nullopt;
  return std::clamp(std::chrono::ceil<std::chrono::seconds>(*date - now), 0s, k_max);
}

}  // namespace gannet::scan
