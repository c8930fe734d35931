#include "report/document.hpp"

#include <limits>

#include <gtest/gtest.h>
#include <boost/json/parse.hpp>

#include "base/json_writer.hpp"
#include "base/text.hpp"
#include "report/testdata/examples.hpp"

namespace gannet::report {
namespace {

namespace json = boost::json;

json::object parse_document(const Example& example) {
  return json::parse(scan_document_json(example.scan, example.inspection, Pretty::no)).as_object();
}

const json::object& untouched(const json::object& document) { return document.at("states").at("untouched").as_object(); }

std::vector<std::string> keys_of(const json::object& object) {
  std::vector<std::string> keys;
  for (const auto& member : object) keys.emplace_back(member.key());
  return keys;
}

TEST(JsonWriter, replaces_invalid_utf8_and_escapes_controls) {
  JsonWriter json(false);
  json.begin_array();
  json.value(std::string("a\xff\"\\\n\x1b") + "\u2028é\u202e");
  json.value(std::numeric_limits<double>::infinity());
  json.value(96.13);
  json.end_array();
  EXPECT_EQ(std::move(json).take(), "[\"a\xef\xbf\xbd\\\"\\\\\\n\\u001b\\u2028é\\u202e\",0.0,96.1]");
}

TEST(JsonWriter, indents_by_depth_and_leaves_empty_containers_on_one_line) {
  JsonWriter json(true);
  json.begin_object();
  json.key("a");
  json.begin_array();
  json.end_array();
  json.key("b");
  json.begin_object();
  json.field("c", 1);
  json.end_object();
  json.end_object();
  EXPECT_EQ(std::move(json).take(), "{\n  \"a\": [],\n  \"b\": {\n    \"c\": 1\n  }\n}");
}

TEST(ScanDocument, pretty_and_compact_forms_say_the_same) {
  for (const Example& example : make_examples()) {
    const json::value compact = json::parse(scan_document_json(example.scan, example.inspection, Pretty::no));
    const json::value pretty = json::parse(scan_document_json(example.scan, example.inspection, Pretty::yes));
    EXPECT_EQ(compact, pretty) << example.name;
  }
}

TEST(ScanDocument, orders_states_whatever_order_they_were_made_in) {
  Example example = make_example("leaky");
  std::ranges::reverse(example.scan.states);
  EXPECT_EQ(keys_of(parse_document(example).at("states").as_object()),
            (std::vector<std::string>{"untouched", "rejected", "accepted"}));
  EXPECT_EQ(scan_document_json(example.scan, example.inspection, Pretty::no),
            scan_document_json(make_example("leaky").scan, example.inspection, Pretty::no));
}

TEST(ScanDocument, leaves_out_states_that_were_not_visited) {
  EXPECT_EQ(keys_of(parse_document(make_example("failed")).at("states").as_object()), (std::vector<std::string>{"untouched"}));
}

TEST(ScanDocument, counts_requests_of_the_site_and_not_those_of_gannet) {
  const json::object document = parse_document(make_example("leaky"));
  const json::object& requests = untouched(document).at("requests").as_object();
  EXPECT_EQ(requests.at("total"), 4);
  EXPECT_EQ(requests.at("failed"), 1);
  EXPECT_EQ(requests.at("third_party"), 14 + 3 + 3);
  EXPECT_EQ(requests.at("transferred_bytes"), 4 * 4096);
  EXPECT_EQ(requests.at("by_type"), json::value({{"document", 1}, {"image", 1}, {"ping", 1}, {"script", 1}}));
  EXPECT_EQ(requests.at("by_phase"), json::value({{"S0", 3}, {"S1", 1}}));
  EXPECT_EQ(untouched(document).at("pages").at(0).at("requests"), 4);
}

TEST(ScanDocument, tells_session_cookies_from_lasting_ones) {
  const json::object document = parse_document(make_example("leaky"));
  const json::value& session = untouched(document).at("cookies").at(0);
  const json::value& lasting = untouched(document).at("cookies").at(1);
  EXPECT_EQ(session.at("session"), true);
  EXPECT_TRUE(session.at("expires").is_null());
  EXPECT_TRUE(session.at("lifetime_seconds").is_null());
  EXPECT_EQ(lasting.at("session"), false);
  EXPECT_EQ(lasting.at("expires"), "2027-12-26T22:37:20.123Z");
  EXPECT_EQ(lasting.at("lifetime_seconds"), 400 * 86'400);
  EXPECT_EQ(lasting.at("declared_lifetime_seconds"), 730 * 86'400);
}

TEST(ScanDocument, is_valid_utf8_with_bounded_stacks_for_a_hostile_page) {
  const Example example = make_example("hostile");
  const std::string text = scan_document_json(example.scan, example.inspection, Pretty::no);
  for (std::string_view rest = text; !rest.empty();) {
    char32_t code = 0;
    const std::size_t length = utf8_sequence(rest, code);
    ASSERT_NE(length, 0U);
    ASSERT_GE(code, 0x20U);
    rest.remove_prefix(length);
  }
  const json::value document = json::parse(text);
  EXPECT_EQ(document.at("findings").at(0).at("evidence").at(0).at("stack").as_array().size(), k_stack_frames_max);
}

}  // namespace
}  // namespace gannet::report
