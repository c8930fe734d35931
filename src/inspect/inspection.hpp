// Inspection: what inspect() concludes from a ScanRecord. Data only; reports are made from it together with the record.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "datasets/category.hpp"
#include "record/finding.hpp"
#include "record/scan.hpp"

namespace gannet::inspect {

using datasets::Category;
using datasets::to_string;

struct Categorisation {
  Category category = Category::unknown;
  /// "site override", "rule file", "name of a consent platform", "gannet rules", "open cookie database", "vendor purpose", ""
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
  /// Who made its first kept write.
  record::Writer set_by;
  /// Others that rewrote it later, one per script or response; at most eight.
  std::vector<record::Writer> also_set_by;
  /// Pages whose visit wrote it, in order. Empty where no write was observed: a jar does not say which page wrote.
  std::vector<std::string> pages;
  Party party = Party::first;
  Categorisation categorisation;
  Owner owner;
  /// As declared by the last kept write, and as the browser keeps it from that moment on. Where no write was observed, the kept
  /// one counts from the start of the visit that first showed it. Absent: a session cookie.
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
  /// Writes the browser refused, one per key, reasons and writer.
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
