#include "base/text.hpp"

#include <gtest/gtest.h>

#include "base/units.hpp"

namespace gannet {
namespace {

TEST(Printable, disarms_what_a_terminal_would_obey) {
  EXPECT_EQ(printable("a\x1b[31mred"), "a\\u{1b}[31mred");
  EXPECT_EQ(printable("line\nbreak"), "line\\nbreak");
  EXPECT_EQ(printable("\xe2\x80\xae"
                      "gnp.exe"),
            "\\u{202e}gnp.exe");
  EXPECT_EQ(printable("\xc2\x9b"), "\\u{9b}");
  EXPECT_EQ(printable("\xff\xc3"), "\\xff\\xc3");
  EXPECT_EQ(printable("Größe"), "Größe");
}

TEST(Printable, is_bounded) { EXPECT_LE(printable(std::string(100'000, 'x'), 50).size(), 60U); }

TEST(Base64, both_alphabets_with_and_without_padding) {
  EXPECT_EQ(decode_base64("aGk="), "hi");
  EXPECT_EQ(decode_base64("aGk"), "hi");
  EXPECT_EQ(decode_base64url("-_8"), "\xfb\xff");
  EXPECT_FALSE(decode_base64("a"));
  EXPECT_FALSE(decode_base64url("a+b/"));
  EXPECT_EQ(encode_base64("hello"), "aGVsbG8=");
  EXPECT_EQ(encode_base64(""), "");
  EXPECT_EQ(encode_base64url("\xfb\xff"), "-_8");
}

TEST(Split, keeps_empty_parts) {
  EXPECT_EQ(split("a,,b", ',').size(), 3U);
  EXPECT_EQ(split("", ',').size(), 1U);
}

TEST(Utf8Prefix, never_cuts_a_character) {
  EXPECT_EQ(utf8_prefix("aß", 2), "a");
  EXPECT_EQ(utf8_prefix("aß", 3), "aß");
}

TEST(PercentDecode, leaves_malformed_escapes) { EXPECT_EQ(percent_decode("a%20b%zz%2"), "a b%zz%2"); }

TEST(Bytes, read_well) {
  EXPECT_EQ(format_bytes(512_B), "512 B");
  EXPECT_EQ(format_bytes(Bytes{1500}), "1.5 kB");
}

}  // namespace
}  // namespace gannet
