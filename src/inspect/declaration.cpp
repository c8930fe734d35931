#include "inspect/declaration.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "base/text.hpp"
#include "datasets/host_suffix.hpp"

namespace gannet::inspect {
namespace {

constexpr std::int64_t k_day_s = 86'400;
/// "1 year" is declared of 366 days as of 365, "13 months" of 395: a tenth covers what rounding takes.
constexpr double k_lifetime_tolerance = 0.1;

struct CategoryWord {
  std::string_view start;
  Category category;
};

/// What consent platforms and policies call the four categories, English and German.
constexpr std::array<CategoryWord, 30> k_category_words = {{
    {.start = "necessary", .category = Category::necessary},
    {.start = "strictly necessary", .category = Category::necessary},
    {.start = "essential", .category = Category::necessary},
    {.start = "required", .category = Category::necessary},
    {.start = "technical", .category = Category::necessary},
    {.start = "security", .category = Category::necessary},
    {.start = "notwendig", .category = Category::necessary},
    {.start = "unbedingt erforderlich", .category = Category::necessary},
    {.start = "erforderlich", .category = Category::necessary},
    {.start = "essenziell", .category = Category::necessary},
    {.start = "technisch", .category = Category::necessary},
    {.start = "functional", .category = Category::functional},
    {.start = "preference", .category = Category::functional},
    {.start = "personali", .category = Category::functional},
    {.start = "funktional", .category = Category::functional},
    {.start = "funktionell", .category = Category::functional},
    {.start = "präferenz", .category = Category::functional},
    {.start = "komfort", .category = Category::functional},
    {.start = "analytic", .category = Category::analytics},
    {.start = "statistic", .category = Category::analytics},
    {.start = "performance", .category = Category::analytics},
    {.start = "measurement", .category = Category::analytics},
    {.start = "statistik", .category = Category::analytics},
    {.start = "analyse", .category = Category::analytics},
    {.start = "leistung", .category = Category::analytics},
    {.start = "marketing", .category = Category::advertising},
    {.start = "advertis", .category = Category::advertising},
    {.start = "targeting", .category = Category::advertising},
    {.start = "social media", .category = Category::advertising},
    {.start = "werbung", .category = Category::advertising},
}};
/// A category is a word or two; longer text is a description that happens to start with such a word.
constexpr std::size_t k_category_bytes_max = 40;

struct Unit {
  std::string_view start;
  std::int64_t seconds;
};

/// How a unit's name begins; "m" alone could be minutes or months, so it is none.
constexpr std::array<Unit, 15> k_units = {{
    {.start = "second", .seconds = 1},
    {.start = "sekunde", .seconds = 1},
    {.start = "sec", .seconds = 1},
    {.start = "min", .seconds = 60},
    {.start = "hour", .seconds = 3600},
    {.start = "stunde", .seconds = 3600},
    {.start = "day", .seconds = k_day_s},
    {.start = "tag", .seconds = k_day_s},
    {.start = "week", .seconds = 7 * k_day_s},
    {.start = "woche", .seconds = 7 * k_day_s},
    {.start = "mon", .seconds = 2'629'746},  // A twelfth of a Gregorian year.
    {.start = "year", .seconds = 31'556'952},
    {.start = "jahr", .seconds = 31'556'952},
    {.start = "d", .seconds = k_day_s},
    {.start = "h", .seconds = 3600},
}};
constexpr std::int64_t k_count_max = 100'000;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// One piece of a declared name: fixed text, or a run of any characters.
struct Piece {
  std::string text;
  bool is_wildcard = false;
  std::size_t size_min = 0;
};

/// How many bytes at the start of `text` are a wildcard of at least one character: "#", "<id>", "xxx"; 0 for none.
std::size_t placeholder_size(std::string_view text) {
  if (text.front() == '#') return 1;
  for (const auto& [open, close] : {std::pair('<', '>'), std::pair('[', ']'), std::pair('{', '}')}) {
    if (text.front() != open) continue;
    const auto end = text.find(close);
    return end == std::string_view::npos || end == 1 ? 0 : end + 1;
  }
  if (text.front() != 'x' && text.front() != 'X') return 0;
  const auto end = std::min(text.find_first_not_of(text.front()), text.size());
  return end >= 3 ? end : 0;
}

std::vector<Piece> pieces_of(std::string_view declared) {
  std::vector<Piece> pieces;
  while (!declared.empty()) {
    const bool is_star = declared.front() == '*';
    const std::size_t wild = is_star ? 1 : placeholder_size(declared);
    const std::size_t size_min = is_star || wild == 0 ? 0 : 1;
    if (pieces.empty() || pieces.back().is_wildcard != (wild > 0)) pieces.push_back({.text = {}, .is_wildcard = wild > 0});
    if (wild > 0) {
      pieces.back().size_min = std::max(pieces.back().size_min, size_min);
    } else {
      pieces.back().text += declared.front();
    }
    declared.remove_prefix(std::max<std::size_t>(wild, 1));
  }
  return pieces;
}

std::size_t fixed_size(std::string_view declared) {
  std::size_t size = 0;
  for (const Piece& piece : pieces_of(declared)) size += piece.text.size();
  return size;
}

bool is_domain_compatible(const DeclaredCookie& declared, const InventoryItem& item) {
  if (declared.domain.empty() || item.area) return true;
  return datasets::is_under(item.domain, declared.domain) || datasets::is_under(declared.domain, item.domain);
}

bool is_close(std::int64_t a, std::int64_t b) {
  return std::abs(double(a - b)) <= k_lifetime_tolerance * double(std::max(a, b)) + 1;
}

std::string days_words(std::optional<std::int64_t> seconds) {
  return seconds ? format_duration(std::chrono::seconds(*seconds)) : "session";
}

std::optional<std::string> lifetime_difference(const DeclaredLifetime& declared, const InventoryItem& item) {
  if (item.area || (!declared.is_session && !declared.seconds)) return std::nullopt;
  const auto seen = item.declared_lifetime_seconds ? item.declared_lifetime_seconds : item.lifetime_seconds;
  const bool is_same = declared.is_session
                           ? !seen
                           : seen && (is_close(*declared.seconds, *seen) ||
                                      (item.lifetime_seconds && is_close(*declared.seconds, *item.lifetime_seconds)));
  if (is_same) return std::nullopt;
  return fmt::format("lifetime: declared \"{}\", seen {}", printable(declared.text, 60), days_words(seen));
}

std::vector<std::string> differences(const DeclaredCookie& declared, const InventoryItem& item) {
  std::vector<std::string> found;
  const auto& seen = item.categorisation;
  const bool is_known = seen.category != Category::unknown && seen.confidence != record::Confidence::unsure;
  if (declared.category && is_known && *declared.category != seen.category) {
    found.push_back(fmt::format("category: declared \"{}\", seen as {} ({}, {})", printable(declared.category_text, 60),
                                to_string(seen.category), seen.source, record::to_string(seen.confidence)));
  }
  if (auto lifetime = lifetime_difference(declared.lifetime, item)) found.push_back(*std::move(lifetime));
  return found;
}

}  // namespace

std::optional<Category> parse_declared_category(std::string_view text) {
  const std::string word = to_lower(trim(text));
  if (word.size() > k_category_bytes_max) return std::nullopt;
  const auto known =
      std::ranges::find_if(k_category_words, [&](const CategoryWord& category) { return word.starts_with(category.start); });
  return known == k_category_words.end() ? std::nullopt : std::optional(known->category);
}

DeclaredLifetime parse_lifetime(std::string_view text) {
  DeclaredLifetime lifetime{.text = std::string(trim(text)), .is_session = false, .seconds = {}};
  std::string words = to_lower(lifetime.text);
  if (words.starts_with("session") || words.starts_with("sitzung")) {
    lifetime.is_session = true;
    return lifetime;
  }
  std::int64_t sum = 0;
  std::string_view rest = words;
  while (!(rest = trim(rest)).empty()) {
    std::int64_t count = 0;
    std::size_t digits = 0;
    while (digits < rest.size() && is_digit(rest[digits])) {
      count = std::min(count * 10 + (rest[digits] - '0'), k_count_max);
      ++digits;
    }
    if (digits == 0) return lifetime;
    rest = trim(rest.substr(digits));
    const auto unit = std::ranges::find_if(k_units, [&](const Unit& known) { return rest.starts_with(known.start); });
    if (unit == k_units.end()) return lifetime;
    sum += count * unit->seconds;
    const auto end = rest.find_first_of(" ,0123456789");
    rest = end == std::string_view::npos ? "" : rest.substr(end);
    while (rest.starts_with(',') || rest.starts_with(' ')) rest.remove_prefix(1);
    for (const std::string_view joint : {"and ", "und "}) {
      if (rest.starts_with(joint)) rest.remove_prefix(joint.size());
    }
  }
  if (sum > 0) lifetime.seconds = sum;
  return lifetime;
}

bool matches_declared_name(std::string_view declared, std::string_view name) {
  if (declared == name) return true;
  const auto pieces = pieces_of(declared);
  std::size_t at = 0;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const bool is_last = i + 1 == pieces.size();
    if (pieces[i].is_wildcard) {
      at += pieces[i].size_min;
      if (at > name.size()) return false;
      if (is_last) return true;
      continue;
    }
    const std::string& text = pieces[i].text;
    if (is_last) return i == 0 ? name == text : name.size() >= at + text.size() && name.ends_with(text);
    // The first place that fits leaves the most for what follows, so no other needs trying.
    const auto found = i == 0 ? (name.starts_with(text) ? 0 : std::string_view::npos) : name.find(text, at);
    if (found == std::string_view::npos) return false;
    at = found + text.size();
  }
  return at == name.size();
}

DeclarationComparison compare_declaration(const std::vector<DeclaredCookie>& declared, const std::vector<InventoryItem>& seen) {
  DeclarationComparison comparison;
  std::map<std::size_t, DeclarationMatch> matches;
  for (const InventoryItem& item : seen) {
    std::optional<std::size_t> best;
    std::size_t best_size = 0;
    for (std::size_t i = 0; i < declared.size(); ++i) {
      if (!is_domain_compatible(declared[i], item) || !matches_declared_name(declared[i].name, item.name)) continue;
      const bool is_exact = declared[i].name == item.name;
      const std::size_t size = is_exact ? item.name.size() + 1 : fixed_size(declared[i].name);
      // Of equal names, one that is declared for a domain knows better.
      if (!best || size > best_size || (size == best_size && declared[*best].domain.empty() && !declared[i].domain.empty())) {
        best = i;
        best_size = size;
      }
    }
    if (!best) {
      comparison.undeclared.push_back(item);
      continue;
    }
    DeclarationMatch& match =
        matches.try_emplace(*best, DeclarationMatch{.declared = declared[*best], .seen = {}, .differences = {}}).first->second;
    match.seen.push_back(item);
    for (std::string& difference : differences(declared[*best], item)) {
      if (std::ranges::find(match.differences, difference) == match.differences.end())
        match.differences.push_back(std::move(difference));
    }
  }
  for (std::size_t i = 0; i < declared.size(); ++i) {
    if (!matches.contains(i)) comparison.not_seen.push_back(declared[i]);
  }
  for (auto& [index, match] : matches) comparison.matches.push_back(std::move(match));
  return comparison;
}

}  // namespace gannet::inspect
