#include "scan/impl/exchange.hpp"

#include <gtest/gtest.h>
#include <boost/json.hpp>

namespace gannet::scan {
namespace {

const record::Redactor k_redactor(std::string(32, 'k'));

HopTimes times(double sent_s, double ended_s, std::string_view steps) {
  return {.sent_s = sent_s, .ended_s = ended_s, .steps = read_steps(boost::json::parse(steps).as_object())};
}

std::int64_t sum(const record::Timing& timing) {
  return timing.blocked_ms + timing.dns_ms.value_or(0) + timing.connect_ms.value_or(0) + timing.send_ms + timing.wait_ms +
         timing.receive_ms;
}

TEST(Timing, a_new_connection_has_all_steps) {
  const auto hop =
      times(100.0, 100.5, R"({"requestTime": 100.0104, "dnsStart": 5, "dnsEnd": 9, "connectStart": 10, "connectEnd": 50,
      "sslStart": 20, "sslEnd": 49.6, "sendStart": 51, "sendEnd": 52, "receiveHeadersEnd": 200})");
  EXPECT_EQ(make_timing(hop),
            (record::Timing{
                .blocked_ms = 15, .dns_ms = 5, .connect_ms = 41, .ssl_ms = 30, .send_ms = 1, .wait_ms = 148, .receive_ms = 290}));
  EXPECT_EQ(sum(*make_timing(hop)), duration_ms(hop));
}

TEST(Timing, a_connection_that_was_there_has_no_connecting) {
  const auto hop = times(100.0, 100.1, R"({"requestTime": 100.0, "dnsStart": -1, "connectStart": -1, "sslStart": -1, "sslEnd": -1,
      "sendStart": 0.6, "sendEnd": 0.7, "receiveHeadersEnd": 80.2})");
  EXPECT_EQ(make_timing(hop),
            (record::Timing{
                .blocked_ms = 1, .dns_ms = {}, .connect_ms = {}, .ssl_ms = {}, .send_ms = 0, .wait_ms = 79, .receive_ms = 20}));
}

TEST(Timing, parts_add_up_and_are_never_negative_whatever_the_browser_says) {
  for (const char* steps :
       {R"({"requestTime": 1e300, "sendStart": 5})", R"({"requestTime": -1e300, "dnsStart": 5, "sendStart": 1})",
        R"({"requestTime": 100, "connectStart": 9e99, "sendStart": 1, "sslStart": 9e99, "sslEnd": -5})",
        R"({"requestTime": "soon", "receiveHeadersEnd": 1e18})", R"({"requestTime": 100, "receiveHeadersEnd": 3})"}) {
    const auto hop = times(100.0, 100.25, steps);
    const auto timing = make_timing(hop);
    ASSERT_TRUE(timing);
    EXPECT_EQ(sum(*timing), 250) << steps;
    for (const auto part : {timing->blocked_ms, timing->dns_ms.value_or(0), timing->connect_ms.value_or(0),
                            timing->ssl_ms.value_or(0), timing->send_ms, timing->wait_ms, timing->receive_ms})
      EXPECT_GE(part, 0) << steps;
  }
  EXPECT_EQ(duration_ms(times(100, 99, "{}")), 0);
}

TEST(Timing, is_absent_where_nothing_is_known) {
  EXPECT_FALSE(make_timing(times(100, 101, "{}")));
  EXPECT_FALSE(make_timing({.sent_s = 100, .ended_s = {}, .steps = HopTimes::Steps()}));
  EXPECT_FALSE(duration_ms({.sent_s = {}, .ended_s = 100, .steps = {}}));
}

TEST(Headers, are_kept_by_lower_case_name_with_redacted_values) {
  const auto headers = read_headers(
      boost::json::parse(R"({"Content-Type": "text/html", "Set-Cookie": "a=1\nb=2", "X": 5})").as_object(), k_redactor);
  ASSERT_EQ(headers.size(), 3U);
  EXPECT_EQ(headers[0], (record::Header{"content-type", "text/html"}));
  EXPECT_EQ(headers[1].name, "set-cookie");
  EXPECT_TRUE(headers[1].value.view().starts_with("<3:")) << headers[1].value.view();
  EXPECT_NE(headers[1].value, headers[2].value) << "each line is a header of its own";
}

TEST(Headers, are_bounded_in_number_and_size) {
  boost::json::object many;
  for (int i = 0; i < 500; ++i) many[fmt::format("x-{}-{}", i, std::string(5'000, 'n'))] = std::string(5'000, '\n');
  many["Vary"] = std::string(100'000, 'v');
  const auto headers = read_headers(many, k_redactor);
  EXPECT_EQ(headers.size(), 100U);
  for (const auto& header : headers) EXPECT_LE(header.name.size() + header.value.size(), 700U);
}

TEST(Headers, of_a_picture_without_cookies_only_the_useful_ones_stay) {
  record::Request request;
  request.request_headers = {{"accept", "*/*"}, {"cookie", "<3:ab>"}};
  request.response_headers = {{"content-type", "image/gif"}, {"date", "…"}, {"x-request-id", "<32>"}};
  const auto with_type = [&](const char* type, const char* more = "vary") {
    auto changed = request;
    changed.type = type;
    changed.response_headers.push_back({more, ""});
    drop_idle_headers(changed);
    return std::pair(changed.request_headers.size(), changed.response_headers.size());
  };
  EXPECT_EQ(with_type("image"), std::pair(1UL, 1UL));
  EXPECT_EQ(with_type("script"), std::pair(2UL, 4UL));
  EXPECT_EQ(with_type("image", "set-cookie"), std::pair(2UL, 4UL));
}

TEST(Headers, a_content_length_is_a_number_or_nothing) {
  EXPECT_EQ(content_length({{"content-length", "17"}}), 17U);
  EXPECT_EQ(content_length({{"content-length", "99999999999999999999"}}), 0U);
  EXPECT_EQ(content_length({{"content-length", "many"}}), 0U);
  EXPECT_EQ(content_length({}), 0U);
}

}  // namespace
}  // namespace gannet::scan
