// Strong ids: a ScanId is not a SiteId. Those that Gannet makes are UUIDs of version 7 (RFC 9562 §5.7), so that they sort by time
// of making; those that stand for a name somebody else chose are of version 5.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/random.hpp"

namespace gannet {

class Uuid {
 public:
  Uuid() = default;
  /// 48 bits of Unix milliseconds, the rest random.
  static Uuid make_v7(const Clock& clock, Random& random);
  /// The SHA-1 of name space and name (RFC 9562 §5.5): the same two always give the same UUID.
  static Uuid make_v5(const Uuid& name_space, std::string_view name);
  /// Any version, with hyphens, in either case. Error `invalid` otherwise.
  static Result<Uuid> parse(std::string_view text);
  static Uuid from_bytes(const std::array<std::uint8_t, 16>& bytes);
  const std::array<std::uint8_t, 16>& bytes() const { return bytes_; }
  std::string to_string() const;
  bool is_nil() const { return *this == Uuid(); }
  auto operator<=>(const Uuid&) const = default;

 private:
  std::array<std::uint8_t, 16> bytes_{};
};

template <class Tag>
class Id {
 public:
  Id() = default;
  explicit Id(Uuid value) : value_(value) {}
  static Id make(const Clock& clock, Random& random) { return Id(Uuid::make_v7(clock, random)); }
  static Result<Id> parse(std::string_view text) { return Id(TRY(Uuid::parse(text))); }
  const Uuid& uuid() const { return value_; }
  std::string to_string() const { return value_.to_string(); }
  auto operator<=>(const Id&) const = default;

 private:
  Uuid value_;
};

using ScanId = Id<struct ScanTag>;
using SiteId = Id<struct SiteTag>;
using ProfileId = Id<struct ProfileTag>;
using OrganisationId = Id<struct OrganisationTag>;
using UserId = Id<struct UserTag>;
using ApiKeyId = Id<struct ApiKeyTag>;
using ScheduleId = Id<struct ScheduleTag>;
using JobId = Id<struct JobTag>;
using ExecutionId = Id<struct ExecutionTag>;

/// What another system's text stands for where an id is wanted: a UUID is itself, anything else the version 5 of it in
/// `name_space`.
Uuid uuid_of(std::string_view text, const Uuid& name_space);

/// The organisation that every installation has, which rows without another one belong to: uuid_of("default", Uuid()), that is
/// c383e082-c957-5d44-8307-64f667cb0347, as the migrations spell it.
OrganisationId default_organisation();

}  // namespace gannet
