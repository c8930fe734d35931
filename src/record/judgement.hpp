// A Judgement: what was concluded from a record at one time, by which data sets and rules. The record itself holds none, so that
// the same evidence can be judged again; two judgements of one record differ by the rules alone. Data only.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "record/finding.hpp"

namespace gannet::record {

/// A data set or rule file as it was used.
struct DatasetVersion {
  std::string name;
  std::string version;
  std::string hash;
  bool operator==(const DatasetVersion&) const = default;
};

struct Judgement {
  Instant judged_at;
  /// Its own rules are part of the program.
  std::string gannet_version;
  std::vector<DatasetVersion> datasets;
  std::vector<Finding> findings;
  /// What each cookie and storage entry was taken for, over all states: "cookie _ga shop.test" → "analytics".
  std::map<std::string, std::string> categories;
};

}  // namespace gannet::record
