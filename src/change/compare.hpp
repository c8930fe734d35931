// compare(): what is different between two scans of one site, and what cannot be said. Pure; the same input gives the same
// result.
//
// A difference that somebody sees must be one of the site. So something that is missing counts as gone only where the scan that
// misses it would have seen it; names that a site makes up for each visitor are one thing; lifetimes are compared in classes;
// values, counts of requests, line numbers and names of script files are not compared.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "change/snapshot.hpp"

namespace gannet::change {

enum class ChangeKind { added, removed, changed };
std::string_view to_string(ChangeKind kind);

/// Why not seeing something proves nothing.
enum class DoubtKind {
  state_not_visited,
  state_not_established,
  page_not_visited,
  page_not_seen,               // Partial, blocked, failed, or an error page.
  page_not_settled,            // Still busy at the ceiling or the deadline: more may have come later.
  third_party_cookies_differ,  // The browser's policy was another one.
};
std::string_view to_string(DoubtKind kind);

struct Doubt {
  DoubtKind kind = DoubtKind::state_not_visited;
  record::ConsentState state = record::ConsentState::untouched;
  /// The page, or the policy; empty for a doubt about the state.
  std::string about;
  bool operator==(const Doubt&) const = default;
};

struct AttributeChange {
  std::string name;
  std::string before;
  std::string after;
  bool operator==(const AttributeChange&) const = default;
};

struct ItemChange {
  ChangeKind kind = ChangeKind::added;
  /// As the newer scan that has it shows it. In the key, "*" stands for the random parts of a generated name.
  Item item;
  bool is_generated = false;
  /// Of `changed`, else empty.
  std::vector<AttributeChange> attributes;
  /// Added: it may have been there before. Removed: it was not seen, but it is not proved gone.
  std::optional<Doubt> doubt;
};

/// One consent state that both scans visited.
struct StateComparison {
  record::ConsentState state = record::ConsentState::untouched;
  /// Outcome of the choice; only where both scans saw the start page.
  std::vector<AttributeChange> consent;
  /// In the order of their keys.
  std::vector<ItemChange> items;
};

enum class FindingChangeKind { appeared, resolved, severity };
/// "new", "resolved", "severity".
std::string_view to_string(FindingChangeKind kind);

struct FindingChange {
  FindingChangeKind kind = FindingChangeKind::appeared;
  /// As the newer scan that has it shows it.
  FindingSnapshot finding;
  /// Of `severity`, else the finding's own.
  record::Severity severity_before = record::Severity::info;
  /// As ItemChange::doubt.
  std::optional<Doubt> doubt;
};

/// Something about how the scans were made that could explain a difference: "browser", "data set NAME".
struct Caveat {
  std::string name;
  std::string before;
  std::string after;
  bool operator==(const Caveat&) const = default;
};

struct ScanName {
  std::string scan_id;
  std::string url;
  std::string started_at;
};

struct Comparison {
  ScanName before;
  ScanName after;
  std::vector<Caveat> caveats;
  /// States that only one of the scans visited; nothing in them is compared.
  std::vector<record::ConsentState> only_before;
  std::vector<record::ConsentState> only_after;
  std::vector<StateComparison> states;
  /// The worst severity first.
  std::vector<FindingChange> findings;
  /// Findings that both have with the same severity.
  std::size_t same_findings_count = 0;

  /// Whether anything is different for certain: all but what was merely not seen. An addition was seen, so it counts.
  bool has_differences() const;
  /// Whether the newer scan has this finding and the older one has not, at any severity.
  bool is_new_finding(std::string_view id) const;
};

struct CompareOptions {
  /// Compare a test system with the live site: hosts of the sites themselves are taken for the same.
  bool allows_other_host = false;
};

/// Errors: `invalid` for scans of different hosts, unless they are allowed.
Result<Comparison> compare(const Snapshot& before, const Snapshot& after, CompareOptions options = {});

}  // namespace gannet::change
