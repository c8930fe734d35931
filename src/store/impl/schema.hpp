// The store's database, with its schema up to date.
#pragma once

#include <filesystem>
#include <memory>

#include "base/clock.hpp"
#include "db/database.hpp"

namespace gannet::store::impl {

/// Makes gannet.db in the folder where it is missing. Errors: those of db::Database; `invalid` where a newer program has written
/// it.
Result<std::unique_ptr<db::Database>> open_database(const std::filesystem::path& data_dir, const Clock& clock);

}  // namespace gannet::store::impl
