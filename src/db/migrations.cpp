#include "db/migrations.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "base/log.hpp"
#include "base/sha256.hpp"
#include "db/database.hpp"
#include "embedded/migration_000_base_postgres.hpp"
#include "embedded/record_postgres.hpp"

namespace gannet::db {
namespace {

constexpr std::string_view k_record_sqlite =
    "CREATE TABLE IF NOT EXISTS schema_migrations ("
    " number integer PRIMARY KEY, name text NOT NULL, sha256 text NOT NULL, applied_at bigint NOT NULL)";

/// The steps, and waiting for another process's, may take longer than a statement.
constexpr std::string_view k_no_timeouts_postgres =
    "SELECT set_config('statement_timeout', '0', true), set_config('lock_timeout', '0', true)";

struct Applied {
  int number = 0;
  std::string name;
  std::string sha256;
  Instant applied_at;
  auto columns() { return std::tie(number, name, sha256, applied_at); }
};

std::string_view text_of(const Migration& migration, Dialect dialect) {
  return dialect == Dialect::sqlite ? migration.sqlite : migration.postgres;
}

/// Those that this dialect has, number 0 first.
std::vector<Migration> of_dialect(std::span<const Migration> migrations, Dialect dialect) {
  std::vector<Migration> all = {{0, "base", "", embedded::migration_000_base_postgres}};
  all.insert(all.end(), migrations.begin(), migrations.end());
  ASSERT_INVARIANT(std::ranges::is_sorted(all, std::ranges::less_equal(), &Migration::number),
                   "migrations are in ascending order, from 1");
  std::erase_if(all, [dialect](const Migration& migration) { return text_of(migration, dialect).empty(); });
  return all;
}

Result<std::vector<Applied>> load_applied(Tx& tx) {
  return tx.query<Applied>("SELECT number, name, sha256, applied_at FROM schema_migrations ORDER BY number");
}

bool contains(std::span<const Applied> applied, int number) {
  return std::ranges::find(applied, number, &Applied::number) != applied.end();
}

/// The first of `migrations` that is not applied; null where all are.
Result<const Migration*> find_next(Tx& tx, std::span<const Migration> migrations, const std::string& where) {
  const auto applied = TRY(load_applied(tx));
  const int newest = migrations.empty() ? 0 : migrations.back().number;
  if (!applied.empty() && applied.back().number > newest)
    return fail(
        ErrorKind::conflict,
        "{} was made by a newer Gannet (its schema is at {} '{}', this program knows {}); use that version or a newer one", where,
        applied.back().number, applied.back().name, newest);
  for (const auto& there : applied) {
    const auto known = std::ranges::find(migrations, there.number, &Migration::number);
    if (known == migrations.end())
      return fail(ErrorKind::conflict, "{} has migration {} '{}', which this program does not know; use the version that made it",
                  where, there.number, there.name);
    if (known->name != there.name || sha256_hex(text_of(*known, tx.dialect())) != there.sha256)
      return fail(ErrorKind::conflict,
                  "migration {} '{}' differs from the one that was applied to {} as '{}'; use the version that made it",
                  there.number, known->name, where, there.name);
  }
  const auto next =
      std::ranges::find_if(migrations, [&](const Migration& migration) { return !contains(applied, migration.number); });
  return next == migrations.end() ? nullptr : &*next;
}

Result<void> lock_and_prepare(Tx& tx) {
  if (tx.dialect() == Dialect::sqlite) return tx.execute_script(k_record_sqlite);
  TRY(tx.execute_script(k_no_timeouts_postgres));
  return tx.execute_script(embedded::record_postgres);
}

}  // namespace

Result<void> apply_migrations(Database& database, std::span<const Migration> migrations) {
  const auto where = database.describe();
  const auto all = of_dialect(migrations, database.dialect());
  for (bool is_complete = false; !is_complete;) {
    is_complete = TRY(database.write_blocking([&](Tx& tx) -> Result<bool> {
      // Looked at anew in each step's own transaction: another process may be doing the same.
      TRY(lock_and_prepare(tx));
      const auto* next = TRY(find_next(tx, all, where));
      if (!next) return true;
      const auto text = text_of(*next, tx.dialect());
      auto applied = tx.execute_script(text);
      if (!applied) return pass(applied, fmt::format("migration {} '{}' of {}", next->number, next->name, where));
      TRY(tx.execute("INSERT INTO schema_migrations (number, name, sha256, applied_at) VALUES ($1, $2, $3, gannet_now())",
                     next->number, next->name, sha256_hex(text)));
      LOG_INFO("db", "applied migration {} '{}'", next->number, next->name);
      return false;
    }));
  }
  return {};
}

Result<std::vector<MigrationState>> list_migrations(Database& database, std::span<const Migration> migrations) {
  const auto applied = TRY(database.read_blocking([](Tx& tx) -> Result<std::vector<Applied>> {
    constexpr DialectSql k_find = {
        .sqlite = "SELECT count(*) FROM pragma_table_info('schema_migrations') WHERE name = 'sha256'",
        .postgres = "SELECT count(*) FROM pg_attribute WHERE attrelid = to_regclass('schema_migrations') AND attname = 'sha256'"};
    if (TRY(tx.query_one<int>(k_find.of(tx.dialect()))) == 0) return {};
    return load_applied(tx);
  }));
  std::vector<MigrationState> states;
  for (const auto& there : applied) states.push_back({there.number, there.name, there.applied_at});
  for (const auto& migration : of_dialect(migrations, database.dialect()))
    if (!contains(applied, migration.number)) states.push_back({migration.number, std::string(migration.name), std::nullopt});
  std::ranges::sort(states, {}, &MigrationState::number);
  return states;
}

}  // namespace gannet::db
