// SnapshotLoader: finds what the command line calls a SCAN of a comparison: a kept scan, a file, or standard input. Opens the
// data folder and the data sets only where a kept scan is asked for. Blocks; for one thread.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "app/arguments.hpp"
#include "app/judge.hpp"
#include "app/open_store.hpp"
#include "change/snapshot.hpp"

namespace gannet::app {

/// Standard input.
inline constexpr std::string_view k_standard_input = "-";

/// Whether a SCAN is the id of a kept scan, or the start of one, rather than the path of a file: eight or more hexadecimal digits
/// and dashes. "./0192abcd" is a file.
bool is_scan_id(std::string_view scan);

class SnapshotLoader {
 public:
  SnapshotLoader(const CommonArguments& common, std::filesystem::path rules) : common_(common), rules_(std::move(rules)) {}

  /// Errors: `invalid` for what is no scan document, or a file that cannot be read, naming it; those of Store for a kept scan.
  Result<change::Snapshot> load(const std::string& scan);

  /// The scan of the same host that was kept before a kept scan and saw something. Error `not_found` where there is none.
  Result<change::Snapshot> load_previous(const std::string& scan);

 private:
  Result<change::Snapshot> load_kept(ScanId id);
  Result<OpenStore*> store();

  const CommonArguments& common_;
  const std::filesystem::path rules_;
  std::unique_ptr<OpenStore> store_;
  std::optional<Judge> judge_;
};

}  // namespace gannet::app
