// Banner: a part of the page that asks for consent, chosen from the candidates that page_script.js collected. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/value.hpp>

#include "consent/labels.hpp"

namespace gannet::consent {

struct Button {
  int handle = 0;
  std::string text;
  Label label = Label::other;
  /// Leaves the document, submits a form with text fields, or is disabled: never clicked.
  bool is_off_limits = false;
};

struct Banner {
  std::string frame_id;
  int handle = 0;
  /// Known platform or empty.
  std::string platform;
  std::vector<Button> buttons;
  int score = 0;
};

/// The argument of page_script.js's collect().
const boost::json::value& collect_argument();

/// Those candidates of one frame's collect() that ask for consent.
std::vector<Banner> read_banners(const std::string& frame_id, const boost::json::value& collected);

/// The likeliest; nullopt for none.
std::optional<Banner> choose_banner(const std::vector<Banner>& banners);

/// The button to click for `label`, one for everything before others; null where there is none.
const Button* find_button(const Banner& banner, Label label);

/// Texts of what a visitor can press, links to other pages left out.
std::vector<std::string> button_texts(const Banner& banner);

/// Whether a cookie or storage key is one that a consent choice writes, by its name.
bool is_consent_key(std::string_view name, std::string_view platform);

}  // namespace gannet::consent
