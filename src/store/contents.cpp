#include "store/contents.hpp"

#include "base/file.hpp"

namespace gannet::store {

namespace fs = std::filesystem;

std::string_view to_string(ContentClass content_class) {
  switch (content_class) {
    case ContentClass::visits: return "visits";
    case ContentClass::screenshots: return "screenshots";
    case ContentClass::judgements: return "judgements";
  }
  return "";
}

namespace {

Result<StoredSize> measure_folder(const fs::path& folder) {
  StoredSize size;
  std::error_code error;
  for (fs::recursive_directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    std::error_code gone;
    if (!entry->is_regular_file(gone)) continue;
    const auto bytes = entry->file_size(gone);
    if (gone) continue;
    ++size.files;
    size.bytes += bytes;
  }
  if (error && error != std::errc::no_such_file_or_directory)
    return fail_errno(file_error_kind(error.value()), error.value(), "cannot look through {}", folder.string());
  return size;
}

}  // namespace

Result<Usage> measure_usage_blocking(const fs::path& data_dir) {
  Usage usage;
  usage.visits = TRY(measure_folder(data_dir / to_string(ContentClass::visits)));
  usage.screenshots = TRY(measure_folder(data_dir / to_string(ContentClass::screenshots)));
  usage.judgements = TRY(measure_folder(data_dir / to_string(ContentClass::judgements)));
  usage.claims = TRY(measure_folder(data_dir / "claims"));
  for (const char* name : {"gannet.db", "gannet.db-wal", "gannet.db-shm"}) {
    std::error_code error;
    const auto bytes = fs::file_size(data_dir / name, error);
    if (error) continue;
    ++usage.database.files;
    usage.database.bytes += bytes;
  }
  return usage;
}

}  // namespace gannet::store
