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

/// What a text takes in the stored record, where a control character is six bytes long.
inline std::size_t written_size(std::string_view text) {
  std::size_t bytes = text.size();
  for (const char c : text) {
    if (std::uint8_t(c) < 0x20) bytes += 5;
    if (c == '"' || c == '\\') ++bytes;
  }
  return bytes;
}

inline std::size_t bytes_of(const record::CallStack& stack) {
  std::size_t bytes = 0;
  for (const auto& frame : stack) bytes += sizeof frame + written_size(frame.function) + written_size(frame.url);
  return bytes;
}

inline std::size_t bytes_of(const std::vector<record::Header>& headers) {
  std::size_t bytes = 0;
  for (const auto& header : headers) bytes += sizeof header + written_size(header.name) + written_size(header.value);
  return bytes;
}

inline std::size_t bytes_of(const record::Writer& writer) {
  return sizeof writer + written_size(writer.url) + writer.method.size() + written_size(writer.document_url) +
         bytes_of(writer.stack);
}

inline std::size_t bytes_of(const record::Cookie& cookie) {
  return sizeof cookie + written_size(cookie.key.name) + cookie.key.domain.size() + written_size(cookie.key.path) +
         cookie.key.partition_key.size();
}

/// Six bytes a number, which is what the largest take in the stored record.
inline std::size_t bytes_of(const record::TcfString& tcf) {
  return sizeof tcf + 6 * (tcf.purpose_consents.size() + tcf.purpose_legitimate_interests.size() + tcf.vendor_consents.size() +
                           tcf.vendor_legitimate_interests.size() + tcf.disclosed_vendors.size());
}

inline std::size_t bytes_of(const record::ConsentString& string) {
  std::size_t bytes = sizeof string + written_size(string.source) + written_size(string.error);
  if (string.tcf) bytes += bytes_of(*string.tcf);
  if (!string.gpp) return bytes;
  if (string.gpp->tcf_eu) bytes += bytes_of(*string.gpp->tcf_eu);
  // A field of a section is a name of some twenty letters and a digit.
  for (const auto& [section, names] : string.gpp->us_sections) bytes += 100 * (1 + names.size());
  return bytes + 6 * string.gpp->section_ids.size();
}

}  // namespace gannet::scan
