// What a database engine must offer to stand behind db::Database. One implementation per engine, all held to
// conformance_test.cpp. A Connection belongs to one thread at a time.
//
// Statements keep to the SQL that all engines share ($n parameters, RETURNING, ON CONFLICT, ->>, CASE, common table expressions)
// and to three functions of ours: gannet_now(), the time that decides; gannet_later(at, by_ms); gannet_elapsed_ms(from, to). What
// differs is chosen by Dialect, or lies in one file per engine beside its user.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "db/value.hpp"

namespace gannet::db {

enum class Dialect { sqlite, postgres };

/// One meaning in the words of each engine: `tx.execute(k_claim.of(tx.dialect()), …)`.
struct DialectSql {
  std::string_view sqlite;
  std::string_view postgres;
  constexpr std::string_view of(Dialect dialect) const { return dialect == Dialect::sqlite ? sqlite : postgres; }
};

/// One statement for many rows, which it finds in a table `given`:
/// `tx.execute_batch({.given = "id uuid, url text", .sql = "INSERT INTO pages (id, url) SELECT id, url FROM given WHERE true"},
/// rows)`. It runs once for all rows or once for each, whichever the engine does sooner, so it must mean the same either way.
/// SQLite wants the WHERE before an ON CONFLICT. A `sql` that begins with a comma goes on with the list of a WITH.
struct BatchSql {
  /// Names and PostgreSQL's types of the columns of `given`, in the order of the values of a row.
  std::string_view given;
  std::string_view sql;

  /// The names, and the types.
  struct Columns {
    std::vector<std::string_view> names, types;
  };
  Columns columns() const;
};

enum class Access {
  read,   // A consistent view; a statement that would write fails with `denied`.
  write,  // Has the right to write from the start, so that it cannot fail for a conflict halfway through.
};

/// Whether the connection broke while a transaction was being committed, so that nobody can say whether it took effect: the
/// caller looks, or repeats what is idempotent.
bool is_commit_unknown(const Error& error);

/// Takes one row; an error ends the statement and becomes its result. The values may be moved from.
using RowSink = std::function<Result<void>(std::span<Value>)>;

/// Errors of all functions, whatever the engine: `conflict` for a violated constraint, `unavailable` where somebody else holds
/// the lock for too long, a deadlock was broken, or the disk or the server does not answer, `timeout` for a statement that took
/// too long, `exhausted` for a full disk, `denied` without the right to write, `invalid` for a text that the engine cannot hold,
/// `internal` for wrong SQL and for a damaged database, which says what to do. Messages never hold a parameter's value.
///
/// After a failed statement the transaction can only be rolled back.
class Connection {
 public:
  virtual ~Connection() = default;
  virtual Dialect dialect() const = 0;

  /// A connection that broke while nobody used it is made anew, here or with the first statement.
  virtual Result<void> begin() = 0;
  /// A failed commit has rolled back, except where is_commit_unknown() holds for the error.
  virtual Result<void> commit() = 0;
  virtual void roll_back() = 0;

  /// Runs one statement, prepared once per connection. The n-th parameter is bound to the name "$n". Returns the number of rows
  /// that an INSERT, UPDATE or DELETE changed itself, 0 for all others.
  virtual Result<std::int64_t> execute(std::string_view sql, std::span<const Value> parameters, const RowSink& on_row) = 0;

  /// The same for a statement that takes many rows; values of one column are of one kind or NULL. No rows are no statement.
  virtual Result<std::int64_t> execute_batch(const BatchSql& batch, std::span<const std::vector<Value>> rows,
                                             const RowSink& on_row) = 0;

  /// Runs any number of statements without parameters: for migrations.
  virtual Result<void> execute_script(std::string_view sql) = 0;
};

class Driver {
 public:
  virtual ~Driver() = default;
  virtual Dialect dialect() const = 0;
  /// Where the data is, for messages: a path or a server, without credentials.
  virtual std::string describe() const = 0;
  /// Callable from any thread.
  virtual Result<std::unique_ptr<Connection>> connect(Access access) = 0;
};

}  // namespace gannet::db
