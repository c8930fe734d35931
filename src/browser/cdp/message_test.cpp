#include "browser/cdp/message.hpp"

#include <gtest/gtest.h>
#include <boost/json.hpp>

#include "browser/cdp/json.hpp"

namespace gannet::browser::cdp {
namespace {

/// The string "a" of a message {"a": …}.
std::string read_a(std::string_view json_string) {
  const auto message = parse_message("{\"a\":" + std::string(json_string) + "}");
  EXPECT_TRUE(message) << message.error().describe();
  return message ? string(as_object(*message), "a") : "";
}

TEST(Message, half_a_surrogate_pair_reads_as_a_replacement_character) {
  EXPECT_EQ(read_a(R"("\ud83d\ude00")"), "\xf0\x9f\x98\x80") << "a whole pair stays";
  EXPECT_EQ(read_a(R"("x\ud800y")"), "x\uFFFDy");
  EXPECT_EQ(read_a(R"("x\udc00y")"), "x\uFFFDy");
  EXPECT_EQ(read_a(R"("\ud800")"), "\uFFFD");
  EXPECT_EQ(read_a(R"("\ud800\ud83d\ude00")"), "\uFFFD\xf0\x9f\x98\x80");
  EXPECT_EQ(read_a(R"("\uD800\u0041")"), "\uFFFDA");
  EXPECT_EQ(read_a(R"("\udfff\"\ud800")"), "\uFFFD\"\uFFFD");
}

TEST(Message, an_escaped_backslash_starts_no_escape) {
  EXPECT_EQ(repair_unicode(R"("\\ud800")"), R"("\\ud800")");
  EXPECT_EQ(read_a(R"("\\ud800 \ud800")"), "\\ud800 \uFFFD");
  EXPECT_EQ(repair_unicode(R"(\)"), R"(\)");
  EXPECT_EQ(repair_unicode(R"(\ud8)"), R"(\ud8)");
}

TEST(Message, bytes_that_are_not_utf8_read_as_replacement_characters) {
  EXPECT_EQ(read_a("\"caf\xe9\""), "caf\uFFFD");
  EXPECT_EQ(read_a("\"\xed\xa0\x80\""), "\uFFFD\uFFFD\uFFFD") << "a surrogate encoded as if it were a character";
}

std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

TEST(Message, is_read_as_deep_as_chromium_writes_it_and_not_without_end) {
  EXPECT_TRUE(parse_message(nested(k_message_depth_max)));
  EXPECT_FALSE(parse_message(nested(k_message_depth_max + 1)));
  EXPECT_FALSE(parse_message(nested(5'000'000)));
}

TEST(Message, what_is_not_json_is_a_protocol_error) {
  for (const auto* text : {"", "{", "{\"a\":}", "nonsense", "{}{}", "\"\\u12\"", "{\"a\":\"\x01\"}"}) {
    const auto message = parse_message(text);
    ASSERT_FALSE(message) << text;
    EXPECT_EQ(message.error().kind(), ErrorKind::protocol);
    EXPECT_TRUE(message.error().message().starts_with("not JSON: ")) << message.error().message();
  }
}

}  // namespace
}  // namespace gannet::browser::cdp
