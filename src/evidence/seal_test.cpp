#include "evidence/seal.hpp"

#include <gtest/gtest.h>

#include "base/text.hpp"

namespace gannet::evidence {
namespace {

Signer signer(char fill = 'k') { return *Signer::from_seed(std::string(k_signing_seed_bytes, fill)); }

std::string with(std::string text, std::string_view from, std::string_view to) {
  return text.replace(text.find(from), from.size(), to);
}

Seal sealed() {
  return make_seal({*ScanId::parse("0192a0b4-c3d2-7000-8000-000000000001"),
                    *parse_instant("2026-11-22T10:00:00.000000Z"),
                    "0.1.0",
                    {part_of("record.json", "{}"), part_of("visits/000.json", "a visit")}},
                   signer());
}

std::string complaint(const Seal& seal) {
  const auto checked = check_seal(seal);
  return checked ? "" : checked.error().describe();
}

// RFC 8032 §7.1, test 2.
TEST(Signer, signs_as_the_standard_says) {
  const auto key = *Signer::from_seed(
      "\x4c\xcd\x08\x9b\x28\xff\x96\xda\x9d\xb6\xc3\x46\xec\x11\x4e\x0f\x5b\x8a\x31\x9f\x35\xab\xa6\x24\xda\x8c\xf6\xed\x4f\xb8"
      "\xa6\xfb");
  EXPECT_EQ(key.public_key(), "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
  EXPECT_EQ(key.sign("\x72"),
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
}

TEST(Signer, refuses_a_seed_of_another_length) {
  EXPECT_EQ(Signer::from_seed("short").error().describe(), "a signing key has 5 bytes instead of 32");
}

TEST(Signer, a_signature_holds_for_its_key_and_message_only) {
  const auto signature = signer().sign("message");
  EXPECT_TRUE(is_signed_by(signer().public_key(), "message", signature));
  EXPECT_FALSE(is_signed_by(signer().public_key(), "messagf", signature));
  EXPECT_FALSE(is_signed_by(signer('x').public_key(), "message", signature));
  EXPECT_FALSE(is_signed_by(signer().public_key(), "message", signature + "00"));
  EXPECT_FALSE(is_signed_by("no key", "message", "no signature"));
}

TEST(Seal, holds_for_what_was_sealed_and_survives_its_encoding) {
  EXPECT_EQ(complaint(sealed()), "");
  const auto read = parse_seal(seal_json(sealed()));
  ASSERT_TRUE(read) << read.error().describe();
  EXPECT_EQ(complaint(*read), "");
  EXPECT_EQ(read->parts, sealed().parts);
  EXPECT_EQ(seal_json(*read), seal_json(sealed()));
}

TEST(Seal, breaks_with_any_change) {
  const std::pair<const char*, void (*)(Seal&)> k_changes[] = {
      {"a hash", [](Seal& seal) { seal.parts[1].sha256[0] ^= 1; }},
      {"a size", [](Seal& seal) { ++seal.parts[0].size_bytes; }},
      {"a name", [](Seal& seal) { seal.parts[0].name = "other.json"; }},
      {"the order", [](Seal& seal) { std::swap(seal.parts[0], seal.parts[1]); }},
      {"a part less", [](Seal& seal) { seal.parts.pop_back(); }},
      {"a part more", [](Seal& seal) { seal.parts.push_back(part_of("more", "")); }},
      {"the time", [](Seal& seal) { seal.sealed_at += std::chrono::milliseconds(1); }},
      {"the scan", [](Seal& seal) { seal.scan_id = ScanId(); }},
      {"the version", [](Seal& seal) { seal.gannet_version = "9"; }},
  };
  for (const auto& [what, change] : k_changes) {
    auto seal = sealed();
    change(seal);
    EXPECT_NE(complaint(seal).find("list of parts was changed"), std::string::npos) << what;
  }
}

TEST(Seal, a_chain_made_anew_needs_the_key) {
  auto forged = make_seal({sealed().scan_id, sealed().sealed_at, "0.1.0", {part_of("record.json", "[]")}}, signer('x'));
  EXPECT_EQ(complaint(forged), "") << "the forger's own key signs; a comparison of keys tells";
  forged.public_key = signer().public_key();
  EXPECT_NE(complaint(forged).find("the signature is not of the key"), std::string::npos);
}

TEST(Seal, damage_is_named) {
  const std::pair<std::string, const char*> k_cases[] = {
      {"[]", "the seal is no JSON object"},
      {"{", "the seal is no JSON object"},
      {R"({"schema": 2})", "schema: 2 is not known"},
      {R"({"schema": 1})", "scan_id: expected a text"},
      {with(seal_json(sealed()), "\"size_bytes\":2", "\"size_bytes\":-2"), "parts[0].size_bytes: expected a whole number"},
      {with(seal_json(sealed()), "visits/000.json", "a\\nb"), "parts[1].name: expected one line of text"},
  };
  for (const auto& [text, words] : k_cases) {
    const auto read = parse_seal(text);
    ASSERT_FALSE(read) << text;
    EXPECT_NE(read.error().describe().find(words), std::string::npos) << read.error().describe();
  }
}

}  // namespace
}  // namespace gannet::evidence
