// Seal: proof that the parts of a scan's evidence are the ones which an installation saw. Pure.
//
//   head(0) = SHA-256("gannet evidence 1\n" scan_id "\n" sealed_at "\n" gannet_version "\n")
//   head(i) = SHA-256(head(i-1) "\n" name(i) "\n" sha256(i) "\n" size_bytes(i) "\n")
//   signature = Ed25519("gannet seal 1\n" head(last) "\n")
//
// Hashes and numbers go in as lower-case hex and decimal text, so that anybody can recompute them with sha256sum.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/ids.hpp"
#include "evidence/signer.hpp"

namespace gannet::evidence {

/// A part of the evidence, by the bytes that were sealed.
struct SealedPart {
  /// Its file name in a bundle: "record.json", "visits/000.json", "screenshots/<sha256>.jpg".
  std::string name;
  std::string sha256;
  std::uint64_t size_bytes = 0;
  bool operator==(const SealedPart&) const = default;
};

SealedPart part_of(std::string name, std::string_view content);

struct Seal {
  ScanId scan_id;
  Instant sealed_at;
  std::string gannet_version;
  /// In the order of the chain.
  std::vector<SealedPart> parts;
  std::string head;
  std::string public_key;
  std::string signature;
};

/// What a seal is made for; its members mean what they mean in Seal.
struct SealRequest {
  ScanId scan_id;
  Instant sealed_at;
  std::string gannet_version;
  std::vector<SealedPart> parts;
};

Seal make_seal(SealRequest request, const Signer& signer);

/// Whether the chain leads to the head and the key signed it. Whose key it is, only a comparison with one that was published can
/// say. Error `invalid`, naming what does not fit.
Result<void> check_seal(const Seal& seal);

/// One JSON object with the members of Seal.
std::string seal_json(const Seal& seal);

/// Error `invalid`, naming the member and what belongs there.
Result<Seal> parse_seal(std::string_view json_text);

}  // namespace gannet::evidence
