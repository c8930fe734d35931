// The review list: cookies that nobody could sort, gathered over many scans, with what might help a person to decide. Pure.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "datasets/datasets.hpp"
#include "inspect/inspection.hpp"

namespace gannet::inspect {

/// A weak reason for a category. Never applied by itself.
struct Hint {
  Category category = Category::unknown;
  /// "the script at ads.example wrote it, and …", printable.
  std::string reason;
};

struct ReviewEntry {
  std::string name;
  std::string domain;
  Party party = Party::first;
  /// Different scans that have it.
  std::size_t scan_count = 0;
  /// Hosts that were visited.
  std::set<std::string> hosts;
  std::set<record::ConsentState> states;
  /// Who wrote it in the first scan that was added.
  record::Writer writer;
  /// Starts of the first and the last scan that have it.
  Instant first_seen;
  Instant last_seen;
  std::optional<Hint> hint;
};

class ReviewList {
 public:
  /// The sets must outlive it.
  explicit ReviewList(const datasets::Datasets& sets) : sets_(sets) {}
  void add(const record::ScanRecord& scan, const Inspection& inspection);
  /// Those of the most scans first, then by domain and name.
  std::vector<ReviewEntry> take() &&;

 private:
  const datasets::Datasets& sets_;
  std::map<std::pair<std::string, std::string>, ReviewEntry> entries_;
};

/// What might be guessed of a cookie that no source knows: by the tracker whose script or response wrote it, by a known cookie of
/// the same name on another domain, by words in its name.
std::optional<Hint> find_hint(const datasets::Datasets& sets, std::string_view name, const record::Writer& writer);

/// The command that settles an entry, safe to paste into a POSIX shell with $'…' (bash, zsh, ksh): the hint's category, or
/// CATEGORY where there is none. Empty for a cookie without a name, which no rule can name.
std::string settling_command(const ReviewEntry& entry);

}  // namespace gannet::inspect
