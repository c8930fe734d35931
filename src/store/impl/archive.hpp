// A tar archive compressed with zstd, written and read front to back. libarchive stays in archive.cpp.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/units.hpp"

struct archive;

namespace gannet::store::impl {

/// Makes a file that appears under its name when it is whole; until then, and after an error, there is a temporary one or none.
class ArchiveWriter {
 public:
  /// Error `conflict` where `path` exists.
  static Result<ArchiveWriter> open(std::filesystem::path path);
  ArchiveWriter(ArchiveWriter&&) noexcept;
  ArchiveWriter& operator=(ArchiveWriter&&) = delete;
  /// Removes what was not finished.
  ~ArchiveWriter();

  Result<void> add(std::string_view name, std::string_view content);
  /// A file of any size. Returns its SHA-256 in hex.
  Result<std::string> add_file(std::string_view name, const std::filesystem::path& source);
  /// Durable and visible when it returns. Returns the file's size. Error `conflict` where `path` exists by now.
  Result<std::uint64_t> finish();

 private:
  struct Free {
    void operator()(archive* handle) const;
  };
  ArchiveWriter(std::filesystem::path path, std::filesystem::path temporary, int fd);
  Result<void> begin_entry(std::string_view name, std::uint64_t size);
  Result<void> write(std::string_view bytes);
  std::unexpected<Error> failure() const;

  std::filesystem::path path_;
  std::filesystem::path temporary_;
  int fd_;
  std::unique_ptr<archive, Free> archive_;
};

class ArchiveReader {
 public:
  struct Entry {
    std::string name;
    std::uint64_t size = 0;
    bool is_regular_file = false;
  };

  /// Error `not_found` and its kin; what is no archive shows with the first entry.
  static Result<ArchiveReader> open(std::filesystem::path path);
  ArchiveReader(ArchiveReader&&) noexcept;
  ArchiveReader& operator=(ArchiveReader&&) = delete;
  ~ArchiveReader();

  /// The next entry; nothing at the end. Error `invalid` for damage.
  Result<std::optional<Entry>> next();
  /// The entry's content. Errors: `invalid` for damage and above `limit`.
  Result<std::string> read(Bytes limit);
  /// Writes the entry's content to a new file for its owner only. Returns its SHA-256 in hex. Errors: `invalid` for damage and
  /// above `limit`; `exhausted` for a full disk.
  Result<std::string> extract(const std::filesystem::path& target, Bytes limit);

 private:
  struct Free {
    void operator()(archive* handle) const;
  };
  ArchiveReader(std::filesystem::path path, int fd);
  /// The next part of the entry; empty at its end.
  Result<std::string_view> read_part();
  std::unexpected<Error> damaged() const;

  std::filesystem::path path_;
  int fd_;
  std::unique_ptr<archive, Free> archive_;
  std::string buffer_;
};

}  // namespace gannet::store::impl
