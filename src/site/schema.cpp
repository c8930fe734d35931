#include "site/schema.hpp"

#include "embedded/migration_008_sites_postgres.hpp"
#include "embedded/migration_008_sites_sqlite.hpp"

namespace gannet::site {

std::span<const db::Migration> migrations() {
  static const db::Migration k_migrations[] = {
      {8, "sites", embedded::migration_008_sites_sqlite, embedded::migration_008_sites_postgres}};
  return k_migrations;
}

}  // namespace gannet::site
