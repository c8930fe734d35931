// Google Consent Mode on a hit: gcs and gcd. Google documents gcs ("G1" and a digit for each of ad_storage and
// analytics_storage); gcd is read as practitioners measured it: '1', then a digit and a letter for each of four types.
#include <algorithm>
#include <array>
#include <string>

#include "base/text.hpp"
#include "record/consent_string.hpp"

namespace gannet::record {
namespace {

constexpr std::array<std::string_view, 4> k_types = {"ad_storage", "analytics_storage", "ad_user_data", "ad_personalization"};

struct Letter {
  char letter;
  std::string_view meaning;
  /// What the type is in effect; nullopt where the signal was not set.
  std::optional<bool> is_granted;
};

constexpr auto k_letters = std::to_array<Letter>({
    {'l', "not set", std::nullopt},
    {'p', "denied by default", false},
    {'q', "denied by default and by update", false},
    {'t', "granted by default", true},
    {'r', "denied by default, granted by update", true},
    {'m', "denied by update", false},
    {'n', "granted by update", true},
    {'u', "granted by default, denied by update", false},
    {'v', "granted by default and by update", true},
});

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

std::optional<bool> read_gcs_digit(char digit) {
  if (digit == '1') return true;
  if (digit == '0') return false;
  return std::nullopt;
}

bool read_gcs(std::string_view gcs, GoogleConsentHit& hit) {
  if (gcs.size() < 4 || !gcs.starts_with("G1")) return false;
  hit.ad_storage = read_gcs_digit(gcs[2]);
  hit.analytics_storage = read_gcs_digit(gcs[3]);
  return true;
}

bool read_gcd(std::string_view gcd, GoogleConsentHit& hit) {
  if (gcd.size() < 1 + 2 * k_types.size() || gcd[0] != '1') return false;
  std::map<std::string, std::string> by_type;
  std::array<std::optional<bool>, k_types.size()> in_effect;
  for (std::size_t i = 0; i < k_types.size(); ++i) {
    const char digit = gcd[1 + 2 * i], letter = gcd[2 + 2 * i];
    if (!is_digit(digit) || !is_letter(letter)) return false;
    const auto known = std::ranges::find(k_letters, letter, &Letter::letter);
    by_type[std::string(k_types[i])] = known == k_letters.end() ? fmt::format("letter {}", letter) : std::string(known->meaning);
    if (known != k_letters.end()) in_effect[i] = known->is_granted;
  }
  hit.by_type = std::move(by_type);
  if (!hit.ad_storage) hit.ad_storage = in_effect[0];
  if (!hit.analytics_storage) hit.analytics_storage = in_effect[1];
  return true;
}

}  // namespace

std::optional<GoogleConsentHit> decode_google_consent(std::string_view url) {
  url = url.substr(0, url.find('#'));
  const std::size_t parameters = url.find_first_of("?;");
  if (parameters == std::string_view::npos) return std::nullopt;
  std::string_view rest = url.substr(parameters + 1);
  std::optional<std::string> gcs, gcd;
  while (!rest.empty()) {
    const std::size_t end = rest.find_first_of("&;?");
    const std::string_view parameter = rest.substr(0, end);
    if (!gcs && parameter.starts_with("gcs=")) gcs = percent_decode(parameter.substr(4));
    if (!gcd && parameter.starts_with("gcd=")) gcd = percent_decode(parameter.substr(4));
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  }
  GoogleConsentHit hit;
  const bool has_gcs = gcs && read_gcs(*gcs, hit);
  const bool has_gcd = gcd && read_gcd(*gcd, hit);
  return has_gcs || has_gcd ? std::optional(std::move(hit)) : std::nullopt;
}

}  // namespace gannet::record
