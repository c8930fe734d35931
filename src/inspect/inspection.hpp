// Inspection: what inspect() concludes from a ScanRecord. Data only; reports are made from it together with the record.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "record/finding.hpp"
#include "record/scan.hpp"

namespace gannet::inspect {

/// Purpose of a cookie, storage entry or third party. `unknown` stays unknown and goes to the review list.
enum class Category { necessary, functional, analytics, advertising, unknown };
std::string_view to_string(Category category);

struct Categorisation {
  Category category = Category::unknown;
  /// "site override", "rule file", "open cookie database", "vendor purpose", "name of a consent platform", ""
  std::string source;
  /// Which rule, in words: "_ga_* of Google Analytics".
  std::string rule;
  record::Confidence confidence = record::Confidence::unsure;
  std::string description;
  std::string platform;
};

enum class Party { first, third };
std::string_view to_string(Party party);

/// Who stands behind a registrable domain.
struct Owner {
  std::string name;
  /// ISO 3166-1 alpha-2 where the data set says.
  std::string country;
};

/// One cookie of one state: the last kept write of a jar key, or a jar entry whose write nobody saw.
struct CookieVerdict {
  record::Cookie cookie;
  /// Phase of its first kept write (or of the first jar it was seen in).
  record::Phase phase = record::Phase::s0;
  record::Writer set_by;
  std::vector<std::string> pages;
  Party party = Party::first;
  Categorisation categorisation;
  Owner owner;
  /// As declared by the write, and as the browser keeps it, from the moment of writing.
  std::optional<std::int64_t> declared_lifetime_seconds;
  std::optional<std::int64_t> lifetime_seconds;
  /// Still in the jar at the end of the state.
  bool is_present = true;
};

struct StorageVerdict {
  record::StorageEntry entry;
  Party party = Party::first;
  Categorisation categorisation;
  Owner owner;
};

struct ThirdParty {
  /// Registrable domain.
  std::string domain;
  std::set<std::string> hosts;
  Owner owner;
  Categorisation categorisation;
  std::uint64_t request_count = 0;
  std::uint64_t transferred_bytes = 0;
  record::Phase first_phase = record::Phase::s0;
  std::vector<std::string> cookie_names;
  /// URLs of the scripts or documents that caused its first requests, outermost last.
  std::vector<std::string> initiators;
  /// Matched a tracker list or an analytics/advertising owner.
  bool is_tracker = false;
};

struct StateInspection {
  record::ConsentState state = record::ConsentState::untouched;
  std::vector<CookieVerdict> cookies;
  /// Writes the browser refused, one per key and reason.
  std::vector<record::CookieWrite> blocked_cookies;
  std::vector<StorageVerdict> storage;
  std::vector<ThirdParty> third_parties;
};

/// A data set as it was used, for the report's "how".
struct DatasetUse {
  std::string name;
  std::string version;
  std::string hash;
};

struct Inspection {
  std::vector<StateInspection> states;
  std::vector<record::Finding> findings;
  /// Names of cookies nobody could categorise: "name @ domain".
  std::vector<std::string> review;
  std::vector<DatasetUse> datasets;
};

}  // namespace gannet::inspect
