#include "identity/schema.hpp"

#include "embedded/migration_007_identity_postgres.hpp"
#include "embedded/migration_007_identity_sqlite.hpp"

namespace gannet::identity {

std::span<const db::Migration> migrations() {
  static const db::Migration k_migrations[] = {
      {7, "identity", embedded::migration_007_identity_sqlite, embedded::migration_007_identity_postgres}};
  return k_migrations;
}

}  // namespace gannet::identity
