#include "queue/migrations.hpp"

#include "embedded/migration_009_queue_postgres.hpp"
#include "embedded/migration_009_queue_sqlite.hpp"

namespace gannet::queue {

const db::DialectSql k_after_copy = {
    .sqlite = "UPDATE job_tokens SET last = (SELECT coalesce(max(token), 0) FROM jobs)",
    .postgres = "SELECT setval('job_tokens', (SELECT coalesce(max(token), 0) + 1 FROM jobs), false)"};

std::span<const db::Migration> migrations() {
  static const db::Migration k_migrations[] = {
      {9, "queue", embedded::migration_009_queue_sqlite, embedded::migration_009_queue_postgres}};
  return k_migrations;
}

}  // namespace gannet::queue
