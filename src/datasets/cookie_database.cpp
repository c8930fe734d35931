#include "datasets/cookie_database.hpp"

#include <algorithm>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "base/text.hpp"
#include "datasets/host_suffix.hpp"
#include "datasets/json_text.hpp"

namespace gannet::datasets {
namespace {

/// The database's own words. "Security" entries are CSRF tokens, bot defence and the like.
std::optional<Category> category_of(std::string_view word) {
  if (word == "Necessary" || word == "Security") return Category::necessary;
  if (word == "Functional" || word == "Personalization") return Category::functional;
  if (word == "Analytics") return Category::analytics;
  if (word == "Marketing") return Category::advertising;
  return std::nullopt;
}

/// Domain fields are written by hand: ".bing.com (3rd party) or .microsoft.com (3rd party)", "or demdex.net",
/// "ads-[account].adhese.com". What does not look like a host name with a dot is left out.
std::vector<std::string> domains_of(std::string_view field) {
  constexpr std::string_view k_host_characters = "abcdefghijklmnopqrstuvwxyz0123456789.-";
  std::vector<std::string> domains;
  const std::string lower = to_lower(field);
  for (std::string_view word : split(lower, ' ')) {
    // One entry ends in a zero-width space.
    while (!word.empty() && static_cast<unsigned char>(word.back()) >= 0x80) word.remove_suffix(1);
    while (word.starts_with('.')) word.remove_prefix(1);
    while (word.ends_with('.')) word.remove_suffix(1);
    if (word.contains('.') && word.find_first_not_of(k_host_characters) == std::string_view::npos) domains.emplace_back(word);
  }
  return domains;
}

Result<CookieEntry> parse_entry(const boost::json::value& value, std::string_view platform, std::string_view where) {
  const auto* object = value.if_object();
  if (!object) return fail(ErrorKind::invalid, "{}: must be an object", where);
  CookieEntry entry;
  const std::string name = TRY(get_text(*object, "cookie", where));
  entry.name = trim(name);
  entry.is_wildcard = TRY(find_text(*object, "wildcardMatch", where)) == "1";
  if (entry.name.ends_with('*')) {
    entry.name.pop_back();
    entry.is_wildcard = true;
  }
  if (entry.name.empty()) return fail(ErrorKind::invalid, "{}.cookie: is empty", where);
  const std::string category = TRY(get_text(*object, "category", where));
  const auto mapped = category_of(category);
  if (!mapped)
    return fail(ErrorKind::invalid, "{}.category: \"{}\" is not one of the database's categories", where,
                printable(category, 60));
  entry.category = *mapped;
  const std::string domain = TRY(find_text(*object, "domain", where));
  entry.domains = domains_of(domain);
  entry.platform = platform;
  entry.controller = TRY(find_text(*object, "dataController", where));
  entry.description = TRY(find_text(*object, "description", where));
  return entry;
}

bool is_within_domains(const CookieEntry& entry, std::string_view domain) {
  return std::ranges::any_of(entry.domains, [&](const std::string& own) { return is_under(domain, own); });
}

/// "_gat" is declared a wildcard for "_gat_UA-1-1"; that it also begins "_gateway" proves little.
bool stops_within_word(const CookieEntry& entry, std::string_view name) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  return name.size() > entry.name.size() && is_letter(entry.name.back()) && is_letter(name[entry.name.size()]);
}

/// Keeps the better of two candidates and notes where equally good ones disagree.
void consider(std::optional<CookieMatch>& best, const CookieMatch& candidate) {
  if (!best || (candidate.is_by_domain && !best->is_by_domain)) {
    best = candidate;
  } else if (candidate.is_by_domain == best->is_by_domain && candidate.entry->category != best->entry->category) {
    best->is_doubtful = true;
  }
}

}  // namespace

Result<CookieDatabase> CookieDatabase::parse(const boost::json::value& file, std::string_view where) {
  const auto* platforms = file.if_object();
  if (!platforms || platforms->empty()) return fail(ErrorKind::invalid, "{}: must be an object of platforms", where);
  CookieDatabase database;
  for (const auto& [platform, entries] : *platforms) {
    const auto* list = entries.if_array();
    if (!list) return fail(ErrorKind::invalid, "{}: \"{}\" must be an array", where, printable(platform, 60));
    for (std::size_t i = 0; i < list->size(); ++i) {
      const std::string place = fmt::format("{}: {}[{}]", where, printable(platform, 60), i);
      CookieEntry entry = TRY(parse_entry((*list)[i], platform, place));
      if (entry.is_wildcard) {
        database.wildcards_.emplace(entry.name.size(), std::move(entry));
      } else {
        database.exact_.emplace(entry.name, std::move(entry));
      }
    }
  }
  return database;
}

std::optional<CookieMatch> CookieDatabase::find(std::string_view name, std::string_view domain) const {
  std::optional<CookieMatch> exact;
  const auto [begin, end] = exact_.equal_range(name);
  for (auto it = begin; it != end; ++it) {
    const bool is_by_domain = is_within_domains(it->second, domain);
    if (it->second.domains.empty() || is_by_domain) consider(exact, {.entry = &it->second, .is_by_domain = is_by_domain});
  }
  if (exact && exact->is_by_domain) return exact;

  std::optional<CookieMatch> wildcard;
  for (const auto& [length, entry] : wildcards_) {
    if (!name.starts_with(entry.name)) continue;
    const bool is_by_domain = is_within_domains(entry, domain);
    if (!entry.domains.empty() && !is_by_domain) continue;
    if (wildcard && wildcard->entry->name.size() > length && !(is_by_domain && !wildcard->is_by_domain)) continue;
    consider(wildcard, {.entry = &entry, .is_by_domain = is_by_domain, .is_doubtful = stops_within_word(entry, name)});
  }
  if (wildcard && wildcard->is_by_domain) return wildcard;
  return exact ? exact : wildcard;
}

const CookieEntry* CookieDatabase::find_name(std::string_view name) const {
  const auto it = exact_.find(name);
  return it == exact_.end() ? nullptr : &it->second;
}

}  // namespace gannet::datasets
