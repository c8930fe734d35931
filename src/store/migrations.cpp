#include "store/migrations.hpp"

#include "embedded/migration_001_scans_postgres.hpp"
#include "embedded/migration_001_scans_sqlite.hpp"
#include "embedded/migration_002_contents_postgres.hpp"
#include "embedded/migration_002_contents_sqlite.hpp"
#include "embedded/migration_003_seals_postgres.hpp"
#include "embedded/migration_003_seals_sqlite.hpp"
#include "embedded/migration_011_scan_requests_postgres.hpp"
#include "embedded/migration_011_scan_requests_sqlite.hpp"

namespace gannet::store {

std::span<const db::Migration> migrations() {
  static const db::Migration k_migrations[] = {
      {1, "scans", embedded::migration_001_scans_sqlite, embedded::migration_001_scans_postgres},
      {2, "contents", embedded::migration_002_contents_sqlite, embedded::migration_002_contents_postgres},
      {3, "seals", embedded::migration_003_seals_sqlite, embedded::migration_003_seals_postgres},
      {11, "scan_requests", embedded::migration_011_scan_requests_sqlite, embedded::migration_011_scan_requests_postgres}};
  return k_migrations;
}

}  // namespace gannet::store
