#include "events/events.hpp"

#include <algorithm>

namespace gannet::events {
namespace {

constexpr db::BatchSql k_insert = {.given = "topic text, key text, organisation uuid, payload jsonb",
                                   .sql =
                                       "INSERT INTO events (topic, key, organisation_id, payload, created_at)"
                                       " SELECT topic, key, organisation, payload, (SELECT gannet_now()) FROM given"};

constexpr db::DialectSql k_read_after = {
    .sqlite =
        "SELECT xid, id, topic, key, organisation_id, payload, created_at FROM events WHERE id > $2 AND $1 >= 0"
        " ORDER BY id LIMIT $3",
    .postgres =
        "SELECT xid, id, topic, key, organisation_id, payload, created_at FROM events WHERE (xid, id) > ($1, $2)"
        " AND xid < (SELECT txid_snapshot_xmin(txid_current_snapshot())) ORDER BY xid, id LIMIT $3"};

constexpr db::DialectSql k_last = {
    .sqlite = "SELECT xid, id FROM events ORDER BY id DESC LIMIT 1",
    .postgres =
        "SELECT xid, id FROM events WHERE xid < (SELECT txid_snapshot_xmin(txid_current_snapshot()))"
        " ORDER BY xid DESC, id DESC LIMIT 1"};

constexpr db::DialectSql k_lock_cursor = {
    .sqlite = "SELECT xid, id FROM event_cursors WHERE consumer = $1",
    .postgres = "SELECT xid, id FROM event_cursors WHERE consumer = $1 FOR UPDATE SKIP LOCKED"};

constexpr db::DialectSql k_list_cursors = {
    .sqlite =
        "SELECT consumer, xid, id, updated_at, (SELECT count(*) FROM (SELECT 1 FROM events WHERE events.id > event_cursors.id"
        " LIMIT 10000)) FROM event_cursors ORDER BY consumer",
    .postgres =
        "SELECT consumer, xid, id, updated_at, (SELECT count(*) FROM (SELECT 1 FROM events WHERE"
        " (events.xid, events.id) > (event_cursors.xid, event_cursors.id)"
        " AND events.xid < (SELECT txid_snapshot_xmin(txid_current_snapshot())) LIMIT 10000) AS unseen)"
        " FROM event_cursors ORDER BY consumer"};

constexpr db::DialectSql k_prune = {
    .sqlite =
        "DELETE FROM events WHERE id IN (SELECT id FROM events WHERE created_at < $1 AND NOT EXISTS"
        " (SELECT 1 FROM event_cursors WHERE event_cursors.id < events.id) ORDER BY id LIMIT $2)",
    .postgres =
        "DELETE FROM events WHERE (xid, id) IN (SELECT xid, id FROM events WHERE created_at < $1 AND NOT EXISTS"
        " (SELECT 1 FROM event_cursors WHERE (event_cursors.xid, event_cursors.id) < (events.xid, events.id))"
        " ORDER BY xid, id LIMIT $2)"};

struct PositionRow {
  Position position;
  auto columns() { return std::tie(position.xid, position.id); }
};

}  // namespace

Result<void> append(db::Tx& tx, const NewEvent& event) { return append_all(tx, {&event, 1}); }

Result<void> append_all(db::Tx& tx, std::span<const NewEvent> events) {
  std::vector<std::vector<db::Value>> rows;
  rows.reserve(events.size());
  for (const auto& event : events) rows.push_back(db::row(event.topic, event.key, event.organisation, event.payload));
  TRY(tx.execute_batch(k_insert, rows));
  return {};
}

Result<std::vector<Event>> read_after(db::Tx& tx, Position position, int limit) {
  return tx.query<Event>(k_read_after.of(tx.dialect()), position.xid, position.id, limit);
}

Result<Position> last_position(db::Tx& tx) {
  const auto row = TRY(tx.query_one<PositionRow>(k_last.of(tx.dialect())));
  return row ? row->position : Position{};
}

Result<std::optional<Position>> try_lock_cursor(db::Tx& tx, std::string_view consumer) {
  TRY(
      tx.execute("INSERT INTO event_cursors (consumer, xid, id, updated_at) VALUES ($1, 0, 0, gannet_now())"
                 " ON CONFLICT (consumer) DO NOTHING",
                 consumer));
  const auto row = TRY(tx.query_one<PositionRow>(k_lock_cursor.of(tx.dialect()), consumer));
  if (!row) return std::nullopt;
  return row->position;
}

Result<void> save_cursor(db::Tx& tx, std::string_view consumer, Position position) {
  TRY(
      tx.execute("INSERT INTO event_cursors (consumer, xid, id, updated_at) VALUES ($1, $2, $3, gannet_now())"
                 " ON CONFLICT (consumer) DO UPDATE SET xid = excluded.xid, id = excluded.id, updated_at = excluded.updated_at",
                 consumer, position.xid, position.id));
  return {};
}

Result<std::vector<CursorState>> list_cursors(db::Tx& tx) { return tx.query<CursorState>(k_list_cursors.of(tx.dialect())); }

Result<std::int64_t> prune(db::Tx& tx, const PruneRequest& request) {
  TRY(tx.execute("DELETE FROM event_cursors WHERE updated_at < $1", request.abandoned_before));
  return tx.execute(k_prune.of(tx.dialect()), request.before, request.limit);
}

}  // namespace gannet::events
