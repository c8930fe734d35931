#include "report/har.hpp"

#include <gtest/gtest.h>
#include <boost/json.hpp>

#include "report/testdata/examples.hpp"

// That the document satisfies the HAR 1.2 schema is checked by testdata/validate_formats.py.
namespace gannet::report {
namespace {

namespace json = boost::json;

json::object log_of(const Example& example) { return json::parse(scan_har(example.scan)).at("log").as_object(); }

TEST(ScanHar, has_a_page_for_each_visit_that_names_its_state) {
  const json::object log = log_of(make_example("leaky"));
  const json::array& pages = log.at("pages").as_array();
  ASSERT_EQ(pages.size(), 3U);
  EXPECT_EQ(pages[1].at("id"), "rejected_1");
  EXPECT_EQ(pages[1].at("title"), "rejected: https://www.brunnen-shop.test/");
  EXPECT_TRUE(pages[1].at("comment").as_string().starts_with("consent state rejected, ok; S0 1812 ms (quiet)"));
}

TEST(ScanHar, tells_when_and_how_long_each_request_ran) {
  const json::object log = log_of(make_example("leaky"));
  const json::array& entries = log.at("entries").as_array();
  ASSERT_EQ(entries.size(), 15U);
  EXPECT_EQ(entries[0].at("time"), 88);
  const json::object& timings = entries[0].at("timings").as_object();
  EXPECT_EQ(timings.at("dns"), -1) << "the browser looked no name up";
  std::int64_t sum = 0;
  for (const auto* part : {"blocked", "connect", "send", "wait", "receive"}) sum += timings.at(part).as_int64();
  EXPECT_EQ(sum, 88) << "ssl is part of connect";
  EXPECT_EQ(entries[1].at("startedDateTime"), "2026-11-21T22:37:21.213Z") << "90 ms after the visit began";
  EXPECT_EQ(entries[1].at("timings").at("wait"), 40) << "where the parts are not known the whole counts as waiting";
}

TEST(ScanHar, says_what_failed_and_what_gannet_itself_caused) {
  const json::object log = log_of(make_example("leaky"));
  const json::array& entries = log.at("entries").as_array();
  EXPECT_EQ(entries[3].at("_failure"), "net::ERR_NAME_NOT_RESOLVED");
  EXPECT_EQ(entries[4].at("_byGannet"), true);
  EXPECT_FALSE(entries[3].as_object().contains("_byGannet"));
}

TEST(ScanHar, keeps_the_redaction_and_writes_urls_that_are_valid) {
  const json::object log = log_of(make_example("leaky"));
  const json::value& request = log.at("entries").as_array()[2].at("request");
  EXPECT_EQ(request.at("url"), "https://tags.metrica.test/collect?gcs=G100&cid=%3C36%3E");
  EXPECT_EQ(request.at("queryString").as_array()[1].at("value"), "<36>");
  EXPECT_EQ(request.at("cookies").as_array()[0].at("name"), "_mtr");
  EXPECT_EQ(request.at("cookies").as_array()[0].at("value"), "");
}

}  // namespace
}  // namespace gannet::report
