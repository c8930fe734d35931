// Whole small files: read with a bound, written so that a reader never sees half of one.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/units.hpp"

namespace gannet {

/// Errors: `not_found`, `denied`, `exhausted` above `limit`, `invalid` for a folder. The message names the path.
Result<std::string> read_file(const std::filesystem::path& path, Bytes limit = 64_MiB);

/// Writes beside the target, fsyncs, renames. `mode` as for open(2).
Result<void> write_file_atomically(const std::filesystem::path& path, std::string_view content, unsigned mode = 0644);

}  // namespace gannet
