// The event log: who changes state appends what happened, in the same transaction; consumers read it in one order, each from
// where it got to. consumer.hpp runs one. An event is never changed, and may be handled twice: consumers tell by its id.
//
// On PostgreSQL an event is readable once every transaction that was open when its own ended has ended: a long transaction
// anywhere on the server delays all events, and loses none.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/ids.hpp"
#include "db/database.hpp"

namespace gannet::events {

struct NewEvent {
  /// "scan.completed", …
  std::string topic;
  /// What it is about: events of one key are in the order in which they happened, where their transactions exclude each other.
  std::string key;
  std::optional<OrganisationId> organisation = {};
  /// JSON.
  std::string payload = "{}";
};

Result<void> append(db::Tx& tx, const NewEvent& event);
Result<void> append_all(db::Tx& tx, std::span<const NewEvent> events);

/// A place in the log: after the event that has it.
struct Position {
  std::int64_t xid = 0;
  std::int64_t id = 0;
  auto operator<=>(const Position&) const = default;
};

struct Event {
  Position position;
  std::string topic;
  std::string key;
  std::optional<OrganisationId> organisation;
  std::string payload;
  Instant created_at;

  std::int64_t id() const { return position.id; }
  auto columns() { return std::tie(position.xid, position.id, topic, key, organisation, payload, created_at); }
};

/// Those after `position`, in order, at most `limit`.
Result<std::vector<Event>> read_after(db::Tx& tx, Position position, int limit);

/// After the last event that is readable now: where a consumer begins that does not care for the past.
Result<Position> last_position(db::Tx& tx);

/// How far the consumer has come; the beginning of the log for a new one. On PostgreSQL the cursor is locked until the
/// transaction ends, and nothing comes back where another holds it.
Result<std::optional<Position>> try_lock_cursor(db::Tx& tx, std::string_view consumer);
Result<void> save_cursor(db::Tx& tx, std::string_view consumer, Position position);

struct CursorState {
  std::string consumer;
  Position position;
  Instant updated_at;
  /// Readable events that it has not seen, counted up to 10,000.
  std::int64_t behind = 0;
  auto columns() { return std::tie(consumer, position.xid, position.id, updated_at, behind); }
};

Result<std::vector<CursorState>> list_cursors(db::Tx& tx);

struct PruneRequest {
  /// Older events are deleted once every cursor has passed them.
  Instant before;
  /// A cursor that has not moved since is forgotten: its consumer is no more.
  Instant abandoned_before;
  int limit = 1000;
};

/// Returns how many events it deleted.
Result<std::int64_t> prune(db::Tx& tx, const PruneRequest& request);

}  // namespace gannet::events
