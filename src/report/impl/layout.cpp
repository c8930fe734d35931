#include "report/impl/layout.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <span>

#include <fmt/format.h>

#include "base/assert.hpp"
#include "base/text.hpp"

namespace gannet::report {
namespace {

/// Columns between two cells, on a terminal of this width.
int gap_of(int width) { return width < 80 ? 1 : 2; }

struct Range {
  char32_t first;
  char32_t last;
};

constexpr std::array<Range, 7> k_zero_width = {{{0x0300, 0x036f},
                                                {0x0483, 0x0489},
                                                {0x0591, 0x05bd},
                                                {0x1ab0, 0x1aff},
                                                {0x20d0, 0x20ff},
                                                {0xfe00, 0xfe0f},
                                                {0xfe20, 0xfe2f}}};
constexpr std::array<Range, 10> k_double_width = {{{0x1100, 0x115f},
                                                   {0x2e80, 0x303e},
                                                   {0x3041, 0xa4cf},
                                                   {0xac00, 0xd7a3},
                                                   {0xf900, 0xfaff},
                                                   {0xfe30, 0xfe6f},
                                                   {0xff00, 0xff60},
                                                   {0xffe0, 0xffe6},
                                                   {0x1f300, 0x1f9ff},
                                                   {0x20000, 0x3fffd}}};

bool is_in(std::span<const Range> ranges, char32_t code) {
  return std::ranges::any_of(ranges, [code](Range range) { return code >= range.first && code <= range.last; });
}

/// The first character of the text with its width; an invalid byte is one of width 1.
struct Character {
  std::string_view bytes;
  int width = 1;
};

Character next_character(std::string_view text) {
  char32_t code = 0;
  const std::size_t length = std::max<std::size_t>(1, utf8_sequence(text, code));
  return {text.substr(0, length), is_in(k_zero_width, code) ? 0 : is_in(k_double_width, code) ? 2 : 1};
}

/// The longest prefix of at most `width` columns.
std::string_view fitting_prefix(std::string_view text, int width) {
  std::size_t end = 0;
  while (end < text.size()) {
    const Character character = next_character(text.substr(end));
    if (character.width > width) break;
    width -= character.width;
    end += character.bytes.size();
  }
  return text.substr(0, end);
}

std::string_view fitting_suffix(std::string_view text, int width) {
  for (int excess = display_width(text) - width; excess > 0;) {
    const Character character = next_character(text);
    excess -= character.width;
    text.remove_prefix(character.bytes.size());
  }
  return text;
}

}  // namespace

std::string coloured(Style style, std::string_view text) {
  const auto in = [text](int code) { return fmt::format("\x1b[{}m{}\x1b[0m", code, text); };
  switch (style) {
    case Style::plain: return std::string(text);
    case Style::bold: return in(1);
    case Style::dim: return in(2);
    case Style::red: return in(31);
    case Style::yellow: return in(33);
    case Style::green: return in(32);
  }
  return std::string(text);
}

int display_width(std::string_view text) {
  int width = 0;
  while (!text.empty()) {
    const Character character = next_character(text);
    width += character.width;
    text.remove_prefix(character.bytes.size());
  }
  return width;
}

std::string cut_end(std::string_view text, int width) {
  if (display_width(text) <= width) return std::string(text);
  return std::string(fitting_prefix(text, width - 1)) + "…";
}

std::string cut_middle(std::string_view text, int width) {
  if (display_width(text) <= width) return std::string(text);
  const int tail = (width - 1) * 2 / 3;
  return std::string(fitting_prefix(text, width - 1 - tail)) + "…" + std::string(fitting_suffix(text, tail));
}

std::vector<std::string> wrap(std::string_view text, int width) {
  ASSERT_INVARIANT(width >= 2, "a line has room for a wide character");
  std::vector<std::string> lines;
  std::string line;
  const auto flush = [&] {
    lines.push_back(std::move(line));
    line.clear();
  };
  for (std::string_view word : split(text, ' ')) {
    if (word.empty()) continue;
    if (!line.empty() && display_width(line) + 1 + display_width(word) > width) flush();
    while (display_width(word) > width) {
      const std::string_view part = fitting_prefix(word, width);
      line = part;
      flush();
      word.remove_prefix(part.size());
    }
    if (!line.empty()) line += ' ';
    line += word;
  }
  if (!line.empty() || lines.empty()) flush();
  return lines;
}

std::string render_paragraph(const Paragraph& paragraph, int width, bool has_colour) {
  const auto paint = [&](Style style, std::string_view text) { return has_colour ? coloured(style, text) : std::string(text); };
  const int hanging = paragraph.indent + display_width(paragraph.lead);
  std::string out;
  for (const std::string& line : wrap(paragraph.text, width - hanging)) {
    const bool is_first = out.empty();
    out.append(std::size_t(is_first ? paragraph.indent : hanging), ' ');
    if (is_first) out += paint(paragraph.lead_style, paragraph.lead);
    out += paint(paragraph.style, line) + "\n";
  }
  return out;
}

void Table::add_row(std::vector<Cell> cells) {
  ASSERT_INVARIANT(cells.size() == columns_.size(), "a row has a cell for each column");
  rows_.push_back(std::move(cells));
}

/// Natural widths, then the widest column that is above its minimum loses one until all fit; minimums give way last.
std::vector<int> Table::fit(int width, int gap) const {
  std::vector<int> widths;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    int widest = display_width(columns_[i].title);
    for (const auto& row : rows_) widest = std::max(widest, display_width(row[i].text));
    widths.push_back(std::min(widest, width));
  }
  const int room = width - gap * (int(columns_.size()) - 1);
  while (std::accumulate(widths.begin(), widths.end(), 0) > room) {
    std::size_t victim = 0;
    const auto slack = [&](std::size_t i) { return std::pair(widths[i] > columns_[i].width_min, widths[i]); };
    for (std::size_t i = 1; i < widths.size(); ++i)
      if (slack(i) > slack(victim)) victim = i;
    if (widths[victim] <= 1) break;
    --widths[victim];
  }
  return widths;
}

std::string Table::render(int width, int indent, bool has_colour) const {
  const int gap = gap_of(width);
  const std::vector<int> widths = fit(width - indent, gap);
  std::string out;
  const auto add_line = [&](const std::vector<Cell>& cells) {
    std::string line;
    int pending = indent;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const std::string text =
          columns_[i].is_cut_in_middle ? cut_middle(cells[i].text, widths[i]) : cut_end(cells[i].text, widths[i]);
      if (text.empty()) {
        pending += widths[i] + gap;
        continue;
      }
      const int padding = widths[i] - display_width(text);
      const int left = columns_[i].is_right_aligned ? padding : 0;
      line.append(std::size_t(pending) + std::size_t(left), ' ');
      line += has_colour ? coloured(cells[i].style, text) : text;
      pending = padding - left + gap;
    }
    out += line + "\n";
  };
  std::vector<Cell> header;
  for (const Column& column : columns_) header.push_back({column.title, Style::dim});
  add_line(header);
  for (const auto& row : rows_) add_line(row);
  return out;
}

}  // namespace gannet::report
