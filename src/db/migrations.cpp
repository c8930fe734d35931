#include "db/migrations.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "base/log.hpp"
#include "base/sha256.hpp"
#include "db/database.hpp"

namespace gannet::db {
namespace {

struct Applied {
  int number = 0;
  std::string name;
  std::string sha256;
  auto columns() { return std::tie(number, name, sha256); }
};

/// How many of `migrations` are applied already. The applied ones must be the first ones, unchanged.
Result<std::size_t> count_applied(Tx& tx, std::span<const Migration> migrations, const std::string& where) {
  const auto applied = TRY(tx.query<Applied>("SELECT number, name, sha256 FROM schema_migrations ORDER BY number"));
  const int newest = migrations.empty() ? 0 : migrations.back().number;
  if (!applied.empty() && applied.back().number > newest)
    return fail(
        ErrorKind::conflict,
        "{} was made by a newer Gannet (its schema is at {} '{}', this program knows {}); use that version or a newer one", where,
        applied.back().number, applied.back().name, newest);
  for (std::size_t i = 0; i < applied.size(); ++i) {
    const auto& there = applied[i];
    if (i >= migrations.size() || migrations[i].number != there.number)
      return fail(ErrorKind::conflict, "{} has migration {} '{}', which this program does not know; use the version that made it",
                  where, there.number, there.name);
    if (migrations[i].name != there.name || sha256_hex(migrations[i].sql) != there.sha256)
      return fail(ErrorKind::conflict,
                  "migration {} '{}' differs from the one that was applied to {} as '{}'; use the version that made it",
                  there.number, migrations[i].name, where, there.name);
  }
  return applied.size();
}

}  // namespace

Result<void> apply_migrations(Database& database, std::span<const Migration> migrations) {
  ASSERT_INVARIANT(std::ranges::is_sorted(migrations, std::ranges::less_equal(), &Migration::number) || migrations.size() < 2,
                   "migrations are in ascending order");
  const auto where = database.describe();
  TRY(database.write_blocking([](Tx& tx) {
    return tx.execute_script(
        "CREATE TABLE IF NOT EXISTS schema_migrations ("
        " number integer PRIMARY KEY, name text NOT NULL, sha256 text NOT NULL, applied_at bigint NOT NULL)");
  }));
  for (bool is_complete = false; !is_complete;) {
    is_complete = TRY(database.write_blocking([&](Tx& tx) -> Result<bool> {
      // Looked at anew in each step's own transaction: another process may be doing the same.
      const auto done = TRY(count_applied(tx, migrations, where));
      if (done == migrations.size()) return true;
      const auto& next = migrations[done];
      auto applied = tx.execute_script(next.sql);
      if (!applied) return pass(applied, fmt::format("migration {} '{}' of {}", next.number, next.name, where));
      TRY(tx.execute("INSERT INTO schema_migrations (number, name, sha256, applied_at) VALUES ($1, $2, $3, gannet_now())",
                     next.number, next.name, sha256_hex(next.sql)));
      LOG_INFO("db", "applied migration {} '{}'", next.number, next.name);
      return false;
    }));
  }
  return {};
}

}  // namespace gannet::db
