// TimeZone: an IANA time zone as what schedules need of it: the periods of constant offset from UTC. Immutable; zones live as
// long as the process and may be used from any thread.
//
// Read from the system's TZif files (RFC 9636) with their footer, so that summer time goes on after the last transition a file
// lists, which is 2037 or, in files of the slim form, 2007. docs/decisions/0009-time-zones.md says why no library does this.
#pragma once

#include <chrono>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace gannet::schedule {

class TimeZone {
 public:
  /// From `begin` on, which belongs to it, until `end`, which does not, local time is UTC plus `offset`. Neighbours differ in
  /// their offset; the first begins at sys_seconds::min(), the last ends at sys_seconds::max().
  struct Period {
    std::chrono::sys_seconds begin;
    std::chrono::sys_seconds end;
    std::chrono::seconds offset{};
  };

  /// What follows from a zone's footer is worked out up to this year.
  static constexpr int k_year_max = 2200;

  static const TimeZone& utc();
  /// From the bytes of a TZif file. Error `invalid` where they are not one.
  static Result<TimeZone> parse(std::string name, std::string_view tzif);

  const std::string& name() const { return name_; }
  std::span<const Period> periods() const { return periods_; }
  /// The index of the period that `at` lies in.
  std::size_t index_at(std::chrono::sys_seconds at) const;
  const Period& period_at(std::chrono::sys_seconds at) const { return periods_[index_at(at)]; }

 private:
  TimeZone(std::string name, std::vector<Period> periods) : name_(std::move(name)), periods_(std::move(periods)) {}

  std::string name_;
  std::vector<Period> periods_;
};

/// The system's zone of that name; its file is read at the first call. Error `invalid` where there is none.
Result<const TimeZone*> find_zone(std::string_view name);

/// The release of the system's zone files, "2026f"; "unknown" where the system does not say.
std::string tzdata_version();

}  // namespace gannet::schedule
