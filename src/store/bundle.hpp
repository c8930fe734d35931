// An evidence bundle: one scan with its seal as one file, which can be checked anywhere, without a data folder. It is a tar
// archive compressed with zstd:
//
//   seal.json              which parts there are, their hashes, and the signature (see evidence/seal.hpp)
//   record.json            what the scan is, and how it was made
//   visits/STATE-N.json    what each visit saw
//   judgement.json         what was concluded when the scan ended, and by which data sets
//   screenshots/SHA256.jpg
//
// Both functions block for as long as it takes and may be called from any thread.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "evidence/seal.hpp"

namespace gannet::store {

/// A scan's sealed parts, by their names, that are still kept: retention takes some away.
struct SealedEvidence {
  evidence::Seal seal;
  std::map<std::string, std::string> parts;
};

struct BundleCheck {
  evidence::Seal seal;
  std::size_t parts_intact = 0;
  /// Sealed, but not in the bundle.
  std::vector<std::string> missing;
};

/// Errors: `conflict` where `file` exists; `exhausted` for a full disk.
Result<void> write_bundle_blocking(const SealedEvidence& evidence, const std::filesystem::path& file);

/// Compares every part with the seal, and the seal with its signature. Errors: `invalid` where anything was changed or added, or
/// the file is damaged or no bundle; `not_found` and its kin.
Result<BundleCheck> check_bundle_blocking(const std::filesystem::path& file);

}  // namespace gannet::store
