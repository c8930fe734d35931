// A site's own cookie declaration, as its policy page or consent platform publishes it, read from a file and held against what a
// scan saw. Pure but for load_declaration().
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "inspect/inventory.hpp"

namespace gannet::inspect {

/// What a declaration says of a lifetime, in its own words.
struct DeclaredLifetime {
  /// Empty where it says nothing.
  std::string text;
  bool is_session = false;
  /// Absent where the words are not understood; such a lifetime is not compared.
  std::optional<std::int64_t> seconds;
};

struct DeclaredCookie {
  /// May have wildcards, see matches_declared_name().
  std::string name;
  /// Lower case without a leading dot; empty where none is declared or what is declared is no host name.
  std::string domain;
  /// In the declaration's own word.
  std::string category_text;
  /// Absent where the word is missing or not understood; such a category is not compared.
  std::optional<Category> category;
  DeclaredLifetime lifetime;
};

/// CSV (a header line; comma, semicolon or tab), JSON (an array of objects, or {"cookies": […]}) and HTML (tables with a header
/// row). Columns and members: name; domain, host or provider; category, purpose or type; lifetime, expiry, expires, duration or
/// retention. Others are passed over. Errors: `invalid` naming `file`, the line or entry and what would be right.
Result<std::vector<DeclaredCookie>> parse_declaration_csv(std::string_view content, std::string_view file);
Result<std::vector<DeclaredCookie>> parse_declaration_json(std::string_view content, std::string_view file);
Result<std::vector<DeclaredCookie>> parse_declaration_html(std::string_view content, std::string_view file);

/// By the file's ending: .csv, .json, .html or .htm; at most 4 MiB.
Result<std::vector<DeclaredCookie>> load_declaration(const std::filesystem::path& path);

/// "Session", "13 months", "1 year 1 month", "30 Tage".
DeclaredLifetime parse_lifetime(std::string_view text);

/// "Statistics", "Strictly necessary", "Marketing", German words as well.
std::optional<Category> parse_declared_category(std::string_view text);

/// The names are equal, or the declared one has wildcards that fit: "*" any characters; "#", "<id>", "[id]", "{id}" and three or
/// more "x" or "X" in a row at least one.
bool matches_declared_name(std::string_view declared, std::string_view name);

struct DeclarationMatch {
  DeclaredCookie declared;
  /// At least one.
  std::vector<InventoryItem> seen;
  /// "category: declared functional, seen as analytics (certain)": printable; empty where nothing differs.
  std::vector<std::string> differences;
};

struct DeclarationComparison {
  std::vector<DeclarationMatch> matches;
  std::vector<InventoryItem> undeclared;
  /// No proof that the site does not use them: a scan sees some pages only.
  std::vector<DeclaredCookie> not_seen;
};

/// An item belongs to the declared name that fits it best: the same name, else the longest. Categories of low confidence and
/// lifetimes that are within a tenth are no difference.
DeclarationComparison compare_declaration(const std::vector<DeclaredCookie>& declared, const std::vector<InventoryItem>& seen);

}  // namespace gannet::inspect
