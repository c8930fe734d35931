#include "db/sqlite_driver.hpp"

#include <cerrno>
#include <map>

#include <fcntl.h>
#include <unistd.h>

#include <sqlite3.h>

#include "base/file.hpp"
#include "base/log.hpp"
#include "db/file_lock.hpp"

namespace gannet::db {
namespace {

constexpr int k_busy_timeout_ms = 10'000;
/// Statements are constants of the program; the bound is for one that is not, by mistake.
constexpr std::size_t k_statements_max = 256;

struct StatementCloser {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Statement = std::unique_ptr<sqlite3_stmt, StatementCloser>;

struct HandleCloser {
  void operator()(sqlite3* handle) const { sqlite3_close(handle); }
};
using Handle = std::unique_ptr<sqlite3, HandleCloser>;

/// The kind of an extended result code; `system_error` is the errno behind SQLITE_IOERR and SQLITE_CANTOPEN.
ErrorKind kind_of(int code, int system_error) {
  switch (code & 0xff) {
    case SQLITE_CONSTRAINT: return ErrorKind::conflict;
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return ErrorKind::unavailable;
    case SQLITE_FULL:
    case SQLITE_NOMEM:
    case SQLITE_TOOBIG: return ErrorKind::exhausted;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH: return ErrorKind::denied;
    case SQLITE_CANTOPEN: return system_error == EACCES || system_error == EPERM ? ErrorKind::denied : ErrorKind::unavailable;
    case SQLITE_IOERR: {
      const bool is_full = system_error == ENOSPC || system_error == EDQUOT || system_error == EFBIG;
      return is_full || code == SQLITE_IOERR_SHMSIZE ? ErrorKind::exhausted : ErrorKind::unavailable;
    }
    default: return ErrorKind::internal;
  }
}

std::string_view advice(int code) {
  switch (code & 0xff) {
    case SQLITE_CORRUPT: return "; the file is damaged: restore a backup, or move it away to start with an empty one";
    case SQLITE_NOTADB: return "; the file is not a database: restore a backup, or move it away to start with an empty one";
    case SQLITE_BUSY: return "; another process has held the lock for too long";
    default: return "";
  }
}

class SqliteConnection final : public Connection {
 public:
  SqliteConnection(Handle handle, Access access, std::string path)
      : handle_(std::move(handle)), access_(access), path_(std::move(path)) {}

  Dialect dialect() const override { return Dialect::sqlite; }

  Result<void> begin() override { return run_plain(access_ == Access::write ? "BEGIN IMMEDIATE" : "BEGIN"); }

  Result<void> commit() override {
    auto committed = run_plain("COMMIT");
    if (!committed) roll_back();
    return committed;
  }

  void roll_back() override {
    // Some failures, a full disk among them, have rolled back already.
    if (sqlite3_get_autocommit(handle_.get()) != 0) return;
    if (auto done = run_plain("ROLLBACK"); !done) LOG_ERROR("db", "{}", done.error().describe());
  }

  Result<std::int64_t> execute(std::string_view sql, std::span<const Value> parameters, const RowSink& on_row) override {
    auto* statement = TRY(prepared(sql));
    auto done = run(statement, parameters, on_row);
    // Says again what run() has said.
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    if (!done) return pass(done);
    return sqlite3_stmt_readonly(statement) ? 0 : sqlite3_changes64(handle_.get());
  }

  Result<std::int64_t> execute_batch(const BatchSql& batch, std::span<const std::vector<Value>> rows,
                                     const RowSink& on_row) override {
    const auto names = batch.columns().names;
    std::string places;
    for (std::size_t i = 1; i <= names.size(); ++i) places += fmt::format("{}${}", i == 1 ? "" : ", ", i);
    const auto sql = fmt::format("WITH given ({}) AS (VALUES ({})) {}", fmt::join(names, ", "), places, batch.sql);
    std::int64_t changed = 0;
    for (const auto& row : rows) changed += TRY(execute(sql, row, on_row));
    return changed;
  }

  Result<void> execute_script(std::string_view sql) override {
    const int code = sqlite3_exec(handle_.get(), std::string(sql).c_str(), nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) return failure();
    return {};
  }

 private:
  Result<void> run_plain(std::string_view sql) {
    TRY(execute(sql, {}, nullptr));
    return {};
  }

  std::unexpected<Error> failure() const {
    const int code = sqlite3_extended_errcode(handle_.get());
    const int system_error = (code & 0xff) == SQLITE_IOERR || (code & 0xff) == SQLITE_CANTOPEN ? last_system_error() : 0;
    const auto message = fmt::format("{}: {}{}", path_, sqlite3_errmsg(handle_.get()), advice(code));
    const auto kind = kind_of(code, system_error);
    if (system_error == 0) return std::unexpected(Error(kind, message));
    return std::unexpected(Error(kind, message, std::error_code(system_error, std::generic_category())));
  }

  /// The errno behind an I/O error. SQLite forgets it where a commit failed to write the WAL; the WAL's file still knows.
  int last_system_error() const {
    if (const int known = sqlite3_system_errno(handle_.get()); known != 0) return known;
    sqlite3_file* wal = nullptr;
    sqlite3_file_control(handle_.get(), "main", SQLITE_FCNTL_JOURNAL_POINTER, static_cast<void*>(&wal));
    int error_number = 0;
    if (wal && wal->pMethods) wal->pMethods->xFileControl(wal, SQLITE_FCNTL_LAST_ERRNO, &error_number);
    return error_number;
  }

  Result<sqlite3_stmt*> prepared(std::string_view sql) {
    if (const auto known = statements_.find(sql); known != statements_.end()) return known->second.get();
    sqlite3_stmt* raw = nullptr;
    const char* tail = nullptr;
    const int code = sqlite3_prepare_v3(handle_.get(), sql.data(), int(sql.size()), SQLITE_PREPARE_PERSISTENT, &raw, &tail);
    Statement statement(raw);
    if (code != SQLITE_OK) return failure();
    if (!statement || tail != sql.data() + sql.size()) return fail(ErrorKind::internal, "not one SQL statement: {}", sql);
    if (statements_.size() >= k_statements_max) statements_.clear();
    return statements_.emplace(sql, std::move(statement)).first->second.get();
  }

  Result<void> run(sqlite3_stmt* statement, std::span<const Value> parameters, const RowSink& on_row) {
    if (sqlite3_bind_parameter_count(statement) != int(parameters.size()))
      return fail(ErrorKind::internal, "{} parameters for a statement with {}: {}", parameters.size(),
                  sqlite3_bind_parameter_count(statement), sqlite3_sql(statement));
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      // By name: for SQLite the 1 of $1 is a name, and it numbers parameters as they first appear.
      const int index = sqlite3_bind_parameter_index(statement, fmt::format("${}", i + 1).c_str());
      if (index == 0) return fail(ErrorKind::internal, "a statement has no ${}: {}", i + 1, sqlite3_sql(statement));
      if (bind(statement, index, parameters[i]) != SQLITE_OK) return failure();
    }
    std::vector<Value> row;
    for (;;) {
      const int code = sqlite3_step(statement);
      if (code == SQLITE_DONE) return {};
      if (code != SQLITE_ROW) return failure();
      if (!on_row) continue;
      row.clear();
      for (int column = 0; column < sqlite3_column_count(statement); ++column) row.push_back(column_value(statement, column));
      TRY(on_row(row));
    }
  }

  /// The values outlive the statement's run, so SQLite need not copy them.
  static int bind(sqlite3_stmt* statement, int index, const Value& value) {
    if (const auto* boolean = std::get_if<bool>(&value)) return sqlite3_bind_int(statement, index, *boolean ? 1 : 0);
    if (const auto* integer = std::get_if<std::int64_t>(&value)) return sqlite3_bind_int64(statement, index, *integer);
    if (const auto* number = std::get_if<double>(&value)) return sqlite3_bind_double(statement, index, *number);
    if (const auto* text = std::get_if<std::string>(&value))
      return sqlite3_bind_text64(statement, index, text->data(), text->size(), nullptr, SQLITE_UTF8);
    if (const auto* blob = std::get_if<Blob>(&value))
      return sqlite3_bind_blob64(statement, index, blob->bytes.data(), blob->bytes.size(), nullptr);
    if (const auto* instant = std::get_if<Instant>(&value))
      return sqlite3_bind_int64(statement, index, instant->time_since_epoch().count());
    if (const auto* uuid = std::get_if<Uuid>(&value)) {
      const auto text = uuid->to_string();
      return sqlite3_bind_text64(statement, index, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
    }
    return sqlite3_bind_null(statement, index);
  }

  static Value column_value(sqlite3_stmt* statement, int column) {
    const auto size = [&] { return std::size_t(sqlite3_column_bytes(statement, column)); };
    switch (sqlite3_column_type(statement, column)) {
      case SQLITE_INTEGER: return std::int64_t(sqlite3_column_int64(statement, column));
      case SQLITE_FLOAT: return sqlite3_column_double(statement, column);
      case SQLITE_TEXT: {
        const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, column));
        return std::string(text, size());
      }
      case SQLITE_BLOB: {
        const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement, column));
        // An empty blob has no address.
        return Blob{bytes ? std::string(bytes, size()) : std::string()};
      }
      default: return {};
    }
  }

  // Statements are closed before the handle.
  Handle handle_;
  const Access access_;
  const std::string path_;
  std::map<std::string, Statement, std::less<>> statements_;
};

void now_function(sqlite3_context* context, int, sqlite3_value**) {
  const auto* clock = static_cast<const Clock*>(sqlite3_user_data(context));
  sqlite3_result_int64(context, clock->now().time_since_epoch().count());
}

/// An argument that is NULL makes the result NULL, as in any SQL function.
void later_function(sqlite3_context* context, int, sqlite3_value** arguments) {
  if (sqlite3_value_type(arguments[0]) == SQLITE_NULL || sqlite3_value_type(arguments[1]) == SQLITE_NULL) return;
  sqlite3_result_int64(context, sqlite3_value_int64(arguments[0]) + 1000 * sqlite3_value_int64(arguments[1]));
}

void elapsed_ms_function(sqlite3_context* context, int, sqlite3_value** arguments) {
  if (sqlite3_value_type(arguments[0]) == SQLITE_NULL || sqlite3_value_type(arguments[1]) == SQLITE_NULL) return;
  sqlite3_result_int64(context, (sqlite3_value_int64(arguments[1]) - sqlite3_value_int64(arguments[0])) / 1000);
}

class SqliteDriver final : public Driver {
 public:
  SqliteDriver(const std::filesystem::path& data_dir, const Clock& clock)
      : folder_(data_dir), path_((data_dir / "gannet.db").string()), clock_(clock) {}

  Dialect dialect() const override { return Dialect::sqlite; }
  std::string describe() const override { return path_; }

  Result<std::unique_ptr<Connection>> connect(Access access) override {
    // The switch to WAL fails at once, without waiting, where two processes make the file at the same moment.
    const auto lock = TRY(FileLock::take_blocking(folder_, LockMode::exclusive));
    TRY(make_file());
    sqlite3* raw = nullptr;
    const int code =
        sqlite3_open_v2(path_.c_str(), &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
    Handle handle(raw);
    if (!handle) return fail(ErrorKind::exhausted, "cannot open {}: out of memory", path_);
    if (code != SQLITE_OK)
      return std::unexpected(Error(kind_of(code, sqlite3_system_errno(raw)), fmt::format("{}: {}", path_, sqlite3_errmsg(raw))));
    sqlite3_busy_timeout(raw, k_busy_timeout_ms);
    sqlite3_db_config(raw, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_create_function_v2(raw, "gannet_now", 0, SQLITE_UTF8 | SQLITE_INNOCUOUS, const_cast<Clock*>(&clock_), now_function,
                               nullptr, nullptr, nullptr);
    constexpr int k_pure = SQLITE_UTF8 | SQLITE_INNOCUOUS | SQLITE_DETERMINISTIC;
    sqlite3_create_function_v2(raw, "gannet_later", 2, k_pure, nullptr, later_function, nullptr, nullptr, nullptr);
    sqlite3_create_function_v2(raw, "gannet_elapsed_ms", 2, k_pure, nullptr, elapsed_ms_function, nullptr, nullptr, nullptr);
    auto connection = std::make_unique<SqliteConnection>(std::move(handle), access, path_);
    TRY(connection->execute_script(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF;"
        "PRAGMA mmap_size = 268435456; PRAGMA journal_size_limit = 67108864;"));
    if (access == Access::read) TRY(connection->execute_script("PRAGMA query_only = ON"));
    return connection;
  }

 private:
  /// So that only its owner can read it; SQLite gives the files beside it the same mode. Not opened where it exists: closing a
  /// second descriptor would drop the locks of this process's other connections (sqlite.org/howtocorrupt.html §2.2).
  Result<void> make_file() const {
    const int fd = ::open(path_.c_str(), O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 && errno != EEXIST) return fail_errno(file_error_kind(errno), errno, "cannot make {}", path_);
    if (fd >= 0) ::close(fd);
    return {};
  }

  const std::filesystem::path folder_;
  const std::string path_;
  const Clock& clock_;
};

}  // namespace

std::unique_ptr<Driver> make_sqlite_driver(const std::filesystem::path& data_dir, const Clock& clock) {
  return std::make_unique<SqliteDriver>(data_dir, clock);
}

Result<void> copy_sqlite_database_blocking(const std::filesystem::path& data_dir, const std::filesystem::path& target,
                                           const Clock& clock) {
  auto connection = TRY(SqliteDriver(data_dir, clock).connect(Access::write));
  const Value parameters[] = {target.string()};
  TRY(connection->execute("VACUUM INTO $1", parameters, nullptr));
  return {};
}

}  // namespace gannet::db
