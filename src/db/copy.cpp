#include "db/copy.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>

#include <boost/json.hpp>

#include "base/sha256.hpp"
#include "db/impl/catalogue.hpp"

namespace gannet::db {
namespace {

using impl::Column;
using impl::ColumnKind;
using impl::Table;

constexpr std::size_t k_rows_at_once = 500;

std::string join_names(const Table& table) {
  std::string names;
  for (const auto& column : table.columns) names += fmt::format("{}\"{}\"", names.empty() ? "" : ", ", column.name);
  return names;
}

/// Keys in order and whole numbers without a fraction, so that the text is the same whichever engine kept it.
void canonicalise(boost::json::value& value) {
  if (auto* array = value.if_array()) {
    for (auto& element : *array) canonicalise(element);
  } else if (auto* object = value.if_object()) {
    std::map<std::string, boost::json::value> sorted;
    for (auto& member : *object) {
      canonicalise(member.value());
      sorted.emplace(std::string(member.key()), std::move(member.value()));
    }
    object->clear();
    for (auto& [key, member] : sorted) object->emplace(key, std::move(member));
  } else if (value.is_double() && value.get_double() == double(std::int64_t(value.get_double()))) {
    value = std::int64_t(value.get_double());
  }
}

/// What a value means, as text. A column's kind is that of PostgreSQL, which says more than SQLite's.
std::string canonical_text(const Value& value, ColumnKind kind) {
  if (std::holds_alternative<std::monostate>(value)) return "-";
  if (kind == ColumnKind::json) {
    boost::system::error_code error;
    auto parsed = boost::json::parse(std::get<std::string>(value), error);
    if (!error) canonicalise(parsed);
    return error ? std::get<std::string>(value) : boost::json::serialize(parsed);
  }
  if (const auto* boolean = std::get_if<bool>(&value)) return *boolean ? "1" : "0";
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return fmt::format("{}", *integer);
  if (const auto* number = std::get_if<double>(&value)) return fmt::format("{}", *number);
  if (const auto* instant = std::get_if<Instant>(&value)) return fmt::format("{}", instant->time_since_epoch().count());
  if (const auto* uuid = std::get_if<Uuid>(&value)) return uuid->to_string();
  if (const auto* blob = std::get_if<Blob>(&value)) return blob->bytes;
  return std::get<std::string>(value);
}

/// The sum of the rows' hashes, so that their order does not matter.
class Checksum {
 public:
  void add(std::span<const Value> row, const std::vector<ColumnKind>& kinds) {
    std::string text;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const auto one = canonical_text(row[i], kinds[i]);
      text += fmt::format("{}:{},", one.size(), one);
    }
    const auto hash = sha256_hex(text);
    for (std::size_t i = 0; i < sums_.size(); ++i) {
      std::uint64_t part = 0;
      std::from_chars(hash.data() + i * 16, hash.data() + (i + 1) * 16, part, 16);
      sums_[i] += part;
    }
    ++rows_;
  }
  std::int64_t rows() const { return rows_; }
  std::string to_string() const { return fmt::format("{:016x}{:016x}{:016x}{:016x}", sums_[0], sums_[1], sums_[2], sums_[3]); }
  bool operator==(const Checksum&) const = default;

 private:
  std::array<std::uint64_t, 4> sums_{};
  std::int64_t rows_ = 0;
};

/// All rows of a table, a few at a time: from PostgreSQL by a cursor.
Result<void> read_all(Tx& tx, const Table& table, const RowSink& on_row) {
  const auto select = fmt::format("SELECT {} FROM \"{}\"", join_names(table), table.name);
  if (tx.dialect() == Dialect::sqlite) return tx.for_each(select, on_row);
  TRY(tx.execute_script("DECLARE copied NO SCROLL CURSOR FOR " + select));
  for (bool is_over = false; !is_over;) {
    is_over = true;
    TRY(tx.for_each(fmt::format("FETCH {} FROM copied", k_rows_at_once), [&](std::span<Value> row) {
      is_over = false;
      return on_row(row);
    }));
  }
  return tx.execute_script("CLOSE copied");
}

/// SQLite's integers and texts, as what PostgreSQL's column is.
Value convert(Value&& value, ColumnKind to) {
  if (const auto* integer = std::get_if<std::int64_t>(&value)) {
    if (to == ColumnKind::boolean) return *integer != 0;
    if (to == ColumnKind::instant) return Instant(std::chrono::microseconds(*integer));
  }
  return std::move(value);
}

class Copy {
 public:
  Copy(Tx& source, Tx& target, const CopyOptions& options) : source_(source), target_(target), options_(options) {}

  Result<std::vector<CopiedTable>> run() {
    TRY(find_tables());
    for (const auto& table : tables_) TRY(check_empty(table));
    const auto restore = TRY(impl::disable_triggers(target_, tables_));
    for (auto table = tables_.rbegin(); table != tables_.rend(); ++table)
      if (is_seeded(table->name)) TRY(target_.execute(fmt::format("DELETE FROM \"{}\"", table->name)));
    std::vector<CopiedTable> copied;
    for (const auto& table : tables_) {
      auto done = copy_table(table);
      if (!done) return pass(done, fmt::format("table {}", table.name));
      copied.push_back(std::move(*done));
    }
    TRY(target_.execute_script(restore));
    for (const auto& fix : options_.fixes) TRY(target_.execute_script(fix.of(target_.dialect())));
    return copied;
  }

 private:
  bool is_skipped(const std::string& name) const { return std::ranges::find(options_.skipped, name) != options_.skipped.end(); }
  bool is_seeded(const std::string& name) const { return std::ranges::find(options_.seeded, name) != options_.seeded.end(); }

  Result<void> find_tables() {
    const auto is_wanted = [this](const Table& table) { return !is_skipped(table.name); };
    std::map<std::string, Table> there;
    for (auto& table : TRY(impl::list_tables(source_)))
      if (is_wanted(table)) there.emplace(table.name, table);
    for (auto& table : TRY(impl::list_tables(target_))) {
      if (!is_wanted(table)) continue;
      const auto found = there.find(table.name);
      if (found == there.end() || !std::ranges::equal(found->second.columns, table.columns, {}, &Column::name, &Column::name))
        return fail(ErrorKind::conflict, "the two databases differ in table '{}'; bring both to the same version first",
                    table.name);
      source_tables_.emplace(table.name, std::move(found->second));
      there.erase(found);
      tables_.push_back(std::move(table));
    }
    if (!there.empty())
      return fail(ErrorKind::conflict, "the target has no table '{}'; bring both to the same version first",
                  there.begin()->first);
    return {};
  }

  Result<void> check_empty(const Table& table) {
    const auto row = TRY(target_.query_one<int>(fmt::format("SELECT 1 FROM \"{}\" LIMIT 1", table.name)));
    if (row && !is_seeded(table.name))
      return fail(ErrorKind::conflict, "table '{}' of the target holds rows already; copy into an empty database", table.name);
    return {};
  }

  Result<CopiedTable> copy_table(const Table& table) {
    std::vector<ColumnKind> kinds;
    std::string given;
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
      // One of the two knows more.
      const auto source_kind = source_tables_.at(table.name).columns[i].kind;
      kinds.push_back(source_kind == ColumnKind::plain ? table.columns[i].kind : source_kind);
      given += fmt::format("{}\"{}\" {}", i == 0 ? "" : ", ", table.columns[i].name, table.columns[i].type);
    }
    const auto insert = fmt::format("INSERT INTO \"{0}\" ({1}) SELECT {1} FROM given", table.name, join_names(table));
    Checksum sent;
    std::vector<std::vector<Value>> batch;
    const auto flush = [&]() -> Result<void> {
      TRY(target_.execute_batch({.given = given, .sql = insert}, batch));
      batch.clear();
      return {};
    };
    TRY(read_all(source_, table, [&](std::span<Value> row) -> Result<void> {
      sent.add(row, kinds);
      auto& values = batch.emplace_back();
      for (std::size_t i = 0; i < row.size(); ++i) values.push_back(convert(std::move(row[i]), table.columns[i].kind));
      return batch.size() < k_rows_at_once ? Result<void>() : flush();
    }));
    TRY(flush());
    Checksum arrived;
    TRY(read_all(target_, table, [&](std::span<Value> row) -> Result<void> {
      arrived.add(row, kinds);
      return {};
    }));
    if (sent != arrived)
      return fail(ErrorKind::internal, "{} rows were read and {} arrived, or they differ", sent.rows(), arrived.rows());
    TRY(advance_identities(table));
    return CopiedTable{table.name, sent.rows(), sent.to_string()};
  }

  /// PostgreSQL counts on from where its sequence is, not from the rows.
  Result<void> advance_identities(const Table& table) {
    for (const auto& column : table.columns) {
      if (!column.is_identity) continue;
      TRY(
          target_.execute(fmt::format("SELECT setval(pg_get_serial_sequence('\"{0}\"', '{1}'),"
                                      " (SELECT coalesce(max(\"{1}\"), 0) + 1 FROM \"{0}\"), false)",
                                      table.name, column.name)));
    }
    return {};
  }

  Tx& source_;
  Tx& target_;
  const CopyOptions& options_;
  /// In the order of the target's foreign keys.
  std::vector<Table> tables_;
  std::map<std::string, Table> source_tables_;
};

}  // namespace

Result<std::vector<CopiedTable>> copy_database_blocking(Database& from, Database& to, const CopyOptions& options) {
  // The source's transaction is within the target's: nothing is kept unless all of it was read.
  return to.write_blocking(
      [&](Tx& target) { return from.read_blocking([&](Tx& source) { return Copy(source, target, options).run(); }); });
}

}  // namespace gannet::db
