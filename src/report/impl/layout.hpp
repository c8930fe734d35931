// Laying out text on a terminal: display width, cutting, wrapping, tables that fit. Text given in is printable (see printable())
// and without escape sequences; colours are added last, where they cannot disturb the widths. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gannet::report {

enum class Style { plain, bold, dim, red, yellow, green };

/// The text within the ECMA-48 sequence of the style.
std::string coloured(Style style, std::string_view text);

/// Columns a terminal gives the text: 2 for East Asian wide characters and emoji, 0 for combining marks (Unicode UAX #11, in
/// blocks).
int display_width(std::string_view text);

/// At most `width` columns (1 or more), the missing end replaced by "…".
std::string cut_end(std::string_view text, int width);
/// The same with the middle missing, for what tells most at both ends: "cdn.tra…/t.js:3".
std::string cut_middle(std::string_view text, int width);

/// Lines of at most `width` columns, broken at spaces, inside a word only where it is longer than a line. Never empty.
std::vector<std::string> wrap(std::string_view text, int width);

/// A text behind a mark or a bullet; what follows its first line stands under the text.
struct Paragraph {
  int indent = 0;
  std::string_view lead = {};
  Style lead_style = Style::plain;
  std::string_view text = {};
  Style style = Style::plain;
};

/// Each line ended by a newline, none wider than `width`.
std::string render_paragraph(const Paragraph& paragraph, int width, bool has_colour);

struct Cell {
  std::string text;
  Style style = Style::plain;
};

struct Column {
  std::string title;
  /// Columns it keeps when the table is squeezed; squeezed below only where nothing else is left.
  int width_min = 4;
  bool is_cut_in_middle = false;
  bool is_right_aligned = false;
};

class Table {
 public:
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}
  /// One cell for each column.
  void add_row(std::vector<Cell> cells);
  /// Header and rows, each line indented and ended by a newline, none wider than `width`.
  std::string render(int width, int indent, bool has_colour) const;

 private:
  std::vector<int> fit(int width, int gap) const;

  std::vector<Column> columns_;
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace gannet::report
