// The classes of what the store keeps in files, one folder of the data folder each, and how much there is of them.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string_view>

#include "base/error.hpp"

namespace gannet::store {

enum class ContentClass { visits, screenshots, judgements };
/// Also the name of its folder.
std::string_view to_string(ContentClass content_class);

inline constexpr std::array<ContentClass, 3> k_content_classes = {ContentClass::visits, ContentClass::screenshots,
                                                                  ContentClass::judgements};

struct StoredSize {
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
  bool operator==(const StoredSize&) const = default;
};

/// What lies in a data folder, by class, in bytes of files.
struct Usage {
  StoredSize visits;
  StoredSize screenshots;
  StoredSize judgements;
  /// gannet.db with what SQLite keeps beside it.
  StoredSize database;
  StoredSize claims;
};

/// Looks at the files only; a folder without any, or that is not there, uses nothing. Files that come or go meanwhile count or
/// not. Error `denied` for a folder that may not be read.
Result<Usage> measure_usage_blocking(const std::filesystem::path& data_dir);

}  // namespace gannet::store
