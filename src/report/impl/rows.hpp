// The rows of a report's tables: what lies apart by state in an inspection, joined into one row with a column for each state.
// Rows point into the record and the inspection, which must outlive them. Pure.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "inspect/inspection.hpp"
#include "record/scan.hpp"
#include "report/impl/states.hpp"
#include "report/verdict.hpp"

namespace gannet::report {

/// In the order of k_states.
template <class T>
using PerState = std::array<std::optional<T>, k_states.size()>;

struct Sighting {
  record::Phase phase = record::Phase::s0;
  /// Removed again before the state ended.
  bool is_gone = false;
};

struct CookieRow {
  /// As seen in the first state that has it.
  const inspect::CookieVerdict* cookie = nullptr;
  PerState<Sighting> seen;
};

struct StorageRow {
  const inspect::StorageVerdict* entry = nullptr;
  PerState<Sighting> seen;
};

struct BlockedRow {
  const record::CookieWrite* write = nullptr;
  PerState<Sighting> seen;
};

struct ThirdPartyRow {
  const inspect::ThirdParty* party = nullptr;
  PerState<std::uint64_t> requests;
};

/// Third parties of one owner; where nobody knows the owner, one domain.
struct OwnerRow {
  /// Printable, with the country; empty where it is not known.
  std::string name;
  std::vector<std::string> domains;
  PerState<std::uint64_t> requests;
  std::uint64_t transferred_bytes = 0;
  record::Phase first_phase = record::Phase::s3;
  /// Of the domain whose category weighs most.
  std::string category;
  bool is_tracker = false;
  std::vector<std::string> cookie_names;
};

struct PageRow {
  /// The first visit that was not seen in full, else the first.
  const record::Visit* visit = nullptr;
  PerState<record::VisitStatus> status;
};

/// Findings of one severity and one kind.
struct FindingGroup {
  record::Severity severity = record::Severity::info;
  std::vector<const record::Finding*> findings;
};

/// Those that need consent first, then by when they appeared.
std::vector<CookieRow> make_cookie_rows(const inspect::Inspection& inspection);
std::vector<StorageRow> make_storage_rows(const inspect::Inspection& inspection);
std::vector<BlockedRow> make_blocked_rows(const inspect::Inspection& inspection);
/// Trackers first, then by requests.
std::vector<ThirdPartyRow> make_third_party_rows(const inspect::Inspection& inspection);
/// Owners of trackers first, then by requests.
std::vector<OwnerRow> make_owner_rows(const inspect::Inspection& inspection);
/// Pages that were not seen in full first, then in the order of visiting.
std::vector<PageRow> make_page_rows(const record::ScanRecord& scan);
/// The worst severity first.
std::vector<FindingGroup> make_finding_groups(const inspect::Inspection& inspection);

/// The company behind what a finding is about, printable: the owner of the tracker, or of the cookie; empty where nobody knows.
std::string finding_owner(const inspect::Inspection& inspection, const record::Finding& finding);

/// Whether a cookie or third party of this category may be there without consent.
bool needs_consent(inspect::Category category);

}  // namespace gannet::report
