#include "queue/migrations.hpp"

#include "embedded/migration_009_queue_postgres.hpp"
#include "embedded/migration_009_queue_sqlite.hpp"

namespace gannet::queue {

std::span<const db::Migration> migrations() {
  static const db::Migration k_migrations[] = {
      {9, "queue", embedded::migration_009_queue_sqlite, embedded::migration_009_queue_postgres}};
  return k_migrations;
}

}  // namespace gannet::queue
