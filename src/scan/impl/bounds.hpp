// Bounds of single values that a page makes the recorder keep, and numbers of the browser's in the range where they mean
// something. Pure.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/text.hpp"
#include "browser/cdp/json.hpp"
#include "record/cookie.hpp"
#include "record/visit.hpp"

namespace gannet::scan {

/// The record shows 8 KiB of a URL; Chromium lets it have 2 MiB.
inline constexpr std::size_t k_url_bytes_max = 16U << 10;
/// Names of functions, frames, sessions, cookies' partitions, …
inline constexpr std::size_t k_name_bytes_max = 1024;

inline std::string bounded_url(std::string_view url) { return std::string(utf8_prefix(url, k_url_bytes_max)); }
inline std::string bounded_name(std::string_view name) { return std::string(utf8_prefix(name, k_name_bytes_max)); }

/// 0 to 1e9, 0 where it is no number.
inline int bounded_int(const boost::json::object& object, std::string_view key) {
  return int(std::clamp<std::int64_t>(browser::cdp::integer(object, key), 0, 1'000'000'000));
}

/// More than anybody sends; sums of some thousand stay in range.
inline constexpr std::uint64_t k_bytes_max = 1'000'000'000'000'000;

/// 0 to k_bytes_max, 0 where it is no number.
inline std::uint64_t bounded_bytes(const boost::json::object& object, std::string_view key) {
  return std::uint64_t(std::clamp<std::int64_t>(browser::cdp::integer(object, key), 0, std::int64_t(k_bytes_max)));
}

/// Seconds since 1970, within the years 0001 to 9999.
inline Instant bounded_instant(double seconds) {
  return Instant(std::chrono::microseconds(std::int64_t(std::clamp(seconds, -62'135'596'800.0, 253'402'300'799.0) * 1e6)));
}

inline std::size_t bytes_of(const std::vector<record::StackFrame>& stack) {
  std::size_t bytes = 0;
  for (const auto& frame : stack) bytes += sizeof frame + frame.function.size() + frame.url.size();
  return bytes;
}

inline std::size_t bytes_of(const std::vector<record::Header>& headers) {
  std::size_t bytes = 0;
  for (const auto& header : headers) bytes += sizeof header + header.name.size() + header.value.size();
  return bytes;
}

inline std::size_t bytes_of(const record::Writer& writer) {
  return sizeof writer + writer.url.size() + writer.method.size() + writer.document_url.size() + bytes_of(writer.stack);
}

}  // namespace gannet::scan
