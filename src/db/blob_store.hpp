// BlobStore: large immutable contents as compressed files, named by their SHA-256: folder/ab/cd/abcd….zst. A content is stored
// once, however often it is put. Blocking; callable from any thread and from several processes on one folder.
//
// Which files are in use is known to the database alone, and a file must be there before the row that names it. So whoever puts
// holds a Hold until the row is committed, and what removes files waits for all holds to end:
//
//   auto hold = blobs.hold_blocking(); put(*hold, …); commit the row; the hold ends
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/units.hpp"
#include "db/file_lock.hpp"

namespace gannet::db {

class BlobStore {
 public:
  /// A content larger than this is neither stored nor read.
  static constexpr Bytes k_content_max = 64_MiB;

  /// 64 hex digits in lower case.
  static bool is_name(std::string_view text);
  /// Where the content of that name lies in the folder.
  static std::filesystem::path relative_path_of(std::string_view sha256);

  struct Stored {
    std::string sha256;
    std::uint64_t size_bytes = 0;
    /// As compressed.
    std::uint64_t stored_bytes = 0;
  };

  struct Sweep {
    std::uint64_t files_removed = 0;
    std::uint64_t bytes_removed = 0;
    /// Folders that were left alone because somebody was storing; the next sweep has them.
    int folders_skipped = 0;
  };

  /// While one lives, no file is removed by anybody.
  class Hold {
   private:
    friend class BlobStore;
    explicit Hold(FileLock lock) : lock_(std::move(lock)) {}
    FileLock lock_;
  };

  /// Says which of the hashes that start with `prefix` are in use.
  using InUse = std::function<Result<std::set<std::string>>(std::string_view prefix)>;

  /// Makes the folder where it is missing, for its owner only.
  static Result<BlobStore> open(std::filesystem::path folder);

  Result<Hold> hold_blocking() const;

  /// Durable when it returns. Errors: `exhausted` above k_content_max and for a full disk, where nothing is left behind.
  Result<Stored> put(const Hold& hold, std::string_view content) const;

  /// Errors: `not_found`; `internal` where the file is not what was stored; the message names it.
  Result<std::string> get(std::string_view sha256) const;

  /// Removes those of the given contents that are not in use, after waiting for all holds to end.
  Result<void> remove_unused_blocking(const std::vector<std::string>& sha256s, const InUse& in_use) const;

  /// Removes every file that is not in use, and what a killed process left half written.
  Result<Sweep> sweep(const InUse& in_use) const;

 private:
  explicit BlobStore(std::filesystem::path folder) : folder_(std::move(folder)) {}
  std::filesystem::path path_of(std::string_view sha256) const;
  Result<void> sweep_folder(const std::filesystem::path& folder, const InUse& in_use, Sweep& sweep) const;

  std::filesystem::path folder_;
};

}  // namespace gannet::db
