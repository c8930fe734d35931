#include "app/installation_database.hpp"

#include <algorithm>

#include "api/migrations.hpp"
#include "app/installation.hpp"
#include "db/postgres_driver.hpp"
#include "db/sqlite_driver.hpp"
#include "events/migrations.hpp"
#include "feed/sync.hpp"
#include "identity/schema.hpp"
#include "queue/migrations.hpp"
#include "schedule/schedules.hpp"
#include "site/schema.hpp"
#include "store/migrations.hpp"

namespace gannet::app {

const std::vector<db::Migration>& all_migrations() {
  static const auto k_all = [] {
    std::vector<db::Migration> all;
    for (const auto migrations : {store::migrations(), schedule::migrations(), identity::migrations(), site::migrations(),
                                  queue::migrations(), events::migrations(), feed::migrations(), api::migrations()})
      all.insert(all.end(), migrations.begin(), migrations.end());
    std::ranges::sort(all, {}, &db::Migration::number);
    return all;
  }();
  return k_all;
}

Result<std::shared_ptr<db::Driver>> make_driver(const std::string& url, const std::filesystem::path& data_dir,
                                                const Clock& clock) {
  if (!url.empty()) return TRY(db::make_postgres_driver(url));
  TRY(make_data_folder(data_dir));
  return db::make_sqlite_driver(data_dir, clock);
}

Result<std::shared_ptr<db::Database>> open_database(const CommonArguments& common, const Clock& clock, PoolSize pool) {
  const auto open = [&]() -> Result<std::shared_ptr<db::Database>> {
    const auto driver = TRY(make_driver(common.database_url, common.data_dir, clock));
    db::DatabaseOptions options;
    if (driver->dialect() == db::Dialect::postgres) {
      options.readers = std::max(1, pool.max / 2);
      options.writers = std::max(1, pool.max - options.readers);
      options.ready_at_start = pool.min;
    }
    std::shared_ptr<db::Database> database = TRY(db::Database::open(driver, options));
    TRY(database->migrate_blocking(all_migrations()));
    return database;
  };
  auto opened = open();
  if (!opened) return pass(opened, "Database pool not initialized");
  return opened;
}

}  // namespace gannet::app
