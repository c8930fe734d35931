#include "base/ids.hpp"

#include <bit>
#include <vector>

namespace gannet {

namespace {

/// SHA-1 (FIPS 180-4 §6.1), for version 5 only: it is no protection against anybody.
std::array<std::uint32_t, 5> sha1(std::vector<std::uint8_t> message) {
  const std::uint64_t bits = std::uint64_t(message.size()) * 8;
  message.push_back(0x80);
  while (message.size() % 64 != 56) message.push_back(0);
  for (int shift = 56; shift >= 0; shift -= 8) message.push_back(std::uint8_t(bits >> shift));

  std::array<std::uint32_t, 5> hash{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
  for (std::size_t block = 0; block < message.size(); block += 64) {
    std::array<std::uint32_t, 80> w{};
    for (std::size_t i = 0; i < 64; ++i) w[i / 4] = w[i / 4] << 8 | message[block + i];
    for (std::size_t t = 16; t < 80; ++t) w[t] = std::rotl(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
    auto [a, b, c, d, e] = hash;
    for (std::size_t t = 0; t < 80; ++t) {
      const std::uint32_t mixed = t < 20   ? ((b & c) | (~b & d)) + 0x5a827999
                                  : t < 40 ? (b ^ c ^ d) + 0x6ed9eba1
                                  : t < 60 ? ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc
                                           : (b ^ c ^ d) + 0xca62c1d6;
      const std::uint32_t next = std::rotl(a, 5) + mixed + e + w[t];
      e = d;
      d = c;
      c = std::rotl(b, 30);
      b = a;
      a = next;
    }
    hash[0] += a;
    hash[1] += b;
    hash[2] += c;
    hash[3] += d;
    hash[4] += e;
  }
  return hash;
}

}  // namespace

Uuid Uuid::make_v7(const Clock& clock, Random& random) {
  Uuid id;
  const auto ms = std::uint64_t(std::chrono::duration_cast<std::chrono::milliseconds>(clock.now().time_since_epoch()).count());
  for (int i = 0; i < 6; ++i) id.bytes_[size_t(i)] = std::uint8_t(ms >> (40 - 8 * i));
  const std::uint64_t a = random.next(), b = random.next();
  for (size_t i = 0; i < 2; ++i) id.bytes_[6 + i] = std::uint8_t(a >> (8 * i));
  for (size_t i = 0; i < 8; ++i) id.bytes_[8 + i] = std::uint8_t(b >> (8 * i));
  id.bytes_[6] = std::uint8_t(0x70 | (id.bytes_[6] & 0x0f));
  id.bytes_[8] = std::uint8_t(0x80 | (id.bytes_[8] & 0x3f));
  return id;
}

Uuid Uuid::make_v5(const Uuid& name_space, std::string_view name) {
  std::vector<std::uint8_t> message(name_space.bytes_.begin(), name_space.bytes_.end());
  message.insert(message.end(), name.begin(), name.end());
  const auto hash = sha1(std::move(message));
  Uuid id;
  for (size_t i = 0; i < 16; ++i) id.bytes_[i] = std::uint8_t(hash[i / 4] >> (24 - 8 * (i % 4)));
  id.bytes_[6] = std::uint8_t(0x50 | (id.bytes_[6] & 0x0f));
  id.bytes_[8] = std::uint8_t(0x80 | (id.bytes_[8] & 0x3f));
  return id;
}

Uuid Uuid::from_bytes(const std::array<std::uint8_t, 16>& bytes) {
  Uuid id;
  id.bytes_ = bytes;
  return id;
}

Result<Uuid> Uuid::parse(std::string_view text) {
  const auto bad = [&] { return fail(ErrorKind::invalid, "'{}' is not a UUID like 0193f2a0-7e3c-7b1a-9c55-0123456789ab", text); };
  if (text.size() != 36) return bad();
  Uuid id;
  size_t nibble = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (i == 8 || i == 13 || i == 18 || i == 23) {
      if (c != '-') return bad();
      continue;
    }
    int value = 0;
    if (c >= '0' && c <= '9')
      value = c - '0';
    else if (c >= 'a' && c <= 'f')
      value = c - 'a' + 10;
    else if (c >= 'A' && c <= 'F')
      value = c - 'A' + 10;
    else
      return bad();
    id.bytes_[nibble / 2] = std::uint8_t(id.bytes_[nibble / 2] << 4 | value);
    ++nibble;
  }
  return id;
}

std::string Uuid::to_string() const {
  std::string text;
  for (size_t i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += fmt::format("{:02x}", bytes_[i]);
  }
  return text;
}

Uuid uuid_of(std::string_view text, const Uuid& name_space) {
  auto parsed = Uuid::parse(text);
  return parsed ? *parsed : Uuid::make_v5(name_space, text);
}

OrganisationId default_organisation() { return OrganisationId(uuid_of("default", Uuid())); }

}  // namespace gannet
