// Backup: all that one data folder keeps of scans, as one file, and back. The file is a tar archive compressed with zstd:
//
//   gannet.db              a consistent copy, compacted
//   digest.key             the installation's secret, without which digests made before and after cannot be compared
//   visits/ab/cd/….zst     and screenshots/, judgements/: every content that gannet.db names
//   manifest.json          last: counts, and the SHA-256 of the first two; an archive without it is not whole
//
// Both functions block for as long as it takes and may be called from any thread.
#pragma once

#include <filesystem>
#include <span>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "store/migrations.hpp"

namespace gannet::store {

/// Made by others in the data folder; it goes along where it is there.
inline constexpr const char* k_digest_key_file = "digest.key";

struct BackupSummary {
  Instant made_at;
  std::string gannet_version;
  std::int64_t scans = 0;
  /// Files.
  std::int64_t visits = 0;
  std::int64_t screenshots = 0;
  std::int64_t judgements = 0;
  bool has_digest_key = false;
  /// Of the backup file.
  std::uint64_t size_bytes = 0;
};

/// `schema` is that of all modules that use the database, so that a newer one is told from a damaged one.
///
/// While others scan and delete: what is in the backup is the state at one moment of the run. The file is made for its owner only
/// and appears when it is whole and durable. Errors: `conflict` where `file` exists or another backup of the folder runs;
/// `not_found` where nothing is kept; `exhausted` for a full disk.
Result<BackupSummary> write_backup_blocking(const std::filesystem::path& data_dir, const std::filesystem::path& file,
                                            const Clock& clock, std::span<const db::Migration> schema = migrations());

/// Into a folder that holds no scans, which is made where it is missing. Everything is read, counted and compared with its hash
/// before any of it appears there; on an error nothing does. A scan that was running comes back as failed. Errors: `conflict`
/// where the folder holds scans or a key; `invalid` for a file that is damaged, cut off, of a newer version, or no backup;
/// `exhausted` for a full disk.
Result<BackupSummary> restore_backup_blocking(const std::filesystem::path& file, const std::filesystem::path& data_dir,
                                              const Clock& clock, std::span<const db::Migration> schema = migrations());

}  // namespace gannet::store
