// Whole small files: read with a bound, written so that a reader never sees half of one.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/units.hpp"

namespace gannet {

/// What an errno of a file operation means: `not_found`, `denied`, `exhausted` for a full disk, quota or size limit, else
/// `unavailable`.
ErrorKind file_error_kind(int error_number);

/// Errors: `not_found`, `denied`, `exhausted` above `limit`, `invalid` for a folder. The message names the path.
Result<std::string> read_file(const std::filesystem::path& path, Bytes limit = 64_MiB);

/// Writes beside the target under a name with ".tmp" in it, fsyncs, renames, and fsyncs the folder: once this returns, the file
/// survives a power cut. On failure nothing is left. `mode` as for open(2).
Result<void> write_file_atomically(const std::filesystem::path& path, std::string_view content, unsigned mode = 0644);

}  // namespace gannet
