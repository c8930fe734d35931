#include "change/impl/generated_names.hpp"

#include <algorithm>
#include <set>

namespace gannet::change {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_alphanumeric(char c) { return is_digit(c) || is_lower(c) || is_upper(c); }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

/// RFC 9562 §4: 8-4-4-4-12 hexadecimal digits.
bool starts_with_uuid(std::string_view text) {
  constexpr std::size_t k_uuid_bytes = 36;
  if (text.size() < k_uuid_bytes || (text.size() > k_uuid_bytes && is_alphanumeric(text[k_uuid_bytes]))) return false;
  for (std::size_t i = 0; i < k_uuid_bytes; ++i) {
    const bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (is_dash ? text[i] != '-' : !is_hex(text[i])) return false;
  }
  return true;
}

enum class Look { word, random, random_beyond_doubt };

/// Of a run of letters and digits.
Look look_of(std::string_view run) {
  const auto digits = std::ranges::count_if(run, is_digit);
  const auto letters = std::ptrdiff_t(run.size()) - digits;
  const bool is_mixed = digits >= 2 && letters >= 2;
  if (run.size() >= 32 && is_mixed && std::ranges::all_of(run, is_hex)) return Look::random_beyond_doubt;
  if (run.size() >= 20 && is_mixed && std::ranges::any_of(run, is_lower) && std::ranges::any_of(run, is_upper))
    return Look::random_beyond_doubt;
  // Milliseconds since 1970 have 13 digits and begin with 1 until 2033.
  if (run.size() == 13 && letters == 0 && run[0] == '1') return Look::random_beyond_doubt;
  if (run.size() >= 8 && digits >= 2) return Look::random;
  return Look::word;
}

/// Which visitors were given a name: scan (0 before, 1 after) and state.
using Visitors = std::set<std::pair<int, record::ConsentState>>;

struct Group {
  bool is_beyond_doubt = true;
  std::map<std::string, Visitors> names;

  bool is_generated() const {
    std::map<int, std::set<record::ConsentState>> visitors_of_scan;
    for (const auto& [name, visitors] : names) {
      if (visitors.size() > 1) return false;
      const auto& [scan, state] = *visitors.begin();
      visitors_of_scan[scan].insert(state);
    }
    const bool does_vary = std::ranges::any_of(visitors_of_scan, [](const auto& scan) { return scan.second.size() > 1; });
    return does_vary || is_beyond_doubt;
  }
};

using Groups = std::map<std::pair<ItemKind, std::string>, Group>;

void add(Groups& groups, ItemKind kind, const std::string& name, int scan, record::ConsentState state) {
  NameShape shape = shape_of(name);
  if (!shape.has_random_part) return;
  Group& group = groups[{kind, std::move(shape.text)}];
  group.is_beyond_doubt = group.is_beyond_doubt && shape.is_beyond_doubt;
  group.names[name].emplace(scan, state);
}

std::map<std::pair<ItemKind, std::string>, std::string> generated_of(const Groups& groups) {
  std::map<std::pair<ItemKind, std::string>, std::string> shapes;
  for (const auto& [key, group] : groups) {
    if (!group.is_generated()) continue;
    for (const auto& [name, visitors] : group.names) shapes[{key.first, name}] = key.second;
  }
  return shapes;
}

}  // namespace

NameShape shape_of(std::string_view name) {
  NameShape shape;
  shape.is_beyond_doubt = true;
  const auto replace = [&](Look look) {
    shape.text += '*';
    shape.has_random_part = true;
    shape.is_beyond_doubt = shape.is_beyond_doubt && look == Look::random_beyond_doubt;
  };
  while (!name.empty()) {
    if (starts_with_uuid(name)) {
      replace(Look::random_beyond_doubt);
      name.remove_prefix(36);
      continue;
    }
    const auto end = std::ranges::find_if_not(name, is_alphanumeric);
    const auto run = name.substr(0, std::max<std::size_t>(1, std::size_t(end - name.begin())));
    if (const Look look = look_of(run); look != Look::word)
      replace(look);
    else
      shape.text += run;
    name.remove_prefix(run.size());
  }
  shape.is_beyond_doubt = shape.is_beyond_doubt && shape.has_random_part;
  return shape;
}

GeneratedNames::GeneratedNames(const Snapshot& before, const Snapshot& after) {
  Groups names, places;
  int scan = 0;
  for (const Snapshot* snapshot : {&before, &after}) {
    for (const StateSnapshot& state : snapshot->states) {
      for (const Item& item : state.items) {
        add(names, item.key.kind, item.key.name, scan, state.state);
        add(places, item.key.kind, item.key.place, scan, state.state);
      }
    }
    ++scan;
  }
  names_ = generated_of(names);
  places_ = generated_of(places);
}

std::string GeneratedNames::resolve(const Shapes& shapes, ItemKind kind, const std::string& name) {
  const auto found = shapes.find({kind, name});
  return found == shapes.end() ? name : found->second;
}

std::string GeneratedNames::word_of(const std::string& word) const {
  for (const Shapes* shapes : {&names_, &places_}) {
    for (const ItemKind kind : {ItemKind::cookie, ItemKind::storage, ItemKind::third_party}) {
      if (const auto found = shapes->find({kind, word}); found != shapes->end()) return found->second;
    }
  }
  return word;
}

}  // namespace gannet::change
