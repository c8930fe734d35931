#include "store/impl/schema.hpp"

#include "db/sqlite_driver.hpp"
#include "embedded/migration_001_scans_sqlite.hpp"
#include "embedded/migration_002_contents_sqlite.hpp"

namespace gannet::store::impl {

namespace {

const db::Migration k_migrations[] = {{1, "scans", embedded::migration_001_scans_sqlite},
                                      {2, "contents", embedded::migration_002_contents_sqlite}};

}  // namespace

Result<std::unique_ptr<db::Database>> open_database(const std::filesystem::path& data_dir, const Clock& clock) {
  auto database = TRY(db::Database::open(db::make_sqlite_driver(data_dir, clock)));
  TRY(database->migrate_blocking(k_migrations));
  return database;
}

}  // namespace gannet::store::impl
