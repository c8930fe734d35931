// GeneratedNames: which names a site makes up anew for each visitor ("sess_8f3a91c2", "msg-1732312040123"), so that two scans do
// not report each of them as one gone and one new. In doubt a name is not generated: then both are reported.
//
// Each consent state of a scan has a browser context of its own, so it is another visitor. Names are generated where
//   - they differ only in parts that look random, and
//   - none of them was seen by two visitors, of one scan or of both, and
//   - two visitors of one scan were given different ones, or all the parts look random beyond doubt (a UUID, say).
// The measurement id of "_ga_7K2M9QX4TZ" looks random, but each visitor gets the same.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "change/snapshot.hpp"

namespace gannet::change {

/// A name with "*" in place of each part that looks random.
struct NameShape {
  std::string text;
  bool has_random_part = false;
  /// Each random part is a UUID, 32 or more hexadecimal digits with letters, a time in milliseconds, or 20 or more letters of
  /// both cases and digits.
  bool is_beyond_doubt = false;
};

NameShape shape_of(std::string_view name);

class GeneratedNames {
 public:
  GeneratedNames(const Snapshot& before, const Snapshot& after);

  /// The shape of a generated name or place, else itself.
  std::string name_of(const ItemKey& key) const { return resolve(names_, key.kind, key.name); }
  std::string place_of(const ItemKey& key) const { return resolve(places_, key.kind, key.place); }
  /// For the words of a finding's subject: by the name of any kind.
  std::string word_of(const std::string& word) const;

 private:
  using Shapes = std::map<std::pair<ItemKind, std::string>, std::string>;
  static std::string resolve(const Shapes& shapes, ItemKind kind, const std::string& name);

  /// Generated ones only.
  Shapes names_;
  Shapes places_;
};

}  // namespace gannet::change
