#include "datasets/owners.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "base/text.hpp"
#include "datasets/host_suffix.hpp"
#include "datasets/json_text.hpp"

namespace gannet::datasets {
namespace {

/// The value at `host` or at the longest domain above it.
template <class Map>
auto find_above(const Map& map, std::string_view host) -> decltype(map.find(host)) {
  for (; !host.empty(); host = parent_of(host)) {
    if (const auto it = map.find(host); it != map.end()) return it;
  }
  return map.end();
}

Result<std::map<std::string, std::string, std::less<>>> parse_countries(const boost::json::value& countries) {
  const auto* object = countries.if_object();
  if (!object) return fail(ErrorKind::invalid, "owner countries: must be an object of country codes");
  std::map<std::string, std::string, std::less<>> by_company;
  for (const auto& [country, companies] : *object) {
    const auto* list = companies.if_array();
    if (!list) return fail(ErrorKind::invalid, "owner countries: \"{}\" must be an array of names", printable(country, 60));
    for (const auto& company : *list) {
      const auto* name = company.if_string();
      if (!name)
        return fail(ErrorKind::invalid, "owner countries: \"{}\" holds something that is no name", printable(country, 60));
      by_company.emplace(to_lower(*name), country);
    }
  }
  return by_company;
}

}  // namespace

Result<Owners> Owners::parse(const boost::json::value& entities, const boost::json::value& countries, std::string_view where) {
  const auto* list = entities.if_array();
  if (!list || list->empty()) return fail(ErrorKind::invalid, "{}: must be an array of companies", where);
  Owners owners;
  owners.countries_ = TRY(parse_countries(countries));
  for (std::size_t i = 0; i < list->size(); ++i) {
    const std::string place = fmt::format("{}[{}]", where, i);
    const auto* entity = (*list)[i].if_object();
    if (!entity) return fail(ErrorKind::invalid, "{}: must be an object", place);
    HostOwner owner;
    owner.product = TRY(get_text(*entity, "name", place));
    owner.kind = TRY(get_text(*entity, "category", place));
    const std::string company = TRY(find_text(*entity, "company", place));
    owner.name = company.empty() ? owner.product : company;
    owner.country = owners.country_of(owner.name);
    const auto* domains = entity->if_contains("domains");
    if (!domains || !domains->is_array()) return fail(ErrorKind::invalid, "{}.domains: must be an array of host patterns", place);
    for (const auto& domain : domains->get_array()) {
      if (!domain.is_string()) return fail(ErrorKind::invalid, "{}.domains: must be an array of host patterns", place);
      const std::string pattern = to_lower(domain.get_string());
      if (pattern.starts_with("*.")) {
        owners.domains_.emplace(pattern.substr(2), owner);
      } else {
        owners.hosts_.emplace(pattern, owner);
      }
    }
    ++owners.entity_count_;
  }
  return owners;
}

const HostOwner* Owners::find(std::string_view host) const {
  if (const auto it = hosts_.find(host); it != hosts_.end()) return &it->second;
  const auto it = find_above(domains_, host);
  return it == domains_.end() ? nullptr : &it->second;
}

std::string Owners::country_of(std::string_view company) const {
  const auto it = countries_.find(to_lower(company));
  return it == countries_.end() ? std::string() : it->second;
}

Result<HostPurposes> HostPurposes::parse(const boost::json::value& array, std::string_view where) {
  const auto* list = array.if_array();
  if (!list) return fail(ErrorKind::invalid, "{}: must be an array", where);
  HostPurposes purposes;
  for (std::size_t i = 0; i < list->size(); ++i) {
    const std::string place = fmt::format("{}[{}]", where, i);
    const auto* object = (*list)[i].if_object();
    if (!object) return fail(ErrorKind::invalid, "{}: must be an object", place);
    Purpose purpose;
    purpose.domain = TRY(get_text(*object, "host", place));
    const auto category = parse_category(TRY(get_text(*object, "category", place)));
    // A vendor's purpose alone never makes anything necessary.
    if (!category || *category == Category::necessary) {
      return fail(ErrorKind::invalid, "{}.category: must be functional, analytics, advertising or unknown", place);
    }
    purpose.category = *category;
    purpose.product = TRY(get_text(*object, "product", place));
    std::string key = purpose.domain;
    purposes.purposes_.emplace(std::move(key), std::move(purpose));
  }
  return purposes;
}

const HostPurposes::Purpose* HostPurposes::find(std::string_view host) const {
  const auto it = find_above(purposes_, host);
  return it == purposes_.end() ? nullptr : &it->second;
}

HostList HostList::parse(std::string_view text) {
  constexpr std::string_view k_host_characters = "abcdefghijklmnopqrstuvwxyz0123456789.-";
  HostList list;
  for (std::string_view line : split(text, '\n')) {
    line = trim(line);
    for (const std::string_view header : {"! Version: ", "! Last modified: "}) {
      if (list.version_.empty() && line.starts_with(header)) list.version_ = line.substr(header.size());
    }
    if (!line.starts_with("||") || !line.ends_with('^')) continue;
    const std::string host = to_lower(line.substr(2, line.size() - 3));
    if (host.contains('.') && host.find_first_not_of(k_host_characters) == std::string::npos) list.hosts_.insert(host);
  }
  return list;
}

bool HostList::contains(std::string_view host) const { return find_above(hosts_, host) != hosts_.end(); }

}  // namespace gannet::datasets
