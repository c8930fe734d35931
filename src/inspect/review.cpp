#include "inspect/review.hpp"

#include <algorithm>
#include <array>
#include <tuple>

#include "base/text.hpp"
#include "inspect/categoriser.hpp"
#include "inspect/party.hpp"
#include "inspect/site_rules.hpp"

namespace gannet::inspect {
namespace {

struct NameWord {
  std::string_view word;
  Category category;
};

/// Parts of names that developers choose for what they do.
constexpr std::array<NameWord, 18> k_name_words = {{
    {.word = "csrf", .category = Category::necessary},
    {.word = "xsrf", .category = Category::necessary},
    {.word = "session", .category = Category::necessary},
    {.word = "basket", .category = Category::necessary},
    {.word = "cart", .category = Category::necessary},
    {.word = "consent", .category = Category::necessary},
    {.word = "lang", .category = Category::functional},
    {.word = "locale", .category = Category::functional},
    {.word = "currency", .category = Category::functional},
    {.word = "theme", .category = Category::functional},
    {.word = "analytics", .category = Category::analytics},
    {.word = "stats", .category = Category::analytics},
    {.word = "pageview", .category = Category::analytics},
    {.word = "visitor", .category = Category::analytics},
    {.word = "campaign", .category = Category::advertising},
    {.word = "affiliate", .category = Category::advertising},
    {.word = "retarget", .category = Category::advertising},
    {.word = "advert", .category = Category::advertising},
}};

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// Whether the name has the word as a part of its own: "user_lang" and "userLang", not "langoustine".
bool has_word(std::string_view name, std::string_view word) {
  const std::string lower = to_lower(name);
  for (auto at = lower.find(word); at != std::string::npos; at = lower.find(word, at + 1)) {
    const bool is_upper = name[at] >= 'A' && name[at] <= 'Z';
    const bool starts = at == 0 || !is_letter(name[at - 1]) || (is_upper && name[at - 1] >= 'a');
    const auto end = at + word.size();
    const bool ends = end == name.size() || !is_letter(name[end]) || (name[end] <= 'Z' && name[end - 1] >= 'a');
    if (starts && ends) return true;
  }
  return false;
}

/// One word of a shell's command line that stands for exactly these bytes and has none that disturb a terminal.
std::string shell_quoted(std::string_view text) {
  constexpr std::string_view k_plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.:@%+,";
  if (!text.empty() && text.find_first_not_of(k_plain) == std::string_view::npos) return std::string(text);
  const bool is_printable = std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7f && c != '\'' && c != '\\'; });
  if (is_printable) return fmt::format("'{}'", text);
  std::string quoted = "$'";
  for (const char c : text) {
    if (c < 0x20 || c >= 0x7f) {
      quoted += fmt::format("\\{:03o}", static_cast<unsigned char>(c));
    } else {
      if (c == '\'' || c == '\\') quoted += '\\';
      quoted += c;
    }
  }
  return quoted + "'";
}

}  // namespace

void ReviewList::add(const record::ScanRecord& scan, const Inspection& inspection) {
  const std::string host = Site(scan).host();
  std::set<const ReviewEntry*> counted;
  for (const auto& state : inspection.states) {
    for (const auto& cookie : state.cookies) {
      if (cookie.categorisation.category != Category::unknown) continue;
      const auto& key = cookie.cookie.key;
      const auto [it, is_new] = entries_.try_emplace({key.domain, key.name});
      ReviewEntry& entry = it->second;
      if (is_new) {
        entry = {.name = key.name,
                 .domain = key.domain,
                 .party = cookie.party,
                 .scan_count = 0,
                 .hosts = {},
                 .states = {},
                 .writer = cookie.set_by,
                 .first_seen = scan.started_at,
                 .last_seen = scan.started_at,
                 .hint = find_hint(sets_, key.name, cookie.set_by)};
      }
      if (counted.insert(&entry).second) ++entry.scan_count;
      entry.hosts.insert(host);
      entry.states.insert(state.state);
      entry.first_seen = std::min(entry.first_seen, scan.started_at);
      entry.last_seen = std::max(entry.last_seen, scan.started_at);
    }
  }
}

std::vector<ReviewEntry> ReviewList::take() && {
  std::vector<ReviewEntry> list;
  list.reserve(entries_.size());
  for (auto& [key, entry] : entries_) list.push_back(std::move(entry));
  std::ranges::sort(list, [](const ReviewEntry& a, const ReviewEntry& b) {
    return std::tie(b.scan_count, a.domain, a.name) < std::tie(a.scan_count, b.domain, b.name);
  });
  return list;
}

std::optional<Hint> find_hint(const datasets::Datasets& sets, std::string_view name, const record::Writer& writer) {
  const SiteRules none;
  const Categoriser categoriser(sets, none);
  const std::string host = host_of(writer.url);
  if (const auto by_host = categoriser.judge_host(host).categorisation; by_host.category != Category::unknown) {
    return Hint{.category = by_host.category, .reason = fmt::format("written by {}; {}", printable(host, 100), by_host.rule)};
  }
  if (const auto* entry = sets.cookies.find_name(name)) {
    return Hint{.category = entry->category,
                .reason = fmt::format("a cookie of {} has this name on {}", printable(entry->platform, 100),
                                      entry->domains.empty() ? "other domains" : entry->domains.front())};
  }
  const auto word = std::ranges::find_if(k_name_words, [&](const NameWord& known) { return has_word(name, known.word); });
  if (word == k_name_words.end()) return std::nullopt;
  return Hint{.category = word->category, .reason = fmt::format("\"{}\" in its name", word->word)};
}

std::string settling_command(const ReviewEntry& entry) {
  if (entry.name.empty()) return {};
  return fmt::format("gannet cookies set --domain {} --category {} {}{}", shell_quoted(entry.domain),
                     entry.hint ? to_string(entry.hint->category) : "CATEGORY", entry.name.starts_with('-') ? "-- " : "",
                     shell_quoted(entry.name));
}

}  // namespace gannet::inspect
