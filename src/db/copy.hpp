// Copies all rows from one database to another, of the same or of the other engine, and proves that they arrived.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "db/database.hpp"

namespace gannet::db {

struct CopyOptions {
  /// Tables that are not copied, because what they hold belongs to one engine or one server.
  std::vector<std::string> skipped = {};
  /// Tables that migrations put rows into: what they hold in the target is replaced.
  std::vector<std::string> seeded = {};
  /// Scripts for the target's dialect, run in the same transaction after all rows are there and were verified: what modules have
  /// to set right where a number means something on one server only.
  std::vector<DialectSql> fixes = {};
};

struct CopiedTable {
  std::string name;
  std::int64_t rows = 0;
  /// Over the rows of both, whatever their order and the engine's way to hold them.
  std::string checksum;
};

/// Copies the tables of the target that are not skipped, in the order of their foreign keys, in one transaction of each side,
/// while others may go on reading and writing the source: what is copied is one moment. Both must have the same migrations. Then
/// counts and checksums of all tables are compared. Blocks for as long as it takes.
///
/// Errors: `conflict` where the schemas differ, or the target holds rows already; `internal` where a table arrived otherwise than
/// it was; those of Connection. Nothing is kept in the target then.
Result<std::vector<CopiedTable>> copy_database_blocking(Database& from, Database& to, const CopyOptions& options = {});

}  // namespace gannet::db
