#include "store/backup.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <optional>
#include <set>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/json.hpp>

#include "base/file.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "base/text.hpp"
#include "base/version.hpp"
#include "db/blob_store.hpp"
#include "db/file_lock.hpp"
#include "db/sqlite_driver.hpp"
#include "store/contents.hpp"
#include "store/impl/archive.hpp"
#include "store/impl/content_rows.hpp"
#include "store/migrations.hpp"

namespace gannet::store {

namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

constexpr const char* k_database_file = "gannet.db";
constexpr const char* k_manifest_file = "manifest.json";
constexpr const char* k_format = "gannet-backup";
/// Grows when an older program would restore it wrongly.
constexpr int k_version = 1;
constexpr Bytes k_manifest_max = 64_KiB;
constexpr Bytes k_key_max = 1_KiB;
/// A compressed content of the largest size that a BlobStore takes.
constexpr Bytes k_file_max = 65_MiB;
/// What SQLite itself can hold.
constexpr Bytes k_database_max{281ULL << 40};

/// Removes a folder with all that is in it, however the function that made it ends.
class ScratchFolder {
 public:
  static Result<ScratchFolder> make(fs::path path) {
    if (::mkdir(path.c_str(), 0700) != 0) return fail_errno(file_error_kind(errno), errno, "cannot make {}", path.string());
    return ScratchFolder(std::move(path));
  }
  ScratchFolder(ScratchFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  ScratchFolder& operator=(ScratchFolder&&) = delete;
  ~ScratchFolder() {
    std::error_code error;
    if (!path_.empty()) fs::remove_all(path_, error);
    if (error) LOG_WARNING("store", "cannot remove {}: {}", path_.string(), error.message());
  }
  const fs::path& path() const { return path_; }

 private:
  explicit ScratchFolder(fs::path path) : path_(std::move(path)) {}
  fs::path path_;
};

/// What a database says there is.
struct Contents {
  std::int64_t scans = 0;
  std::array<std::set<std::string>, k_content_classes.size()> named;
};

Result<Contents> list_contents(const fs::path& folder, const Clock& clock, std::span<const db::Migration> schema) {
  const auto database = TRY(db::Database::open(db::make_sqlite_driver(folder, clock)));
  TRY(database->migrate_blocking(schema));
  return database->read_blocking([](db::Tx& tx) -> Result<Contents> {
    Contents contents;
    contents.scans = TRY(tx.query_one<std::int64_t>("SELECT count(*) FROM scans")).value_or(0);
    for (const auto content_class : k_content_classes)
      contents.named[std::size_t(content_class)] = TRY(impl::contents_in_use(tx, content_class, ""));
    return contents;
  });
}

std::int64_t count_of(const Contents& contents, ContentClass content_class) {
  return std::int64_t(contents.named[std::size_t(content_class)].size());
}

struct Manifest {
  BackupSummary summary;
  std::string database_sha256;
  /// Empty where there is no key.
  std::string key_sha256;
};

std::string manifest_json(const Manifest& manifest) {
  const auto& summary = manifest.summary;
  json::object sha256{{k_database_file, manifest.database_sha256}};
  if (summary.has_digest_key) sha256[k_digest_key_file] = manifest.key_sha256;
  return json::serialize(json::object{{"format", k_format},
                                      {"version", k_version},
                                      {"made_at", format_instant(summary.made_at)},
                                      {"gannet_version", summary.gannet_version},
                                      {"scans", summary.scans},
                                      {"visits", summary.visits},
                                      {"screenshots", summary.screenshots},
                                      {"judgements", summary.judgements},
                                      {"sha256", std::move(sha256)}});
}

Result<Manifest> parse_manifest(std::string_view text, const std::string& file) {
  boost::system::error_code error;
  const auto value = json::parse(text, error);
  const auto* object = error ? nullptr : value.if_object();
  const auto word = [](const json::object* from, std::string_view name) {
    const auto* found = from ? from->if_contains(name) : nullptr;
    return found && found->is_string() ? std::string(found->get_string()) : std::string();
  };
  const auto number = [&](std::string_view name) {
    const auto* found = object->if_contains(name);
    return found && found->is_int64() ? found->get_int64() : -1;
  };
  if (!object || word(object, "format") != k_format) return fail(ErrorKind::invalid, "{} is no backup of Gannet", file);
  if (number("version") != k_version)
    return fail(ErrorKind::invalid, "{} is a backup of version {}; this program reads version {}", file, number("version"),
                k_version);
  const auto* hashes = object->if_contains("sha256");
  const auto* sha256 = hashes ? hashes->if_object() : nullptr;
  Manifest manifest;
  auto& summary = manifest.summary;
  if (const auto made_at = parse_instant(word(object, "made_at"))) summary.made_at = *made_at;
  summary.gannet_version = printable(word(object, "gannet_version"), 50);
  summary.scans = number("scans");
  summary.visits = number("visits");
  summary.screenshots = number("screenshots");
  summary.judgements = number("judgements");
  manifest.database_sha256 = word(sha256, k_database_file);
  manifest.key_sha256 = word(sha256, k_digest_key_file);
  summary.has_digest_key = !manifest.key_sha256.empty();
  return manifest;
}

/// The class and hash that an entry "visits/ab/cd/abcd….zst" names.
struct ContentName {
  ContentClass content_class = ContentClass::visits;
  std::string sha256;
};

std::string entry_name(ContentClass content_class, const std::string& sha256) {
  return fmt::format("{}/{}", to_string(content_class), db::BlobStore::relative_path_of(sha256).string());
}

std::optional<ContentName> parse_entry_name(const std::string& name) {
  const auto path = fs::path(name);
  const auto stem = path.stem().string();
  if (!db::BlobStore::is_name(stem)) return std::nullopt;
  for (const auto content_class : k_content_classes)
    if (name == entry_name(content_class, stem)) return ContentName{content_class, stem};
  return std::nullopt;
}

/// One restoring: a file, read into a folder that nobody looks at until it is moved.
class Restoring {
 public:
  Restoring(fs::path file, fs::path staging) : file_(std::move(file)), staging_(std::move(staging)) {}

  Result<BackupSummary> read(const Clock& clock, std::span<const db::Migration> schema) {
    auto reader = TRY(impl::ArchiveReader::open(file_));
    for (;;) {
      const auto entry = TRY(reader.next());
      if (!entry) break;
      if (manifest_) return fail(ErrorKind::invalid, "{} is no backup: something follows its manifest", file_.string());
      TRY(read_entry(reader, *entry));
    }
    if (!manifest_) return fail(ErrorKind::invalid, "{} is cut off: its end is missing; take another backup", file_.string());
    TRY(check(clock, schema));
    struct stat status{};
    if (::stat(file_.c_str(), &status) == 0) manifest_->summary.size_bytes = std::uint64_t(status.st_size);
    return manifest_->summary;
  }

 private:
  Result<void> read_entry(impl::ArchiveReader& reader, const impl::ArchiveReader::Entry& entry) {
    if (!entry.is_regular_file) return unknown_entry(entry.name);
    if (entry.name == k_manifest_file) {
      const auto text = TRY(reader.read(k_manifest_max));
      manifest_ = TRY(parse_manifest(text, file_.string()));
    } else if (entry.name == k_database_file) {
      database_sha256_ = TRY(reader.extract(staging_ / k_database_file, k_database_max));
    } else if (entry.name == k_digest_key_file) {
      key_sha256_ = TRY(reader.extract(staging_ / k_digest_key_file, k_key_max));
    } else if (const auto content = parse_entry_name(entry.name)) {
      const auto target = staging_ / entry.name;
      std::error_code error;
      fs::create_directories(target.parent_path(), error);
      if (error)
        return fail_errno(file_error_kind(error.value()), error.value(), "cannot make {}", target.parent_path().string());
      TRY(reader.extract(target, k_file_max));
      found_[std::size_t(content->content_class)].insert(content->sha256);
    } else {
      return unknown_entry(entry.name);
    }
    return {};
  }

  std::unexpected<Error> unknown_entry(std::string_view name) const {
    return fail(ErrorKind::invalid, "{} is no backup: it holds '{}', which is none of its files", file_.string(),
                printable(name, 100));
  }

  std::unexpected<Error> altered(std::string_view what) const {
    return fail(ErrorKind::invalid, "{} is damaged: {}; take another backup", file_.string(), what);
  }

  Result<void> check(const Clock& clock, std::span<const db::Migration> schema) const {
    const auto& summary = manifest_->summary;
    if (database_sha256_ != manifest_->database_sha256) return altered("its database is not what was backed up");
    if (key_sha256_ != manifest_->key_sha256) return altered("its key is not what was backed up");
    auto contents = list_contents(staging_, clock, schema);
    if (!contents) return pass(contents, file_.string());
    if (contents->scans != summary.scans) return altered(fmt::format("{} scans instead of {}", contents->scans, summary.scans));
    const std::array<std::int64_t, k_content_classes.size()> promised = {summary.visits, summary.screenshots, summary.judgements};
    for (const auto content_class : k_content_classes) {
      const auto index = std::size_t(content_class);
      if (found_[index] != contents->named[index] || std::int64_t(found_[index].size()) != promised[index])
        return altered(fmt::format("{} {} instead of {}", found_[index].size(), to_string(content_class), promised[index]));
      const auto blobs = TRY(db::BlobStore::open(staging_ / to_string(content_class)));
      // Reading one compares it with its name.
      for (const auto& sha256 : found_[index])
        if (auto content = blobs.get(sha256); !content) return altered(content.error().message());
    }
    return {};
  }

  const fs::path file_;
  const fs::path staging_;
  std::optional<Manifest> manifest_;
  std::string database_sha256_;
  std::string key_sha256_;
  std::array<std::set<std::string>, k_content_classes.size()> found_;
};

/// What makes a folder that of an installation, the database last: it is what others look for.
std::vector<std::string> own_names() {
  std::vector<std::string> names = {k_digest_key_file};
  for (const auto content_class : k_content_classes) names.emplace_back(to_string(content_class));
  names.emplace_back(k_database_file);
  return names;
}

std::unexpected<Error> is_in_use(const fs::path& folder, const std::string& name) {
  return fail(ErrorKind::conflict, "{} holds {} already; restore into a folder without scans", folder.string(), name);
}

Result<void> sync_all(const fs::path& folder) {
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool is_synced = fd >= 0 && ::syncfs(fd) == 0;
  const int error_number = errno;
  if (fd >= 0) ::close(fd);
  if (!is_synced) return fail_errno(file_error_kind(error_number), error_number, "cannot write {}", folder.string());
  return {};
}

/// Moves all or nothing; replaces nothing.
Result<void> move_into(const fs::path& staging, const fs::path& data_dir) {
  std::vector<std::string> moved;
  for (const auto& name : own_names()) {
    const auto from = staging / name, to = data_dir / name;
    if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) {
      moved.push_back(name);
      continue;
    }
    const int error_number = errno;
    // A backup need not hold a key.
    if (error_number == ENOENT && name == k_digest_key_file) continue;
    for (const auto& back : moved) ::renameat2(AT_FDCWD, (data_dir / back).c_str(), AT_FDCWD, (staging / back).c_str(), 0);
    if (error_number == EEXIST) return is_in_use(data_dir, name);
    return fail_errno(file_error_kind(error_number), error_number, "cannot write {}", to.string());
  }
  return sync_all(data_dir);
}

}  // namespace

Result<BackupSummary> write_backup_blocking(const fs::path& data_dir, const fs::path& file, const Clock& clock,
                                            std::span<const db::Migration> schema) {
  std::error_code error;
  if (!fs::exists(data_dir / k_database_file, error))
    return fail(ErrorKind::not_found, "{} holds no scans: there is nothing to back up", data_dir.string());
  const auto scratch_path = data_dir / ".backup";
  fs::create_directory(scratch_path, error);
  if (error) return fail_errno(file_error_kind(error.value()), error.value(), "cannot make {}", scratch_path.string());
  ::chmod(scratch_path.c_str(), 0700);
  const auto lock = TRY(db::FileLock::try_take(scratch_path, db::LockMode::exclusive));
  if (!lock) return fail(ErrorKind::conflict, "another backup of {} is being made", data_dir.string());
  // What a backup that was killed has left.
  fs::remove_all(scratch_path / "snapshot", error);
  const auto snapshot = TRY(ScratchFolder::make(scratch_path / "snapshot"));

  auto writer = TRY(impl::ArchiveWriter::open(file));
  Manifest manifest;
  auto& summary = manifest.summary;
  // No content that the snapshot names is removed before it is in the archive.
  std::vector<db::BlobStore::Hold> holds;
  for (const auto content_class : k_content_classes) {
    const auto blobs = TRY(db::BlobStore::open(data_dir / to_string(content_class)));
    holds.push_back(TRY(blobs.hold_blocking()));
  }
  summary.made_at = clock.now();
  summary.gannet_version = version();
  TRY(db::copy_sqlite_database_blocking(data_dir, snapshot.path() / k_database_file, clock));
  const auto contents = TRY(list_contents(snapshot.path(), clock, schema));
  summary.scans = contents.scans;
  summary.visits = count_of(contents, ContentClass::visits);
  summary.screenshots = count_of(contents, ContentClass::screenshots);
  summary.judgements = count_of(contents, ContentClass::judgements);
  manifest.database_sha256 = TRY(writer.add_file(k_database_file, snapshot.path() / k_database_file));
  const auto key = data_dir / k_digest_key_file;
  summary.has_digest_key = fs::exists(key, error);
  if (summary.has_digest_key) manifest.key_sha256 = TRY(writer.add_file(k_digest_key_file, key));
  for (const auto content_class : k_content_classes)
    for (const auto& sha256 : contents.named[std::size_t(content_class)]) {
      const auto name = entry_name(content_class, sha256);
      TRY(writer.add_file(name, data_dir / name));
    }
  TRY(writer.add(k_manifest_file, manifest_json(manifest)));
  summary.size_bytes = TRY(writer.finish());
  return summary;
}

Result<BackupSummary> restore_backup_blocking(const fs::path& file, const fs::path& data_dir, const Clock& clock,
                                              std::span<const db::Migration> schema) {
  std::error_code error;
  if (fs::create_directories(data_dir, error)) ::chmod(data_dir.c_str(), 0700);
  if (error) return fail_errno(file_error_kind(error.value()), error.value(), "cannot make {}", data_dir.string());
  for (const auto& name : own_names())
    if (fs::exists(fs::symlink_status(data_dir / name, error))) return is_in_use(data_dir, name);
  const auto staging = TRY(ScratchFolder::make(data_dir / (".restore-" + SystemRandom().token(12))));
  const auto summary = TRY(Restoring(file, staging.path()).read(clock, schema));
  TRY(sync_all(staging.path()));
  TRY(move_into(staging.path(), data_dir));
  return summary;
}

}  // namespace gannet::store
