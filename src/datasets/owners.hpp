// Owners: which company stands behind a host, what its hosts are for, and in which country it sits. Immutable.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include <boost/json/value.hpp>

#include "base/error.hpp"
#include "datasets/category.hpp"

namespace gannet::datasets {

struct HostOwner {
  /// The company where the set names one, else the product: "Google", "Criteo".
  std::string name;
  /// What is at this host: "Google Analytics".
  std::string product;
  /// third-party-web's word: "ad", "analytics", "social", "marketing", "tag-manager", "consent-provider", "cdn", …
  std::string kind;
  /// ISO 3166-1 alpha-2; empty where not known.
  std::string country;
};

class Owners {
 public:
  /// `entities` in third-party-web's layout, `countries` as {"US": ["Google", …], …}. Error `invalid` names the entry.
  static Result<Owners> parse(const boost::json::value& entities, const boost::json::value& countries, std::string_view where);

  /// The owner with the longest domain that covers the host; nullptr for none. `host` in lower case.
  const HostOwner* find(std::string_view host) const;
  /// The country of a company by its name, in any case; empty where not known.
  std::string country_of(std::string_view company) const;

  std::size_t size() const { return entity_count_; }
  std::size_t country_count() const { return countries_.size(); }

 private:
  /// Domains that cover their subdomains, and single hosts.
  std::map<std::string, HostOwner, std::less<>> domains_;
  std::map<std::string, HostOwner, std::less<>> hosts_;
  std::map<std::string, std::string, std::less<>> countries_;
  std::size_t entity_count_ = 0;
};

/// Hosts with a known purpose: Gannet's own corrections where the owner's kind says too little ("social" for an advertising
/// pixel).
class HostPurposes {
 public:
  struct Purpose {
    std::string domain;
    Category category = Category::unknown;
    std::string product;
  };

  /// An array of {"host", "category", "product"}; each covers its subdomains.
  static Result<HostPurposes> parse(const boost::json::value& array, std::string_view where);
  const Purpose* find(std::string_view host) const;
  std::size_t size() const { return purposes_.size(); }

 private:
  std::map<std::string, Purpose, std::less<>> purposes_;
};

/// The plain "||host^" rules of a filter list in Adblock syntax, without options; every other rule is passed over.
class HostList {
 public:
  static HostList parse(std::string_view text);
  /// The host or a domain above it is listed.
  bool contains(std::string_view host) const;
  std::size_t size() const { return hosts_.size(); }
  /// What the list's header says in "! Version:" or "! Last modified:"; empty where it does not.
  const std::string& version() const { return version_; }

 private:
  std::set<std::string, std::less<>> hosts_;
  std::string version_;
};

}  // namespace gannet::datasets
