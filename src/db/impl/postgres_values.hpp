// How values travel to PostgreSQL and back. Pure.
//
// A parameter has the type of its C++ type, in binary: boolean, bigint, double precision, bytea, timestamptz, uuid. A text and
// NULL have none, so that the server infers it: the same text serves for text, varchar and jsonb columns. Columns come as text
// and are read by their type.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "db/value.hpp"

namespace gannet::db::impl {

/// What PQsendQueryPrepared takes, and what keeps its pointers valid; for as long as the values it was made of live.
class PostgresParameters {
 public:
  /// Error `invalid` for a text with a NUL character, which PostgreSQL cannot hold.
  static Result<PostgresParameters> make(std::span<const Value> values);

  /// One array a column of the rows, of the type of its values, which are of one kind or NULL; whole numbers may be among others.
  static Result<PostgresParameters> make_arrays(std::span<const std::vector<Value>> rows);

  int count() const { return int(oids_.size()); }
  const unsigned* oids() const { return oids_.data(); }
  const char* const* values() const { return values_.data(); }
  const int* lengths() const { return lengths_.data(); }
  const int* formats() const { return formats_.data(); }

 private:
  void add(unsigned oid, std::string_view bytes, int format);

  std::vector<unsigned> oids_;
  std::vector<const char*> values_;
  std::vector<int> lengths_;
  std::vector<int> formats_;
  /// The bytes of what is encoded, 16 each; and of arrays.
  std::vector<std::array<char, 16>> encoded_;
  std::vector<std::string> arrays_;
};

/// The number of the last $n outside quotes; 0 where there is none.
int count_parameters(std::string_view sql);

/// A column that is not NULL, by the OID of its type: boolean, integers, floating point and numeric (an integer where it is one),
/// bytea, timestamptz and timestamp (as UTC), uuid; all others as their text.
Value decode_column(unsigned oid, std::string_view text);

}  // namespace gannet::db::impl
