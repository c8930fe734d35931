#include "store/impl/archive.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <archive.h>
#include <archive_entry.h>
#include <sodium.h>

#include "base/file.hpp"
#include "base/random.hpp"
#include "base/text.hpp"

namespace gannet::store::impl {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t k_part_bytes = 256U << 10;

/// SHA-256 (FIPS 180-4) of what passes by.
class Hasher {
 public:
  Hasher() { crypto_hash_sha256_init(&state_); }
  void add(std::string_view bytes) {
    crypto_hash_sha256_update(&state_, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  }
  std::string finish() {
    std::array<unsigned char, crypto_hash_sha256_BYTES> hash{};
    crypto_hash_sha256_final(&state_, hash.data());
    return encode_hex(std::string_view(reinterpret_cast<const char*>(hash.data()), hash.size()));
  }

 private:
  crypto_hash_sha256_state state_{};
};

struct EntryFree {
  void operator()(archive_entry* entry) const { archive_entry_free(entry); }
};

class File {
 public:
  explicit File(int fd) : fd_(fd) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

Result<void> write_all(int fd, std::string_view bytes, const fs::path& path) {
  while (!bytes.empty()) {
    const auto written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return fail_errno(file_error_kind(errno), errno, "cannot write {}", path.string());
    bytes.remove_prefix(std::size_t(written));
  }
  return {};
}

/// Makes the entry of a file's name durable.
bool sync_folder_of(const fs::path& path) {
  const auto folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  const File fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return fd.get() >= 0 && ::fsync(fd.get()) == 0;
}

std::unexpected<Error> exists_already(const fs::path& path) {
  return fail(ErrorKind::conflict, "{} exists already; name another file, or remove it", path.string());
}

}  // namespace

void ArchiveWriter::Free::operator()(archive* handle) const { archive_write_free(handle); }
void ArchiveReader::Free::operator()(archive* handle) const { archive_read_free(handle); }

Result<ArchiveWriter> ArchiveWriter::open(fs::path path) {
  std::error_code error;
  if (fs::exists(fs::symlink_status(path, error))) return exists_already(path);
  const fs::path temporary = path.string() + ".tmp" + SystemRandom().token(12);
  const int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return fail_errno(file_error_kind(errno), errno, "cannot write {}", path.string());
  ArchiveWriter writer(std::move(path), temporary, fd);
  auto* handle = writer.archive_.get();
  if (!handle) return fail(ErrorKind::exhausted, "cannot write {}: out of memory", writer.path_.string());
  if (archive_write_add_filter_zstd(handle) != ARCHIVE_OK || archive_write_set_format_pax_restricted(handle) != ARCHIVE_OK ||
      archive_write_open_fd(handle, fd) != ARCHIVE_OK)
    return writer.failure();
  return writer;
}

ArchiveWriter::ArchiveWriter(fs::path path, fs::path temporary, int fd)
    : path_(std::move(path)), temporary_(std::move(temporary)), fd_(fd), archive_(archive_write_new()) {}

ArchiveWriter::ArchiveWriter(ArchiveWriter&& other) noexcept
    : path_(std::move(other.path_)),
      temporary_(std::exchange(other.temporary_, {})),
      fd_(std::exchange(other.fd_, -1)),
      archive_(std::move(other.archive_)) {}

ArchiveWriter::~ArchiveWriter() {
  archive_.reset();
  if (fd_ >= 0) ::close(fd_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

std::unexpected<Error> ArchiveWriter::failure() const {
  const int number = archive_errno(archive_.get());
  if (number > 0) return fail_errno(file_error_kind(number), number, "cannot write {}", path_.string());
  const char* words = archive_error_string(archive_.get());
  return fail(ErrorKind::unavailable, "cannot write {}: {}", path_.string(), words ? words : "no reason given");
}

Result<void> ArchiveWriter::begin_entry(std::string_view name, std::uint64_t size) {
  const std::unique_ptr<archive_entry, EntryFree> entry(archive_entry_new());
  if (!entry) return fail(ErrorKind::exhausted, "cannot write {}: out of memory", path_.string());
  archive_entry_set_pathname(entry.get(), std::string(name).c_str());
  archive_entry_set_filetype(entry.get(), AE_IFREG);
  archive_entry_set_perm(entry.get(), 0600);
  archive_entry_set_size(entry.get(), std::int64_t(size));
  if (archive_write_header(archive_.get(), entry.get()) != ARCHIVE_OK) return failure();
  return {};
}

Result<void> ArchiveWriter::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto written = archive_write_data(archive_.get(), bytes.data(), bytes.size());
    if (written <= 0) return failure();
    bytes.remove_prefix(std::size_t(written));
  }
  return {};
}

Result<void> ArchiveWriter::add(std::string_view name, std::string_view content) {
  TRY(begin_entry(name, content.size()));
  return write(content);
}

Result<std::string> ArchiveWriter::add_file(std::string_view name, const fs::path& source) {
  const File file(::open(source.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status{};
  if (file.get() < 0 || ::fstat(file.get(), &status) != 0)
    return fail_errno(file_error_kind(errno), errno, "cannot read {}", source.string());
  auto left = std::uint64_t(status.st_size);
  TRY(begin_entry(name, left));
  Hasher hasher;
  std::string buffer(k_part_bytes, '\0');
  while (left > 0) {
    const auto size = ::read(file.get(), buffer.data(), std::size_t(std::min<std::uint64_t>(left, buffer.size())));
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return fail_errno(file_error_kind(errno), errno, "cannot read {}", source.string());
    if (size == 0) return fail(ErrorKind::unavailable, "{} became shorter while it was read", source.string());
    const std::string_view part(buffer.data(), std::size_t(size));
    hasher.add(part);
    TRY(write(part));
    left -= part.size();
  }
  return hasher.finish();
}

Result<std::uint64_t> ArchiveWriter::finish() {
  if (archive_write_close(archive_.get()) != ARCHIVE_OK) return failure();
  struct stat status{};
  if (::fsync(fd_) != 0 || ::fstat(fd_, &status) != 0)
    return fail_errno(file_error_kind(errno), errno, "cannot write {}", path_.string());
  if (::renameat2(AT_FDCWD, temporary_.c_str(), AT_FDCWD, path_.c_str(), RENAME_NOREPLACE) != 0) {
    if (errno == EEXIST) return exists_already(path_);
    return fail_errno(file_error_kind(errno), errno, "cannot write {}", path_.string());
  }
  temporary_.clear();
  if (!sync_folder_of(path_)) return fail_errno(file_error_kind(errno), errno, "cannot write {}", path_.string());
  return std::uint64_t(status.st_size);
}

Result<ArchiveReader> ArchiveReader::open(fs::path path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return fail_errno(file_error_kind(errno), errno, "cannot read {}", path.string());
  ArchiveReader reader(std::move(path), fd);
  auto* handle = reader.archive_.get();
  if (!handle) return fail(ErrorKind::exhausted, "cannot read {}: out of memory", reader.path_.string());
  // Nothing but what the writer makes: the fewer parsers read a file of unknown origin, the better.
  if (archive_read_support_filter_zstd(handle) != ARCHIVE_OK || archive_read_support_format_tar(handle) != ARCHIVE_OK ||
      archive_read_open_fd(handle, fd, k_part_bytes) != ARCHIVE_OK)
    return reader.damaged();
  return reader;
}

ArchiveReader::ArchiveReader(fs::path path, int fd)
    : path_(std::move(path)), fd_(fd), archive_(archive_read_new()), buffer_(k_part_bytes, '\0') {}

ArchiveReader::ArchiveReader(ArchiveReader&& other) noexcept
    : path_(std::move(other.path_)),
      fd_(std::exchange(other.fd_, -1)),
      archive_(std::move(other.archive_)),
      buffer_(std::move(other.buffer_)) {}

ArchiveReader::~ArchiveReader() {
  archive_.reset();
  if (fd_ >= 0) ::close(fd_);
}

std::unexpected<Error> ArchiveReader::damaged() const {
  const char* words = archive_error_string(archive_.get());
  return fail(ErrorKind::invalid, "{} is damaged, or no file of Gannet: {}", path_.string(),
              words ? printable(words, 200) : "it cannot be read");
}

Result<std::optional<ArchiveReader::Entry>> ArchiveReader::next() {
  archive_entry* entry = nullptr;
  const int code = archive_read_next_header(archive_.get(), &entry);
  if (code == ARCHIVE_EOF) return std::nullopt;
  if (code != ARCHIVE_OK) return damaged();
  const char* name = archive_entry_pathname(entry);
  return Entry{name ? name : "", std::uint64_t(std::max<std::int64_t>(archive_entry_size(entry), 0)),
               archive_entry_filetype(entry) == AE_IFREG && !archive_entry_hardlink(entry)};
}

Result<std::string_view> ArchiveReader::read_part() {
  const auto size = archive_read_data(archive_.get(), buffer_.data(), buffer_.size());
  if (size < 0) return damaged();
  return std::string_view(buffer_.data(), std::size_t(size));
}

Result<std::string> ArchiveReader::read(Bytes limit) {
  std::string content;
  for (;;) {
    const auto part = TRY(read_part());
    if (part.empty()) return content;
    content += part;
    if (content.size() > limit.count)
      return fail(ErrorKind::invalid, "{} is no backup: an entry is larger than {}", path_.string(), format_bytes(limit));
  }
}

Result<std::string> ArchiveReader::extract(const fs::path& target, Bytes limit) {
  const File file(::open(target.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (file.get() < 0) {
    if (errno == EEXIST) return fail(ErrorKind::invalid, "{} is no backup: an entry is there twice", path_.string());
    return fail_errno(file_error_kind(errno), errno, "cannot write {}", target.string());
  }
  Hasher hasher;
  Bytes size;
  for (;;) {
    const auto part = TRY(read_part());
    if (part.empty()) return hasher.finish();
    size.count += part.size();
    if (size > limit)
      return fail(ErrorKind::invalid, "{} is no backup: an entry is larger than {}", path_.string(), format_bytes(limit));
    hasher.add(part);
    TRY(write_all(file.get(), part, target));
  }
}

}  // namespace gannet::store::impl
