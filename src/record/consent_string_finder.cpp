#include "record/consent_string_finder.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <string>
#include <vector>

#include "base/text.hpp"

namespace gannet::record {
namespace {

constexpr std::size_t k_value_bytes_max = 64 * 1024;
/// Candidates tried in one value: consent platforms keep one or two strings among their own settings.
constexpr int k_candidates_max = 16;
/// A TCF core segment with no vendors and no restrictions has 230 bits.
constexpr std::size_t k_tcf_bytes_min = 38;

/// Names that consent platforms use for the bare string.
constexpr std::array<std::string_view, 6> k_tcf_names = {"euconsent-v2", "eupubconsent-v2", "gdpr_consent",
                                                         "tcstring",     "tc_string",       "iabtcf_tcstring"};
constexpr std::array<std::string_view, 5> k_gpp_names = {"__gpp", "gpp", "gppstring", "gpp_string", "iabgpp_hdr_gppstring"};

template <std::size_t N>
bool is_named(std::string_view name, const std::array<std::string_view, N>& names) {
  return std::ranges::any_of(names, [&](std::string_view known) { return equals_ignoring_case(name, known); });
}

/// Random text can decode by chance; what was not named as a consent string must also make sense as one. The TCF v2 began in
/// 2019.
bool is_plausible(const TcfString& tcf) {
  using namespace std::chrono;
  constexpr Instant k_earliest{sys_days(2019y / January / 1)}, k_latest{sys_days(2100y / January / 1)};
  return tcf.created >= k_earliest && tcf.created <= k_latest && tcf.last_updated >= k_earliest && tcf.last_updated <= k_latest &&
         tcf.policy_version >= 2 && tcf.policy_version <= 15 && tcf.cmp_id > 0;
}

bool is_consent_character(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' ||
         c == '~';
}

/// Maximal runs of characters that a consent string may have.
std::vector<std::string_view> candidates(std::string_view text) {
  std::vector<std::string_view> runs;
  while (!text.empty() && runs.size() < k_candidates_max) {
    const auto first = std::ranges::find_if(text, is_consent_character);
    text.remove_prefix(std::size_t(first - text.begin()));
    const auto last = std::ranges::find_if_not(text, is_consent_character);
    const std::size_t length = std::size_t(last - text.begin());
    // The first six bits are 2 in a TCF string ('C'), the first twelve 3 and 1 in a GPP string ("DB").
    if (text.starts_with("C") || text.starts_with("DB")) runs.push_back(text.substr(0, length));
    text.remove_prefix(length);
  }
  return runs;
}

}  // namespace

std::optional<ConsentString> find_consent_string(const StoredText& stored) {
  if (stored.value.size() > k_value_bytes_max) return std::nullopt;
  const bool is_tcf_name = is_named(stored.name, k_tcf_names);
  const bool is_gpp_name = is_named(stored.name, k_gpp_names);
  const std::string value = percent_decode(stored.value);
  for (const std::string_view text : candidates(value)) {
    ConsentString found;
    found.source = fmt::format("{} {}", stored.place, stored.name);
    if (text.starts_with("DB")) {
      auto gpp = decode_gpp(text);
      if (!gpp || (gpp->section_ids.empty() && !is_gpp_name)) continue;
      found.gpp = std::move(*gpp);
      return found;
    }
    if (text.size() < k_tcf_bytes_min) continue;
    auto tcf = decode_tcf(text);
    if (!tcf || (!is_tcf_name && !is_plausible(*tcf))) continue;
    found.tcf = std::move(*tcf);
    return found;
  }
  return std::nullopt;
}

}  // namespace gannet::record
