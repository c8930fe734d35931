// Snapshot: what of a scan can be compared with another scan. Read from a scan document (docs/scan-document.md), whoever wrote it
// and wherever it was kept, so that a file in a repository and a scan of just now are compared in the same way. Data; pure.
#pragma once

#include <compare>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/units.hpp"
#include "record/finding.hpp"
#include "record/scan.hpp"

namespace gannet::change {

/// A document of 50 pages in three states with a thousand cookies has some 20 MB.
inline constexpr Bytes k_document_bytes_max = 64_MiB;
/// Of each list in a document. Far above what a real site has; below what makes a comparison slow.
inline constexpr std::size_t k_list_items_max = 50'000;

enum class ItemKind { cookie, storage, third_party };

/// What makes two sightings the same thing.
struct ItemKey {
  ItemKind kind = ItemKind::cookie;
  /// Name of the cookie, key of the storage entry, domain of the third party.
  std::string name;
  /// Domain of the cookie, origin of the storage entry; empty for a third party.
  std::string place;
  /// Path of the cookie, area of the storage entry ("localStorage"); empty for a third party.
  std::string part;
  /// Of a partitioned cookie, else empty.
  std::string partition_key;
  auto operator<=>(const ItemKey&) const = default;
};

/// Something about an item whose change matters, as a word. The name is the scan document's where that has the like.
struct Attribute {
  std::string name;
  /// Empty: not known, which is never a change.
  std::string value;
  bool operator==(const Attribute&) const = default;
};

/// A cookie, storage entry or third party in one state.
struct Item {
  ItemKey key;
  bool is_third_party = false;
  /// Pages whose visit wrote it; empty where the document does not say.
  std::vector<std::string> pages;
  /// Of a cookie: the instant as text. Tells a fixed date, whose lifetime shrinks by itself, from a lifetime that was changed.
  std::string expires;
  /// The same names in the same order for all items of a kind.
  std::vector<Attribute> attributes;

  /// Empty where there is no such attribute.
  std::string_view attribute(std::string_view name) const;
};

/// How the visit of one page ended.
struct PageOutcome {
  std::string url;
  record::VisitStatus status = record::VisitStatus::failed;
  int http_status = 0;
  /// No phase was reached.
  bool is_without_phases = true;
  /// The worst over its phases.
  record::SettledBy settled_by = record::SettledBy::quiet;
};

struct StateSnapshot {
  record::ConsentState state = record::ConsentState::untouched;
  /// Seen in full under the choice it stands for, as the scan's verdict says.
  bool is_established = false;
  /// Without the proofs and texts that differ from visit to visit.
  record::ConsentResult consent_result = record::ConsentResult::not_attempted;
  std::vector<Attribute> consent;
  std::vector<PageOutcome> pages;
  /// In the order of their keys, each key once.
  std::vector<Item> items;
};

struct FindingSnapshot {
  std::string id;
  std::string kind;
  std::string subject;
  std::string title;
  record::Severity severity = record::Severity::info;
  record::Confidence confidence = record::Confidence::likely;
  /// Those that its evidence is from.
  std::vector<record::ConsentState> states;
};

struct Snapshot {
  std::string scan_id;
  std::string url;
  /// Of the URL, without port.
  std::string host;
  std::string started_at;
  record::ScanStatus status = record::ScanStatus::failed;
  std::vector<StateSnapshot> states;
  std::vector<FindingSnapshot> findings;
  /// How it was made, by name: "gannet", "browser", "third_party_cookies", "viewport", "proxy", "data set NAME".
  std::map<std::string, std::string> how;

  /// Null where the state was not visited.
  const StateSnapshot* find_state(record::ConsentState state) const;
};

/// Reads a scan document of major version 1. Errors: `exhausted` for one that is larger than the bounds above; `invalid` naming
/// the member and what belongs there: "states.untouched.cookies[3].name: must be text". Members that are not needed are not
/// looked at.
Result<Snapshot> parse_snapshot(std::string_view document);

/// The class of a cookie's lifetime: "session", "an hour or less", … "over 13 months". Limits lie away from the lifetimes that
/// sites use, so that a second more or less changes nothing.
std::string_view lifetime_class(std::int64_t lifetime_seconds);

}  // namespace gannet::change
