#include "consent/impl/banner.hpp"

#include <algorithm>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include "base/text.hpp"
#include "consent/impl/json.hpp"
#include "embedded/consent_platforms.hpp"

namespace gannet::consent {

namespace json = boost::json;

namespace {

constexpr std::size_t k_candidates_max = 60;
constexpr std::size_t k_buttons_max = 60;
constexpr std::size_t k_button_bytes_max = 400;
constexpr std::size_t k_texts_max = 12;

const json::value& platforms() {
  static const json::value data =
      json::parse(json::string_view(embedded::consent_platforms.data(), embedded::consent_platforms.size()));
  return data;
}

bool has(const Banner& banner, Label label) {
  return std::ranges::any_of(banner.buttons,
                             [label](const Button& button) { return button.label == label && !button.is_off_limits; });
}

std::vector<Button> read_buttons(const json::value& candidate) {
  std::vector<Button> buttons;
  for (const auto& entry : elements(member(candidate, "buttons"))) {
    const auto handle = int_member(entry, "handle");
    if (!handle || buttons.size() >= k_buttons_max) continue;
    Button button{
        .handle = *handle, .text = text_member(entry, "text", k_button_bytes_max), .label = Label::other, .is_off_limits = false};
    button.label = classify(button.text);
    if (bool_member(entry, "expands") && button.label != Label::settings) button.label = Label::other;
    button.is_off_limits = bool_member(entry, "leaves") || bool_member(entry, "submits") || bool_member(entry, "disabled");
    buttons.push_back(std::move(button));
  }
  return buttons;
}

/// Higher for what looks more like the whole of one banner; 0 for what is none. A layer with consent words and both choices wins
/// over the row of buttons inside it (fewer words) and over the page around it (too much text).
int score_of(const Banner& banner, std::string_view reason, std::size_t subjects, std::size_t text_bytes) {
  const int choices = has(banner, Label::accept) + has(banner, Label::reject) + has(banner, Label::save);
  const bool only_acknowledges = choices == 0 && has(banner, Label::acknowledge);
  if (choices == 0 && !only_acknowledges) return 0;
  const bool is_layer = reason == "layer" || reason == "dialog";
  // A layer over the page that offers both answers asks for consent, whatever its words; a "Yes"/"Accept" alone may ask anything.
  const bool offers_both = has(banner, Label::accept) && has(banner, Label::reject);
  if (subjects == 0 && banner.platform.empty() && !(is_layer && offers_both)) return 0;
  int score = 20 + 4 * choices + 3 * int(std::min<std::size_t>(subjects, 3));
  if (has(banner, Label::settings)) score += 2;
  if (is_layer) score += 6;
  if (!banner.platform.empty()) score += 10;
  score -= int(std::min<std::size_t>(text_bytes / 400, 8)) + int(std::min<std::size_t>(banner.buttons.size() / 6, 6));
  return std::max(score, 1);
}

}  // namespace

const json::value& collect_argument() {
  static const json::value argument =
      json::object{{"platforms", platforms().at("selectors")}, {"words", platforms().at("attribute_words")}};
  return argument;
}

std::vector<Banner> read_banners(const std::string& frame_id, const json::value& collected) {
  std::vector<Banner> banners;
  std::size_t seen = 0;
  for (const auto& candidate : elements(member(collected, "candidates"))) {
    if (++seen > k_candidates_max) break;
    const auto handle = int_member(candidate, "handle");
    if (!handle) continue;
    Banner banner{.frame_id = frame_id,
                  .handle = *handle,
                  .platform = text_member(candidate, "platform", 60),
                  .buttons = read_buttons(candidate),
                  .score = 0};
    const auto text = text_member(candidate, "text", 6000);
    banner.score = score_of(banner, text_member(candidate, "reason", 20), count_subject_words(text), text.size());
    if (banner.score > 0) banners.push_back(std::move(banner));
  }
  return banners;
}

std::optional<Banner> choose_banner(const std::vector<Banner>& banners) {
  const auto best = std::ranges::max_element(banners, {}, &Banner::score);
  return best == banners.end() ? std::nullopt : std::optional(*best);
}

const Button* find_button(const Banner& banner, Label label) {
  const Button* first = nullptr;
  for (const auto& button : banner.buttons) {
    if (button.label != label || button.is_off_limits) continue;
    if (says_all(button.text)) return &button;
    if (!first) first = &button;
  }
  return first;
}

std::vector<std::string> button_texts(const Banner& banner) {
  std::vector<std::string> texts;
  for (const auto& button : banner.buttons) {
    if (button.text.empty() || texts.size() >= k_texts_max || (button.is_off_limits && button.label == Label::other)) continue;
    if (std::ranges::find(texts, button.text) == texts.end()) texts.push_back(button.text);
  }
  return texts;
}

bool is_consent_key(std::string_view name, std::string_view platform) {
  const auto lower = to_lower(name);
  // "cookie_test", "cookietest": whether cookies work, not what was chosen.
  if (lower.find("test") != std::string::npos) return false;
  if (!platform.empty() && lower.find(to_lower(platform)) != std::string::npos) return true;
  return std::ranges::any_of(elements(member(platforms(), "storage_words")), [&lower](const json::value& word) {
    return lower.find(std::string_view(word.as_string())) != std::string::npos;
  });
}

}  // namespace gannet::consent
