#include "report/text.hpp"

#include "base/text.hpp"
#include "report/impl/layout.hpp"
#include "report/snapshot_test.hpp"
#include "report/testdata/examples.hpp"

namespace gannet::report {
namespace {

std::string text_of(const Example& example, TextOptions options) { return scan_text(example.scan, example.inspection, options); }

TEST(ScanText, reads_as_reviewed) {
  for (const Example& example : make_examples()) {
    SCOPED_TRACE(example.name);
    expect_snapshot(example.name + ".100.txt", text_of(example, {.width = 100}));
  }
  expect_snapshot("leaky.60.txt", text_of(make_example("leaky"), {.width = 60}));
  expect_snapshot("leaky.140.txt", text_of(make_example("leaky"), {.width = 140}));
}

TEST(ScanText, fits_any_width_from_60) {
  for (const Example& example : make_examples()) {
    for (const int width : {60, 61, 79, 80, 81, 100, 132, 200}) {
      const std::string text = text_of(example, {.width = width});
      for (const std::string_view line : split(text, '\n')) ASSERT_LE(display_width(line), width) << example.name << "\n" << line;
    }
  }
}

TEST(ScanText, counts_a_width_below_60_as_60) {
  const Example example = make_example("leaky");
  EXPECT_EQ(text_of(example, {.width = -1}), text_of(example, {.width = 60}));
}

TEST(ScanText, colours_only_when_asked_and_changes_nothing_else) {
  const Example example = make_example("leaky");
  const std::string plain = text_of(example, {.colour = false});
  std::string uncoloured = text_of(example, {.colour = true});
  EXPECT_EQ(plain.find('\x1b'), std::string::npos);
  EXPECT_NE(uncoloured.find("\x1b[31m"), std::string::npos);
  for (std::size_t at = 0; (at = uncoloured.find('\x1b', at)) != std::string::npos;)
    uncoloured.erase(at, uncoloured.find('m', at) - at + 1);
  EXPECT_EQ(uncoloured, plain);
}

TEST(ScanText, lets_no_control_character_of_a_page_through) {
  const std::string text = text_of(make_example("hostile"), {});
  for (std::string_view rest = text; !rest.empty();) {
    char32_t code = 0;
    const std::size_t length = utf8_sequence(rest, code);
    ASSERT_NE(length, 0U);
    ASSERT_TRUE(code == '\n' || (code >= 0x20 && code != 0x7f && code != 0x202e)) << std::uint32_t(code);
    rest.remove_prefix(length);
  }
}

TEST(ScanText, shows_an_absence_in_a_state_that_was_not_established_as_unknown) {
  Example example = make_example("leaky");
  const auto row = [&] {
    const std::string text = text_of(example, {});
    const auto at = text.find("\n  adid");
    return text.substr(at + 1, text.find('\n', at + 1) - at - 1);
  };
  EXPECT_NE(row().find("S0  -   S0"), std::string::npos) << row();
  example.scan.states[1].consent.result = record::ConsentResult::unproved;
  EXPECT_NE(row().find("S0  ?   S0"), std::string::npos) << row();
}

TEST(ScanText, says_how_many_rows_it_leaves_out) {
  const std::string text = text_of(make_example("many"), {});
  EXPECT_NE(text.find("… and 160 more cookies"), std::string::npos);
  EXPECT_NE(text.find("… and 30 more cookie-before-consent"), std::string::npos);
}

}  // namespace
}  // namespace gannet::report
