// FaultyConnection: a connection on which a test's Faults happen: a crash between two statements, a commit whose reply is lost, a
// read of what was true a while ago, and statements that are not what the product wrote.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "db/driver.hpp"

namespace gannet::schedule {

/// What is to happen; shared by the connections of a test and changed by it at any time.
struct Faults {
  /// The process dies before this many more statements are done; absent: it does not.
  std::optional<int> statements_left;
  /// The next commit takes effect, but nobody is told.
  bool is_commit_reply_lost = false;
  /// The next list of due schedules is an old one, as if locking and reading were not one.
  bool is_due_list_stale = false;
  /// Text to be replaced in every statement: a guard that is taken away.
  std::vector<std::pair<std::string, std::string>> mutations;
  /// How often each happened, by name.
  std::map<std::string, int> hits;
  /// Old lists of due schedules.
  std::deque<std::vector<std::vector<db::Value>>> due_lists;
};

class FaultyConnection final : public db::Connection {
 public:
  FaultyConnection(std::unique_ptr<db::Connection> inner, Faults& faults) : inner_(std::move(inner)), faults_(faults) {}

  db::Dialect dialect() const override { return inner_->dialect(); }
  Result<void> begin() override { return inner_->begin(); }
  void roll_back() override { inner_->roll_back(); }

  Result<void> commit() override {
    if (is_dead()) {
      inner_->roll_back();
      return crash();
    }
    TRY(inner_->commit());
    if (!std::exchange(faults_.is_commit_reply_lost, false)) return {};
    ++faults_.hits["commit reply lost"];
    return fail(ErrorKind::unavailable, "the reply to the commit was lost");
  }

  Result<std::int64_t> execute(std::string_view sql, std::span<const db::Value> parameters, const db::RowSink& on_row) override {
    if (is_dead()) return crash();
    const auto text = mutate(sql);
    const bool is_due_list = text.find("NOT is_stale AND next_run <= $1 ORDER BY next_run LIMIT $2") != std::string::npos;
    if (!is_due_list) return inner_->execute(text, parameters, on_row);
    if (std::exchange(faults_.is_due_list_stale, false) && !faults_.due_lists.empty()) {
      ++faults_.hits["stale due list"];
      for (auto row : faults_.due_lists.front()) TRY(on_row(row));
      return 0;
    }
    std::vector<std::vector<db::Value>> rows;
    auto done = inner_->execute(text, parameters, [&](std::span<db::Value> row) {
      rows.emplace_back(row.begin(), row.end());
      return on_row(row);
    });
    if (!rows.empty()) faults_.due_lists.push_back(std::move(rows));
    if (faults_.due_lists.size() > 4) faults_.due_lists.pop_front();
    return done;
  }

  /// Row by row, so that the process can die in between.
  Result<std::int64_t> execute_batch(const db::BatchSql& batch, std::span<const std::vector<db::Value>> rows,
                                     const db::RowSink& on_row) override {
    const auto text = mutate(batch.sql);
    std::int64_t changed = 0;
    for (const auto& row : rows) {
      if (is_dead()) return crash();
      changed += TRY(inner_->execute_batch({.given = batch.given, .sql = text}, {&row, 1}, on_row));
    }
    return changed;
  }

  Result<void> execute_script(std::string_view sql) override { return inner_->execute_script(mutate(sql)); }

 private:
  bool is_dead() { return faults_.statements_left && (*faults_.statements_left)-- <= 0; }

  std::unexpected<Error> crash() {
    ++faults_.hits["crash"];
    return fail(ErrorKind::unavailable, "the process died");
  }

  std::string mutate(std::string_view sql) const {
    std::string text(sql);
    for (const auto& [from, to] : faults_.mutations)
      for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
        text.replace(at, from.size(), to);
    return text;
  }

  std::unique_ptr<db::Connection> inner_;
  Faults& faults_;
};

}  // namespace gannet::schedule
