#include "report/impl/layout.hpp"

#include <gtest/gtest.h>

namespace gannet::report {
namespace {

using Lines = std::vector<std::string>;

TEST(Layout, counts_wide_characters_twice_and_combining_marks_not_at_all) {
  EXPECT_EQ(display_width("abc"), 3);
  EXPECT_EQ(display_width("日本"), 4);
  EXPECT_EQ(display_width("e\u0301"), 1);
  EXPECT_EQ(display_width("…"), 1);
}

TEST(Layout, cuts_to_the_width_without_splitting_a_character) {
  EXPECT_EQ(cut_end("abcdef", 6), "abcdef");
  EXPECT_EQ(cut_end("abcdef", 4), "abc…");
  EXPECT_EQ(cut_end("日本語", 4), "日…");
  EXPECT_EQ(cut_end("abcdef", 1), "…");
  EXPECT_EQ(cut_middle("cdn.tracker.test/t.js:3", 11), "cdn.…t.js:3");
  EXPECT_EQ(cut_middle("日本語日本語", 6), "日…語");
}

TEST(Layout, wraps_at_spaces_and_breaks_only_words_longer_than_a_line) {
  EXPECT_EQ(wrap("one two three", 7), (Lines{"one two", "three"}));
  EXPECT_EQ(wrap("a abcdefgh b", 4), (Lines{"a", "abcd", "efgh", "b"}));
  EXPECT_EQ(wrap("", 10), (Lines{""}));
}

TEST(Table, aligns_columns_and_leaves_no_trailing_spaces) {
  Table table({{"name"}, {"n", 1, false, true}, {"by"}});
  table.add_row({{"a"}, {"7"}, {"x"}});
  table.add_row({{"日本語"}, {"42"}, {""}});
  EXPECT_EQ(table.render(80, 2, false),
            "  name     n  by\n"
            "  a        7  x\n"
            "  日本語  42\n");
}

TEST(Table, squeezes_the_widest_column_that_is_above_its_minimum) {
  Table table({{"key", 10}, {"note", 4}});
  table.add_row({{"0123456789"}, {"abcdefghijklmnop"}});
  EXPECT_EQ(table.render(18, 0, false),
            "key        note\n"
            "0123456789 abcdef…\n");
}

TEST(Table, gives_up_minimums_only_when_nothing_else_is_left) {
  Table table({{"key", 10}, {"note", 10}});
  table.add_row({{"0123456789"}, {"0123456789"}});
  EXPECT_EQ(table.render(9, 0, false),
            "key  note\n"
            "012… 012…\n");
}

}  // namespace
}  // namespace gannet::report
