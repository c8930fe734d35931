// What tables a database has, as copying needs to know them.
#pragma once

#include <string>
#include <vector>

#include "db/database.hpp"

namespace gannet::db::impl {

/// What a column holds, whatever the engine calls it.
enum class ColumnKind { plain, boolean, instant, uuid, json };

struct Column {
  std::string name;
  ColumnKind kind = ColumnKind::plain;
  /// As the engine calls it.
  std::string type = {};
  bool is_identity = false;
};

struct Table {
  std::string name;
  /// Without generated ones.
  std::vector<Column> columns;
};

/// Those of the program's schema but for schema_migrations, each after what it refers to.
Result<std::vector<Table>> list_tables(Tx& tx);

/// Rules and triggers of ours would change what is copied. Returns what puts them back.
Result<std::string> disable_triggers(Tx& tx, const std::vector<Table>& tables);

}  // namespace gannet::db::impl
