// The one database of an installation, as the command line or the settings name it, with the schema of all modules.
#pragma once

#include <memory>
#include <vector>

#include "app/arguments.hpp"
#include "base/clock.hpp"
#include "db/database.hpp"
#include "db/migrations.hpp"

namespace gannet::app {

/// Of all modules, in order. Whoever opens a database of Gannet brings all of them, because one that lacks some would take it for
/// the work of a newer version.
const std::vector<db::Migration>& all_migrations();

/// What `url` names: PostgreSQL, or SQLite in the data folder where it is empty; the folder is made.
Result<std::shared_ptr<db::Driver>> make_driver(const std::string& url, const std::filesystem::path& data_dir,
                                                const Clock& clock);

/// To a server.
struct PoolSize {
  int min = 1;
  int max = 2;
};

/// Opened and brought up to date. Errors begin with "Database pool not
/// initialized", which operators of the guides look for.
Result<std::shared_ptr<db::Database>> open_database(const CommonArguments& common, const Clock& clock, PoolSize pool = {});

}  // namespace gannet::app
