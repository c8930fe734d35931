// Database: transactions on a few threads of its own, whatever the engine. One call of the lambda that a caller gives is one
// transaction: committed when it returns a value, rolled back when it returns an error. Owned by the composition root; callable
// from any thread. It must be destroyed before the io_context of its callers.
#pragma once

#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <tuple>
#include <vector>

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>

#include "aio/aio.hpp"
#include "base/error.hpp"
#include "db/driver.hpp"
#include "db/migrations.hpp"
#include "db/value.hpp"

namespace gannet::db {

/// A struct that is read from a row: `auto columns() { return std::tie(id, url, status); }`, in the order of the SELECT.
template <class T>
concept RowType = requires(T row) { row.columns(); };

/// One of the rows for Tx::execute_batch.
template <class... Args>
std::vector<Value> row(const Args&... args) {
  return {to_value(args)...};
}

/// One open transaction. After a failed statement it can only be rolled back: return the error. Used by one lambda on one thread;
/// not kept.
class Tx {
 public:
  explicit Tx(Connection& connection) : connection_(connection) {}

  /// All rows, which the statement itself must bound. T is a RowType or the type of the only column. Error `internal` where a
  /// column's kind or the number of columns differs; otherwise those of Connection.
  template <class T, class... Args>
  Result<std::vector<T>> query(std::string_view sql, const Args&... args);

  /// The first row, or nothing.
  template <class T, class... Args>
  Result<std::optional<T>> query_one(std::string_view sql, const Args&... args);

  /// Each row of a statement whose columns are not known beforehand.
  Result<void> for_each(std::string_view sql, const RowSink& on_row) {
    TRY(connection_.execute(sql, {}, on_row));
    return {};
  }

  /// Returns the number of rows changed.
  template <class... Args>
  Result<std::int64_t> execute(std::string_view sql, const Args&... args);

  /// One statement for many rows: `rows.push_back(db::row(id, url))`.
  Result<std::int64_t> execute_batch(const BatchSql& batch, std::span<const std::vector<Value>> rows) {
    return connection_.execute_batch(batch, rows, nullptr);
  }
  template <class T>
  Result<std::vector<T>> query_batch(const BatchSql& batch, std::span<const std::vector<Value>> rows) {
    std::vector<T> found;
    TRY(connection_.execute_batch(batch, rows, [&found](std::span<Value> row) { return read_row(row, found.emplace_back()); }));
    return found;
  }

  /// Statements without parameters, separated by semicolons.
  Result<void> execute_script(std::string_view sql) { return connection_.execute_script(sql); }

  Dialect dialect() const { return connection_.dialect(); }

 private:
  template <class T>
  static Result<void> read_row(std::span<Value> row, T& out);

  Connection& connection_;
};

/// Connections are made when they are first needed, and kept.
struct DatabaseOptions {
  /// Read transactions at once; with 0 there can be none.
  int readers = 2;
  /// Write transactions at once. SQLite has one writer whatever this says: with 1, write order is the queue order.
  int writers = 1;
  /// Connections of both kinds that are made at once; never fewer than one of each.
  int ready_at_start = 2;
};

class Database {
 public:
  /// Connects once of each kind, so that what is wrong is known at start.
  static Result<std::unique_ptr<Database>> open(std::shared_ptr<Driver> driver, DatabaseOptions options = {});
  /// Threads and connections of its own to the same data, for work that must not wait behind this one's.
  Result<std::unique_ptr<Database>> open_beside(DatabaseOptions options) const { return open(driver_, options); }
  /// Waits for the work that was begun or queued.
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  /// Applies what is missing; see migrations.hpp.
  Result<void> migrate_blocking(std::span<const Migration> migrations);

  /// Runs `work`, a copyable `Result<T>(Tx&)` that owns all it touches, in one transaction on a database thread:
  /// `co_await database.write(scope, [id](Tx& tx) { return tx.execute("DELETE FROM scans WHERE id = $1", id); })`. When the scope
  /// ends while it waits, the outcome is dropped: the transaction may still commit. A scope that has ended begins none.
  template <class Work>
  aio::Task<std::invoke_result_t<Work&, Tx&>> read(aio::Scope scope, Work work) {
    return run(readers(), std::move(scope), std::move(work));
  }
  template <class Work>
  aio::Task<std::invoke_result_t<Work&, Tx&>> write(aio::Scope scope, Work work) {
    return run(*writers_, std::move(scope), std::move(work));
  }

  /// The same for a caller that may block its thread: the command line, tests, pool threads. Error `internal` from within a
  /// transaction of this database, which could wait for itself.
  template <class Work>
  std::invoke_result_t<Work&, Tx&> read_blocking(Work work) {
    return run_blocking(readers(), std::move(work));
  }
  template <class Work>
  std::invoke_result_t<Work&, Tx&> write_blocking(Work work) {
    return run_blocking(*writers_, std::move(work));
  }

  std::string describe() const { return driver_->describe(); }
  Dialect dialect() const { return driver_->dialect(); }

 private:
  /// Threads with as many connections.
  struct Lane {
    Lane(Access access_of_all, int threads_max) : access(access_of_all), size(threads_max), threads(std::size_t(threads_max)) {}
    const Access access;
    const int size;
    std::mutex mutex;
    std::vector<std::unique_ptr<Connection>> idle;
    boost::asio::thread_pool threads;
  };

  Database(std::shared_ptr<Driver> driver, DatabaseOptions options);

  Lane& readers() const;
  Result<void> check_not_nested() const;
  Result<std::unique_ptr<Connection>> take_connection(Lane& lane);
  /// `work` says whether to commit.
  Result<void> in_transaction(Lane& lane, const std::function<bool(Tx&)>& work);

  template <class Work>
  std::invoke_result_t<Work&, Tx&> transact(Lane& lane, Work& work);
  template <class Work>
  aio::Task<std::invoke_result_t<Work&, Tx&>> run(Lane& lane, aio::Scope scope, Work work);
  template <class Work>
  std::invoke_result_t<Work&, Tx&> run_blocking(Lane& lane, Work work);

  std::shared_ptr<Driver> driver_;
  std::unique_ptr<Lane> readers_;
  std::unique_ptr<Lane> writers_;
};

template <class T>
Result<void> Tx::read_row(std::span<Value> row, T& out) {
  const auto read_column = [&row](std::size_t column, auto& field) {
    return column < row.size() && from_value(std::move(row[column]), field);
  };
  const auto read_columns = [&](auto columns) -> Result<void> {
    constexpr auto k_count = std::tuple_size_v<decltype(columns)>;
    if (row.size() != k_count) return fail(ErrorKind::internal, "a row has {} columns instead of {}", row.size(), k_count);
    std::size_t column = 0;
    const auto read_next = [&](auto& field) {
      if (!read_column(column, field)) return false;
      ++column;
      return true;
    };
    const bool all = std::apply([&](auto&... fields) { return (read_next(fields) && ...); }, columns);
    if (!all)
      return fail(ErrorKind::internal, "column {} of a row holds {}, which does not fit", column + 1, kind_of(row[column]));
    return {};
  };
  if constexpr (RowType<T>) {
    return read_columns(out.columns());
  } else {
    return read_columns(std::tie(out));
  }
}

template <class T, class... Args>
Result<std::vector<T>> Tx::query(std::string_view sql, const Args&... args) {
  std::vector<T> rows;
  const std::vector<Value> parameters{to_value(args)...};
  auto done = connection_.execute(sql, parameters, [&rows](std::span<Value> row) { return read_row(row, rows.emplace_back()); });
  if (!done) return pass(done);
  return rows;
}

template <class T, class... Args>
Result<std::optional<T>> Tx::query_one(std::string_view sql, const Args&... args) {
  auto rows = query<T>(sql, args...);
  if (!rows) return pass(rows);
  if (rows->empty()) return std::nullopt;
  return std::move(rows->front());
}

template <class... Args>
Result<std::int64_t> Tx::execute(std::string_view sql, const Args&... args) {
  const std::vector<Value> parameters{to_value(args)...};
  return connection_.execute(sql, parameters, nullptr);
}

template <class Work>
std::invoke_result_t<Work&, Tx&> Database::transact(Lane& lane, Work& work) {
  std::optional<std::invoke_result_t<Work&, Tx&>> result;
  auto ended = in_transaction(lane, [&](Tx& tx) { return result.emplace(work(tx)).has_value(); });
  if (!ended) return pass(ended);
  return std::move(*result);
}

template <class Work>
aio::Task<std::invoke_result_t<Work&, Tx&>> Database::run(Lane& lane, aio::Scope scope, Work work) {
  using Outcome = std::invoke_result_t<Work&, Tx&>;
  if (auto ready = scope.check(); !ready) co_return pass(ready);
  auto executor = co_await boost::asio::this_coro::executor;
  std::function<Outcome()> job = [this, &lane, work = std::move(work)]() mutable { return transact(lane, work); };
  co_return co_await aio::run_blocking<typename Outcome::value_type>(lane.threads, executor, std::move(scope), std::move(job));
}

template <class Work>
std::invoke_result_t<Work&, Tx&> Database::run_blocking(Lane& lane, Work work) {
  if (auto allowed = check_not_nested(); !allowed) return pass(allowed);
  std::promise<std::invoke_result_t<Work&, Tx&>> promise;
  auto outcome = promise.get_future();
  boost::asio::post(lane.threads, [&] { promise.set_value(transact(lane, work)); });
  return outcome.get();
}

}  // namespace gannet::db
