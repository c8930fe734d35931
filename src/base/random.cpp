#include "base/random.hpp"

#include <sys/random.h>

#include "base/assert.hpp"

namespace gannet {

std::string Random::token(std::size_t length) {
  static constexpr char k_alphabet[] = "abcdefghijklmnopqrstuvwxyz012345";
  std::string text(length, 'a');
  for (std::size_t i = 0; i < length; ++i) text[i] = k_alphabet[next() >> 20 & (i == 0 ? 15U : 31U)];
  return text;
}

std::uint64_t SystemRandom::next() {
  std::uint64_t value = 0;
  ASSERT_INVARIANT(getrandom(&value, sizeof value, 0) == sizeof value, "getrandom(2) gives 8 bytes at once");
  return value;
}

std::uint64_t SeededRandom::next() {
  std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

}  // namespace gannet
