// Reads a time_config, a JSON object that somebody wrote, into a TimeSpec. Pure; used by TimeSpec::parse only.
#pragma once

#include <boost/json.hpp>

#include "schedule/time_spec.hpp"

namespace gannet::schedule::impl {

class TimeConfigReader {
 public:
  Result<TimeSpec> read(const TimeSpecText& text);

 private:
  struct Range {
    std::int64_t min = 0, max = 0;
    /// Ends an error message.
    std::string_view right;
  };

  Result<void> read_frequency(std::string_view given);
  Result<void> read_zone(const TimeSpecText& text);
  Result<void> read_dst();
  Result<void> refuse_unknown_keys() const;
  Result<void> read_interval();
  Result<void> read_custom();
  Result<void> read_times();
  Result<int> read_number(std::string_view key, const Range& range);
  Result<int> read_weekday();
  Result<std::optional<std::string>> find_text(const boost::json::object& from, std::string_view key,
                                               std::string_view right) const;
  template <class T>
  void keep(std::string_view key, const T& value) {
    kept_[key] = boost::json::value_from(value);
  }

  boost::json::object config_;
  boost::json::object kept_;
  TimeSpec spec_;
};

}  // namespace gannet::schedule::impl
