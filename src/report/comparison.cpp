#include "report/comparison.hpp"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "report/impl/change_lines.hpp"
#include "report/impl/comparison_writer.hpp"
#include "report/impl/layout.hpp"

namespace gannet::report {
namespace {

constexpr int k_width_min = 60;
constexpr std::size_t k_section_lines_max = 60;

class ComparisonText {
 public:
  explicit ComparisonText(TextOptions options) : has_colour_(options.colour), width_(std::max(options.width, k_width_min)) {}

  void add_line(int indent, std::string_view lead, std::string_view text, Style lead_style = Style::plain,
                Style style = Style::plain) {
    out_ += render_paragraph({.indent = indent, .lead = lead, .lead_style = lead_style, .text = text, .style = style}, width_,
                             has_colour_);
  }

  void add_title(std::string title) {
    std::ranges::transform(title, title.begin(), [](unsigned char c) { return char(std::toupper(c)); });
    out_ += "\n";
    add_line(0, "", title, Style::plain, Style::bold);
  }

  void add_sections(const change::Comparison& comparison, bool has_titles_below) {
    for (const ChangeSection& section : make_change_sections(comparison)) {
      if (has_titles_below)
        add_line(2, "", section.title, Style::plain, Style::bold);
      else
        add_title(section.title);
      const std::size_t shown = std::min(section.lines.size(), k_section_lines_max);
      for (std::size_t i = 0; i < shown; ++i) {
        const ChangeLine& line = section.lines[i];
        add_line(has_titles_below ? 4 : 2, fmt::format("{} ", line.mark), line.text, line.style,
                 line.style == Style::dim ? Style::dim : Style::plain);
      }
      if (section.lines.size() > shown)
        add_line(4, "", fmt::format("… and {} more: the JSON has all", section.lines.size() - shown), Style::plain, Style::dim);
    }
  }

  std::string take() && { return std::move(out_); }

 private:
  bool has_colour_;
  int width_;
  std::string out_;
};

void add_headline(ComparisonText& text, const change::Comparison& comparison, int indent) {
  const bool is_different = comparison.has_differences();
  const Style style = is_different ? Style::yellow : Style::green;
  text.add_line(indent, is_different ? "≠ " : "= ", change_headline(comparison) + ".", style, style);
}

}  // namespace

std::string comparison_text(const change::Comparison& comparison, TextOptions options) {
  ComparisonText text(options);
  add_headline(text, comparison, 0);
  text.add_line(2, "older ", scan_words(comparison.before), Style::dim, Style::dim);
  text.add_line(2, "newer ", scan_words(comparison.after), Style::dim, Style::dim);
  text.add_sections(comparison, false);
  return std::move(text).take();
}

std::string since_baseline_text(const change::Comparison& comparison, TextOptions options) {
  ComparisonText text(options);
  text.add_title("Since the baseline");
  add_headline(text, comparison, 2);
  text.add_line(4, "baseline ", scan_words(comparison.before), Style::dim, Style::dim);
  text.add_sections(comparison, true);
  return std::move(text).take();
}

std::string comparison_json(const change::Comparison& comparison, Pretty pretty) {
  JsonWriter json(pretty == Pretty::yes);
  write_comparison(json, comparison);
  return std::move(json).take() + (pretty == Pretty::yes ? "\n" : "");
}

}  // namespace gannet::report
