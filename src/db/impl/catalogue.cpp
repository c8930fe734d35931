#include "db/impl/catalogue.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace gannet::db::impl {
namespace {

struct ColumnRow {
  std::string table;
  std::string name;
  std::string type;
  bool is_identity = false;
  auto columns() { return std::tie(table, name, type, is_identity); }
};

struct ReferenceRow {
  std::string from;
  std::string to;
  auto columns() { return std::tie(from, to); }
};

constexpr DialectSql k_columns = {
    .sqlite =
        "SELECT t.name, c.name, lower(c.type), 0 FROM sqlite_schema AS t, pragma_table_xinfo(t.name) AS c"
        " WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%' AND t.name <> 'schema_migrations' AND c.hidden = 0"
        " ORDER BY t.name, c.name",
    .postgres =
        "SELECT CAST(c.relname AS text), CAST(a.attname AS text), format_type(a.atttypid, NULL), a.attidentity <> ''"
        " FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid WHERE c.relnamespace = "
        "to_regnamespace(current_schema())"
        " AND c.relkind = 'r' AND c.relname NOT LIKE 'schema\\_migrations%' AND a.attnum > 0 AND NOT a.attisdropped"
        " AND a.attgenerated = '' ORDER BY CAST(c.relname AS text) COLLATE \"C\", CAST(a.attname AS text) COLLATE \"C\""};

constexpr DialectSql k_references = {
    .sqlite = "SELECT t.name, f.\"table\" FROM sqlite_schema AS t, pragma_foreign_key_list(t.name) AS f WHERE t.type = 'table'",
    .postgres =
        "SELECT CAST(f.relname AS text), CAST(t.relname AS text) FROM pg_constraint AS k JOIN pg_class AS f ON f.oid = k.conrelid"
        " JOIN pg_class AS t ON t.oid = k.confrelid WHERE k.contype = 'f'"};

ColumnKind kind_of_type(std::string_view type) {
  if (type == "boolean") return ColumnKind::boolean;
  if (type.starts_with("timestamp")) return ColumnKind::instant;
  if (type == "uuid") return ColumnKind::uuid;
  return type.starts_with("json") ? ColumnKind::json : ColumnKind::plain;
}

/// Each after those it refers to.
class Order {
 public:
  Order(std::map<std::string, Table>& tables, const std::multimap<std::string, std::string>& references)
      : tables_(tables), references_(references) {}

  std::vector<Table> take_all() {
    for (const auto& [name, table] : tables_) visit(name);
    return std::move(ordered_);
  }

 private:
  void visit(const std::string& name) {
    if (!tables_.contains(name) || !visited_.insert(name).second) return;
    const auto [first, last] = references_.equal_range(name);
    for (auto reference = first; reference != last; ++reference) visit(reference->second);
    ordered_.push_back(tables_.at(name));
  }

  std::map<std::string, Table>& tables_;
  const std::multimap<std::string, std::string>& references_;
  std::set<std::string> visited_;
  std::vector<Table> ordered_;
};

}  // namespace

Result<std::vector<Table>> list_tables(Tx& tx) {
  std::map<std::string, Table> tables;
  for (auto& row : TRY(tx.query<ColumnRow>(k_columns.of(tx.dialect())))) {
    auto& table = tables[row.table];
    table.name = row.table;
    table.columns.push_back({std::move(row.name), kind_of_type(row.type), std::move(row.type), row.is_identity});
  }
  std::multimap<std::string, std::string> references;
  for (auto& row : TRY(tx.query<ReferenceRow>(k_references.of(tx.dialect())))) references.emplace(row.from, row.to);
  return Order(tables, references).take_all();
}

Result<std::string> disable_triggers(Tx& tx, const std::vector<Table>& tables) {
  std::string restore;
  if (tx.dialect() == Dialect::postgres) {
    for (const auto& table : tables) {
      TRY(tx.execute_script(fmt::format("ALTER TABLE \"{}\" DISABLE TRIGGER USER", table.name)));
      restore += fmt::format("ALTER TABLE \"{}\" ENABLE TRIGGER USER;", table.name);
    }
    return restore;
  }
  struct TriggerRow {
    std::string name;
    std::string sql;
    auto columns() { return std::tie(name, sql); }
  };
  // SQLite cannot switch them off from SQL.
  for (const auto& trigger : TRY(tx.query<TriggerRow>("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' AND tbl_name IN"
                                                      " (SELECT name FROM sqlite_schema WHERE type = 'table')"))) {
    TRY(tx.execute_script(fmt::format("DROP TRIGGER \"{}\"", trigger.name)));
    restore += trigger.sql + ";\n";
  }
  return restore;
}

}  // namespace gannet::db::impl
