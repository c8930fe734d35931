#include "db/blob_store.hpp"

#include <algorithm>
#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <zstd.h>

#include "base/file.hpp"
#include "base/sha256.hpp"

namespace gannet::db {
namespace {

namespace fs = std::filesystem;

/// Measured on the visit of a page with 431 requests (1.1 MB of JSON): level 3 gives 47.7 kB, 12 gives 31.5 kB in 10 ms, 19 gives
/// 28.4 kB in 560 ms.
constexpr int k_compression_level = 12;
/// Level 12 takes 51 MB of working memory for a text of 10 MB, which is what a page that means harm leaves.
constexpr Bytes k_large = 4_MiB;
constexpr int k_compression_level_large = 3;
constexpr std::string_view k_suffix = ".zst";
constexpr std::size_t k_hash_digits = 64;

/// Makes one folder; its name is durable when this returns.
Result<void> make_folder(const fs::path& folder) {
  if (::mkdir(folder.c_str(), 0700) != 0)
    return errno == EEXIST ? Result<void>() : fail_errno(file_error_kind(errno), errno, "cannot make {}", folder.string());
  const int parent = ::open(folder.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool is_synced = parent >= 0 && ::fsync(parent) == 0;
  const int error_number = errno;
  if (parent >= 0) ::close(parent);
  if (!is_synced) return fail_errno(file_error_kind(error_number), error_number, "cannot make {}", folder.string());
  return {};
}

std::string compress(std::string_view content) {
  std::string packed(ZSTD_compressBound(content.size()), '\0');
  const int level = content.size() > k_large.count ? k_compression_level_large : k_compression_level;
  // Fails for want of memory only, which operator new would have found.
  const auto size = ZSTD_compress(packed.data(), packed.size(), content.data(), content.size(), level);
  packed.resize(ZSTD_isError(size) ? 0 : size);
  return packed;
}

/// Empty text where the bytes are no whole frame of at most k_content_max.
std::string decompress(std::string_view packed) {
  const auto size = ZSTD_getFrameContentSize(packed.data(), packed.size());
  if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN || size > BlobStore::k_content_max.count) return {};
  std::string content(size, '\0');
  const auto written = ZSTD_decompress(content.data(), content.size(), packed.data(), packed.size());
  return written == size ? content : std::string();
}

/// Entries of a folder in order of name; none where there is no such folder.
std::vector<fs::path> list(const fs::path& folder) {
  std::vector<fs::path> entries;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error))
    entries.push_back(entry->path());
  std::ranges::sort(entries);
  return entries;
}

/// Removes a file that exists or not, and the two folders above it where they are empty now.
Result<void> remove_file(const fs::path& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT)
    return fail_errno(file_error_kind(errno), errno, "cannot remove {}", path.string());
  const auto inner = path.parent_path();
  if (::rmdir(inner.c_str()) == 0) ::rmdir(inner.parent_path().c_str());
  return {};
}

}  // namespace

bool BlobStore::is_name(std::string_view text) {
  return text.size() == k_hash_digits &&
         std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

fs::path BlobStore::relative_path_of(std::string_view sha256) {
  return fs::path(sha256.substr(0, 2)) / sha256.substr(2, 2) / (std::string(sha256) + std::string(k_suffix));
}

Result<BlobStore> BlobStore::open(fs::path folder) {
  TRY(make_folder(folder));
  return BlobStore(std::move(folder));
}

Result<BlobStore::Hold> BlobStore::hold_blocking() const { return Hold(TRY(FileLock::take_blocking(folder_, LockMode::shared))); }

fs::path BlobStore::path_of(std::string_view sha256) const { return folder_ / relative_path_of(sha256); }

Result<BlobStore::Stored> BlobStore::put(const Hold&, std::string_view content) const {
  if (content.size() > k_content_max.count)
    return fail(ErrorKind::exhausted, "a content of {} is larger than {}", format_bytes(Bytes{content.size()}),
                format_bytes(k_content_max));
  Stored stored{.sha256 = sha256_hex(content), .size_bytes = content.size()};
  const auto path = path_of(stored.sha256);
  // Read rather than looked for: a file that was damaged since is mended by writing it anew.
  if (auto there = get(stored.sha256)) {
    std::error_code error;
    stored.stored_bytes = fs::file_size(path, error);
    return stored;
  }
  const auto packed = compress(content);
  if (packed.empty()) return fail(ErrorKind::exhausted, "cannot compress {}", format_bytes(Bytes{content.size()}));
  TRY(make_folder(path.parent_path().parent_path()));
  TRY(make_folder(path.parent_path()));
  TRY(write_file_atomically(path, packed, 0600));
  stored.stored_bytes = packed.size();
  return stored;
}

Result<std::string> BlobStore::get(std::string_view sha256) const {
  if (!is_name(sha256)) return fail(ErrorKind::internal, "a content is named by {} digits instead of a SHA-256", sha256.size());
  const auto path = path_of(sha256);
  // A frame is at most a little larger than what is in it.
  const auto packed = TRY(read_file(path, Bytes{ZSTD_compressBound(k_content_max.count)}));
  auto content = decompress(packed);
  if (sha256_hex(content) != sha256)
    return fail(ErrorKind::internal, "{} is damaged: its content is not what its name says; restore it from a backup",
                path.string());
  return content;
}

Result<void> BlobStore::remove_unused_blocking(const std::vector<std::string>& sha256s, const InUse& in_use) const {
  const auto lock = TRY(FileLock::take_blocking(folder_, LockMode::exclusive));
  for (const auto& sha256 : sha256s) {
    if (!is_name(sha256) || TRY(in_use(sha256)).contains(sha256)) continue;
    TRY(remove_file(path_of(sha256)));
  }
  return {};
}

Result<BlobStore::Sweep> BlobStore::sweep(const InUse& in_use) const {
  Sweep sweep;
  for (const auto& folder : list(folder_)) {
    // One folder of 256 at a time, so that nobody who stores waits for long.
    const auto lock = TRY(FileLock::try_take(folder_, LockMode::exclusive));
    if (!lock) {
      ++sweep.folders_skipped;
      continue;
    }
    TRY(sweep_folder(folder, in_use, sweep));
  }
  return sweep;
}

Result<void> BlobStore::sweep_folder(const fs::path& folder, const InUse& in_use, Sweep& sweep) const {
  const auto used = TRY(in_use(folder.filename().string()));
  for (const auto& inner : list(folder)) {
    for (const auto& path : list(inner)) {
      // Under the lock nobody is writing, so that a name which is no hash is what a killed process left.
      if (path.extension() == k_suffix && used.contains(path.stem().string())) continue;
      std::error_code error;
      const auto size = fs::file_size(path, error);
      TRY(remove_file(path));
      ++sweep.files_removed;
      sweep.bytes_removed += error ? 0 : size;
    }
  }
  return {};
}

}  // namespace gannet::db
