// What is kept of one exchange besides its addresses: its headers, redacted, and where its time went. Pure.
#pragma once

#include <optional>
#include <vector>

#include <boost/json/object.hpp>

#include "record/value.hpp"
#include "record/visit.hpp"

namespace gannet::scan {

/// Network.Headers; several values that Chromium joins by newlines are one header each. At most 100 headers.
std::vector<record::Header> read_headers(const boost::json::object& headers, const record::Redactor& redactor);

/// Of a picture, style sheet, font or medium that sets no cookie only what says what it is and how it is cached: they are most of
/// a page's requests, and nobody asks for more of them.
void drop_idle_headers(record::Request& request);

/// The number in Content-Length; 0 where there is none.
std::uint64_t content_length(const std::vector<record::Header>& headers);

/// A hop's times by Chromium's clocks, until they are put together.
struct HopTimes {
  /// Monotonic seconds; absent where no event told them.
  std::optional<double> sent_s;
  std::optional<double> ended_s;
  /// Network.ResourceTiming: `request_s` as above, the others in milliseconds from it, -1 where there was no such step.
  struct Steps {
    double request_s = 0;
    double dns_start_ms = -1;
    double connect_start_ms = -1;
    double ssl_start_ms = -1;
    double ssl_end_ms = -1;
    double send_start_ms = -1;
    double send_end_ms = -1;
    double headers_end_ms = -1;
  };
  std::optional<Steps> steps;
};

/// Nothing for an empty object: an answer that did not come over the network has none.
std::optional<HopTimes::Steps> read_steps(const boost::json::object& resource_timing);

/// `timestamp` of an event. Nothing where it has none.
std::optional<double> read_timestamp(const boost::json::object& params);

/// Milliseconds from the request to its end, where both are known.
std::optional<std::int64_t> duration_ms(const HopTimes& times);

/// Its parts add up to duration_ms, whatever the browser says. Nothing without a duration or without steps.
std::optional<record::Timing> make_timing(const HopTimes& times);

}  // namespace gannet::scan
