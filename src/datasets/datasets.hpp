// Datasets: the rules and lists that inspect:: judges with, as one immutable set. Loaded once from the data folder, then shared
// between threads. Loading only: fetching the files is the work of ./run.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "datasets/cookie_database.hpp"
#include "datasets/name_rules.hpp"
#include "datasets/owners.hpp"

namespace gannet::datasets {

/// Where the files are.
struct DataFolder {
  /// Holds npm/<package>@<version>/package/… as unpacked from npm's tarballs.
  std::filesystem::path path;
  /// Optional, and only where a user installed it: EasyPrivacy from Debian's package webext-ublock-origin-chromium.
  std::filesystem::path easy_privacy =
      "/usr/share/chromium/extensions/ublock-origin/assets/thirdparties/easylist/easyprivacy.txt";
  /// Debian's Public Suffix List, which libpsl reads, and where dpkg keeps the versions of what is installed.
  std::filesystem::path public_suffix_list = "/usr/share/publicsuffix/public_suffix_list.dafsa";
  std::filesystem::path dpkg_status = "/var/lib/dpkg/status";
};

/// What `gannet data` shows of one set.
struct DatasetRow {
  std::string name;
  std::string version;
  /// Day of publication, "2026-09-14"; empty where the set does not say.
  std::string date = {};
  std::size_t entry_count = 0;
  std::string licence;
  /// Of the file, in hex.
  std::string sha256;
  /// Whole days since `date`; absent without one.
  std::optional<int> age_days = std::nullopt;
};

class Datasets {
 public:
  /// Reads all sets. Errors: `not_found` or `denied` for a file that is missing or unreadable, `invalid` for a damaged one; the
  /// message names the set, the file and how to mend it. Takes tens of milliseconds: not for an event loop.
  static Result<std::shared_ptr<const Datasets>> load(const DataFolder& folder);

  /// One row a set, in a fixed order, with ages as of `now`.
  std::vector<DatasetRow> describe(Instant now) const;

  CookieDatabase cookies;
  Owners owners;
  HostPurposes host_purposes;
  /// Empty unless EasyPrivacy is installed.
  HostList easy_privacy;
  /// Names that consent platforms write for themselves.
  NameRules consent_names;
  /// Gannet's own rules for names of well-known libraries.
  NameRules own_rules;

 private:
  std::vector<DatasetRow> rows_;
};

}  // namespace gannet::datasets
