// Migrations: numbered steps of the schema, each applied once, in a transaction of its own and in the order of their numbers, and
// recorded with its checksum in the table schema_migrations(number, name, sha256, applied_at). Each module brings those of its
// own tables; the numbers are one sequence over all modules. On PostgreSQL psql may apply them as well: tools/write_migrations
// makes database/migrations/ of the same texts.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"

namespace gannet::db {

class Database;

struct Migration {
  int number = 0;
  std::string_view name;
  /// An empty text: nothing to do, and nothing to record, in this dialect.
  std::string_view sqlite;
  std::string_view postgres;
};

/// Brings the schema up to the last of `migrations`, which are in ascending order; number 0, the functions of driver.hpp, comes
/// by itself. Several processes may do so at once: each step is done by one of them. What is missing below an applied one, as
/// after a single file was applied with psql, is made up for.
///
/// Errors: `conflict` where the database was made by a newer Gannet, or where an applied migration is not, or no longer, the one
/// that this program knows; nothing is changed then. A step that fails leaves the schema as the step before it made it.
Result<void> apply_migrations(Database& database, std::span<const Migration> migrations);

struct MigrationState {
  int number = 0;
  std::string name;
  /// Absent where it has not been applied.
  std::optional<Instant> applied_at;
};

/// Those of this program, and those that only the database has, in order. Changes nothing.
Result<std::vector<MigrationState>> list_migrations(Database& database, std::span<const Migration> migrations);

}  // namespace gannet::db
