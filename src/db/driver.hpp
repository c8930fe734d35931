// What a database engine must offer to stand behind db::Database. One implementation per engine, all held to
// conformance_test.cpp. A Connection belongs to one thread at a time.
//
// Statements keep to the SQL that all engines share ($n parameters, RETURNING, ON CONFLICT, CASE, common table expressions);
// gannet_now() is the time by the Clock. What differs lies in one file per engine beside its user.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string_view>

#include "base/error.hpp"
#include "db/value.hpp"

namespace gannet::db {

enum class Access {
  read,   // A consistent view; a statement that would write fails with `denied`.
  write,  // Has the right to write from the start, so that it cannot fail for a conflict halfway through.
};

/// Takes one row; an error ends the statement and becomes its result. The values may be moved from.
using RowSink = std::function<Result<void>(std::span<Value>)>;

/// Errors of all functions, whatever the engine: `conflict` for a violated constraint, `unavailable` where somebody else holds
/// the lock for too long or the disk does not answer, `exhausted` for a full disk, `denied` without the right to write,
/// `internal` for wrong SQL and for a damaged database, which says what to do. Messages never hold a parameter's value.
class Connection {
 public:
  virtual ~Connection() = default;

  virtual Result<void> begin() = 0;
  /// A failed commit has rolled back.
  virtual Result<void> commit() = 0;
  virtual void roll_back() = 0;

  /// Runs one statement, prepared once per connection. The n-th parameter is bound to the name "$n". Returns the number of rows
  /// that an INSERT, UPDATE or DELETE changed itself, 0 for all others.
  virtual Result<std::int64_t> execute(std::string_view sql, std::span<const Value> parameters, const RowSink& on_row) = 0;

  /// Runs any number of statements without parameters: for migrations.
  virtual Result<void> execute_script(std::string_view sql) = 0;
};

class Driver {
 public:
  virtual ~Driver() = default;
  /// Where the data is, for messages: a path or a server, without credentials.
  virtual std::string describe() const = 0;
  virtual Result<std::unique_ptr<Connection>> connect(Access access) = 0;
};

}  // namespace gannet::db
