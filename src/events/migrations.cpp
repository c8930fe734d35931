#include "events/migrations.hpp"

#include "embedded/migration_010_events_postgres.hpp"
#include "embedded/migration_010_events_sqlite.hpp"

namespace gannet::events {

std::span<const db::Migration> migrations() {
  static const db::Migration k_migrations[] = {
      {10, "events", embedded::migration_010_events_sqlite, embedded::migration_010_events_postgres}};
  return k_migrations;
}

}  // namespace gannet::events
