// Byte counts as a type of their own, so that a limit cannot be mistaken for a count of things.
#pragma once

#include <compare>
#include <cstdint>
#include <string>

namespace gannet {

struct Bytes {
  std::uint64_t count = 0;
  auto operator<=>(const Bytes&) const = default;
};

constexpr Bytes operator""_B(unsigned long long n) { return Bytes{n}; }
constexpr Bytes operator""_KiB(unsigned long long n) { return Bytes{n << 10}; }
constexpr Bytes operator""_MiB(unsigned long long n) { return Bytes{n << 20}; }
constexpr Bytes operator""_GiB(unsigned long long n) { return Bytes{n << 30}; }

/// "512 B", "1.5 kB", "3.2 MB" (powers of ten): for people.
std::string format_bytes(Bytes bytes);

}  // namespace gannet
