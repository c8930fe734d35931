// Randomness as a seam. Seeded in tests; from the system otherwise. Not for secrets that outlive a process: those use libsodium.
#pragma once

#include <cstdint>
#include <string>

namespace gannet {

class Random {
 public:
  virtual ~Random() = default;
  virtual std::uint64_t next() = 0;

  /// Lower-case letters and digits, the first a letter. About 5 bits a character.
  std::string token(std::size_t length);
};

/// Bytes of getrandom(2).
class SystemRandom final : public Random {
 public:
  std::uint64_t next() override;
};

/// SplitMix64 (Steele, Lea, Flood 2014): the same seed gives the same sequence.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() override;

 private:
  std::uint64_t state_;
};

}  // namespace gannet
