#include "consent/impl/site_selector.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "base/text.hpp"

namespace gannet::consent {

namespace json = boost::json;

namespace {

constexpr std::size_t k_selector_bytes_max = 2000;
constexpr std::string_view k_has_text = ":has-text(";

/// Calls `visit(position)` for each character outside quotes and brackets. False when a quote or bracket stays open.
template <class Visit>
bool scan_top_level(std::string_view text, Visit visit) {
  char quote = 0;
  int depth = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\\') {
      ++i;
    } else if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '(' || c == '[') {
      ++depth;
    } else if (c == ')' || c == ']') {
      if (--depth < 0) return false;
    } else if (depth == 0) {
      visit(i);
    }
  }
  return quote == 0 && depth == 0;
}

/// Splits where `separator` stands outside quotes and brackets; nullopt where those do not match up.
std::optional<std::vector<std::string_view>> split_top_level(std::string_view text, std::string_view separator) {
  std::vector<std::string_view> parts;
  std::size_t start = 0;
  const bool is_balanced = scan_top_level(text, [&](std::size_t at) {
    if (at < start || !text.substr(at).starts_with(separator)) return;
    parts.push_back(trim(text.substr(start, at - start)));
    start = at + separator.size();
  });
  if (!is_balanced) return std::nullopt;
  parts.push_back(trim(text.substr(start)));
  return parts;
}

bool is_quoted(std::string_view text) {
  return text.size() >= 2 && (text[0] == '"' || text[0] == '\'') && text.back() == text[0];
}

std::string_view unquote(std::string_view text) { return is_quoted(text) ? text.substr(1, text.size() - 2) : text; }

/// `reason` in the error's words: "the selector '…' is wrong: <reason>".
std::expected<SelectorStep, std::string> parse_step(std::string_view text) {
  if (text.empty()) return std::unexpected("a step is empty");
  if (text.starts_with("text=")) {
    const auto wanted = trim(text.substr(5));
    if (unquote(wanted).empty()) return std::unexpected("text= names no text");
    if (wanted.starts_with('/')) return std::unexpected("text= takes words, not a regular expression");
    return SelectorStep{.css = "", .text = std::string(unquote(wanted)), .is_exact = is_quoted(wanted)};
  }
  if (text.starts_with("xpath=") || text.starts_with("//")) return std::unexpected("XPath is not understood; write CSS or text=");
  if (text.starts_with("css=")) text.remove_prefix(4);

  const auto has_text = text.find(k_has_text);
  if (has_text == std::string_view::npos) return SelectorStep{.css = std::string(text), .text = "", .is_exact = false};
  const auto argument = trim(text.substr(has_text + k_has_text.size()));
  if (!argument.ends_with(')') || argument.find(k_has_text) != std::string_view::npos ||
      !is_quoted(trim(argument.substr(0, argument.size() - 1)))) {
    return std::unexpected(R"(:has-text("…") must be its end)");
  }
  const auto wanted = unquote(trim(argument.substr(0, argument.size() - 1)));
  if (wanted.empty()) return std::unexpected(":has-text() names no text");
  const auto css = text.substr(0, has_text);
  return SelectorStep{.css = std::string(css.empty() ? "*" : css), .text = std::string(wanted), .is_exact = false};
}

}  // namespace

Result<std::vector<SelectorChain>> parse_site_selector(std::string_view selector) {
  const auto wrong = [selector](std::string_view reason) {
    return fail(ErrorKind::invalid, "the selector '{}' is wrong: {}", printable(selector, 200), reason);
  };
  if (selector.size() > k_selector_bytes_max) return wrong(fmt::format("it is longer than {} bytes", k_selector_bytes_max));
  // A text may hold commas, quotes and brackets of its own.
  const bool is_plain_text = selector.starts_with("text=") && selector.find(">>") == std::string_view::npos;
  const auto alternatives = is_plain_text ? std::vector{trim(selector)} : split_top_level(selector, ",");
  if (!alternatives) return wrong("a quote or bracket is not closed");

  std::vector<SelectorChain> chains;
  for (const auto alternative : *alternatives) {
    const auto separator = alternative.find(">>>") != std::string_view::npos ? ">>>" : ">>";
    const auto steps = is_plain_text ? std::vector{alternative} : split_top_level(alternative, separator);
    if (!steps) return wrong("a quote or bracket is not closed");
    SelectorChain chain;
    for (const auto text : *steps) {
      auto step = parse_step(text);
      if (!step) return wrong(step.error());
      chain.push_back(std::move(*step));
    }
    chains.push_back(std::move(chain));
  }
  return chains;
}

json::value to_json(const SelectorChain& chain, std::size_t first) {
  json::array steps;
  for (std::size_t i = first; i < chain.size(); ++i) {
    steps.push_back(json::object{{"css", chain[i].css}, {"text", chain[i].text}, {"exact", chain[i].is_exact}});
  }
  return json::object{{"chain", std::move(steps)}};
}

}  // namespace gannet::consent
