#include "api/migrations.hpp"

#include "embedded/migration_013_api_replies_postgres.hpp"
#include "embedded/migration_013_api_replies_sqlite.hpp"

namespace gannet::api {

std::span<const db::Migration> migrations() {
  static const db::Migration k_migrations[] = {
      {13, "api_replies", embedded::migration_013_api_replies_sqlite, embedded::migration_013_api_replies_postgres}};
  return k_migrations;
}

}  // namespace gannet::api
