// A site's own selector, taken apart for page_script.js. Pure. CSS itself is judged by the browser.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <boost/json/value.hpp>

#include "base/error.hpp"

namespace gannet::consent {

struct SelectorStep {
  /// Empty: any clickable.
  std::string css;
  /// Empty: any text. Compared without case and with white space folded.
  std::string text;
  /// The whole text instead of a part of it: text="…".
  bool is_exact = false;
  bool operator==(const SelectorStep&) const = default;
};

/// Outermost first.
using SelectorChain = std::vector<SelectorStep>;

/// The alternatives in the order they are tried. Errors: `invalid`, quoting the selector and saying what is wrong with it.
Result<std::vector<SelectorChain>> parse_site_selector(std::string_view selector);

/// The steps from `first` on, as page_script.js takes them.
boost::json::value to_json(const SelectorChain& chain, std::size_t first = 0);

}  // namespace gannet::consent
