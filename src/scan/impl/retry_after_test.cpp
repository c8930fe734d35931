#include "scan/impl/retry_after.hpp"

#include <string>

#include <gtest/gtest.h>

namespace gannet::scan {
namespace {

using namespace std::chrono_literals;

/// One minute before the date that RFC 9110 §5.6.7 gives in its three forms.
const Instant k_now = Instant(std::chrono::sys_days(std::chrono::year(1994) / 11 / 6).time_since_epoch() + 8h + 48min + 37s);

TEST(RetryAfter, reads_seconds) {
  EXPECT_EQ(parse_retry_after("120", k_now), 120s);
  EXPECT_EQ(parse_retry_after(" 1\t", k_now), 1s);
  EXPECT_EQ(parse_retry_after("0", k_now), 0s);
}

TEST(RetryAfter, reads_all_forms_of_an_http_date_from_now) {
  for (const char* date : {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"})
    EXPECT_EQ(parse_retry_after(date, k_now), 60s) << date;
}

TEST(RetryAfter, a_part_of_a_second_is_waited_for_as_well) {
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:49:37 GMT", k_now + 59'500ms), 1s);
}

TEST(RetryAfter, a_date_that_has_passed_is_no_wait) { EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:47:37 GMT", k_now), 0s); }

TEST(RetryAfter, a_wait_of_any_length_counts_as_a_year_at_most) {
  for (const std::string value : {"99999999", "9223372036854775807", "99999999999999999999999", "Fri, 31 Dec 9999 23:59:59 GMT"})
    EXPECT_EQ(parse_retry_after(value, k_now), 365 * 24h) << value;
}

TEST(RetryAfter, what_is_neither_is_nothing) {
  for (const char* value : {"", " ", "-1", "1.5", "soon", "1 s", "0x10", "Sun, 06 Nov 1994", "\xff\xff"})
    EXPECT_EQ(parse_retry_after(value, k_now), std::nullopt) << value;
}

}  // namespace
}  // namespace gannet::scan
