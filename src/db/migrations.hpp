// Migrations: numbered steps of the schema, each applied once, in order, in a transaction of its own, and recorded with its
// checksum in the table schema_migrations(number, name, sha256, applied_at). Each module brings those of its own tables; the
// numbers are one sequence over all modules.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace gannet::db {

class Database;

struct Migration {
  int number = 0;
  std::string_view name;
  /// Of the dialect in use.
  std::string_view sql;
};

/// Brings the schema up to the last of `migrations`, which are in ascending order. Several processes may do so at once: each step
/// is done by one of them.
///
/// Errors: `conflict` where the database was made by a newer Gannet, or where an applied migration is not, or no longer, the one
/// that this program knows; nothing is changed then. A step that fails leaves the schema as the step before it made it.
Result<void> apply_migrations(Database& database, std::span<const Migration> migrations);

}  // namespace gannet::db
