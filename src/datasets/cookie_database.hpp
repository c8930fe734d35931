// CookieDatabase: the Open Cookie Database, which sorts cookies by name and, for about half of them, by domain. Immutable.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/value.hpp>

#include "base/error.hpp"
#include "datasets/category.hpp"

namespace gannet::datasets {

struct CookieEntry {
  /// Without the wildcard's star.
  std::string name;
  bool is_wildcard = false;
  /// Domains the entry is restricted to, cleaned; empty: any.
  std::vector<std::string> domains;
  Category category = Category::unknown;
  std::string platform;
  std::string controller;
  std::string description;
};

struct CookieMatch {
  const CookieEntry* entry = nullptr;
  /// The cookie's domain lies under one of the entry's, not only the name fits.
  bool is_by_domain = false;
  /// Entries that fit equally well put it in different categories, or a wildcard stops within a word ("_gat" for "_gateway").
  bool is_doubtful = false;
};

class CookieDatabase {
 public:
  /// The file's layout: platform → array of entries. Error `invalid` names `where`, the entry and the field.
  static Result<CookieDatabase> parse(const boost::json::value& file, std::string_view where);

  /// An entry restricted to a domain beats an unrestricted one, an exact name beats a wildcard, a longer wildcard a shorter one.
  /// An entry restricted to another domain never matches. `domain` in lower case without a leading dot.
  std::optional<CookieMatch> find(std::string_view name, std::string_view domain) const;

  /// An entry of exactly this name, whatever domain it is restricted to; nullptr for none.
  const CookieEntry* find_name(std::string_view name) const;

  std::size_t size() const { return exact_.size() + wildcards_.size(); }

 private:
  std::multimap<std::string, CookieEntry, std::less<>> exact_;
  /// By length of the name, longest first.
  std::multimap<std::size_t, CookieEntry, std::greater<>> wildcards_;
};

}  // namespace gannet::datasets
