// The SQLite engine: one file, gannet.db, in the data folder. WAL, so that readers and the writer do not wait for each other;
// synchronous FULL, so that what was committed survives a power cut; foreign keys enforced; at most 10 s of waiting for another
// process's write.
#pragma once

#include <filesystem>
#include <memory>

#include "base/clock.hpp"
#include "db/driver.hpp"

namespace gannet::db {

/// The folder must exist; the file is made, readable by its owner only, when the first connection is. `clock` is what
/// gannet_now() asks, from database threads, and must outlive the driver.
std::unique_ptr<Driver> make_sqlite_driver(const std::filesystem::path& data_dir, const Clock& clock);

/// A consistent, compacted copy of the folder's database as it is at one moment, while others read and write. `target` must not
/// exist; it is not synced. Blocks for as long as it takes. Errors: those of Connection.
Result<void> copy_sqlite_database_blocking(const std::filesystem::path& data_dir, const std::filesystem::path& target,
                                           const Clock& clock);

}  // namespace gannet::db
