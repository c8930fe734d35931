#include "evidence/seal.hpp"

#include <boost/json.hpp>

#include "base/sha256.hpp"
#include "base/text.hpp"

namespace gannet::evidence {

namespace json = boost::json;

namespace {

constexpr int k_schema = 1;

std::string head_of(const Seal& seal) {
  auto head = sha256_hex(fmt::format("gannet evidence {}\n{}\n{}\n{}\n", k_schema, seal.scan_id.to_string(),
                                     format_instant(seal.sealed_at), seal.gannet_version));
  for (const auto& part : seal.parts)
    head = sha256_hex(fmt::format("{}\n{}\n{}\n{}\n", head, part.name, part.sha256, part.size_bytes));
  return head;
}

std::string signed_message(std::string_view head) { return fmt::format("gannet seal {}\n{}\n", k_schema, head); }

/// Lines are what the chain is made of: a name that holds one could stand for several.
Result<std::string> text_member(const json::object& object, const char* name, std::string_view place) {
  const auto* value = object.if_contains(name);
  if (!value || !value->is_string()) return fail(ErrorKind::invalid, "{}{}: expected a text", place, name);
  std::string text(value->get_string());
  if (text.empty() || text.find('\n') != std::string::npos)
    return fail(ErrorKind::invalid, "{}{}: expected one line of text", place, name);
  return text;
}

Result<SealedPart> parse_part(const json::value& value, std::size_t index) {
  const auto place = fmt::format("parts[{}].", index);
  const auto* object = value.if_object();
  if (!object) return fail(ErrorKind::invalid, "parts[{}]: expected an object", index);
  SealedPart part;
  part.name = TRY(text_member(*object, "name", place));
  part.sha256 = TRY(text_member(*object, "sha256", place));
  const auto* size = object->if_contains("size_bytes");
  if (!size || !size->is_int64() || size->get_int64() < 0)
    return fail(ErrorKind::invalid, "{}size_bytes: expected a whole number", place);
  part.size_bytes = std::uint64_t(size->get_int64());
  return part;
}

}  // namespace

SealedPart part_of(std::string name, std::string_view content) { return {std::move(name), sha256_hex(content), content.size()}; }

Seal make_seal(SealRequest request, const Signer& signer) {
  Seal seal{request.scan_id,
            request.sealed_at,
            std::move(request.gannet_version),
            std::move(request.parts),
            "",
            signer.public_key(),
            ""};
  seal.head = head_of(seal);
  seal.signature = signer.sign(signed_message(seal.head));
  return seal;
}

Result<void> check_seal(const Seal& seal) {
  if (head_of(seal) != seal.head)
    return fail(ErrorKind::invalid, "the seal's list of parts was changed: its hashes do not lead to the head {}",
                printable(seal.head, 64));
  if (!is_signed_by(seal.public_key, signed_message(seal.head), seal.signature))
    return fail(ErrorKind::invalid, "the signature is not of the key {} that the seal names", printable(seal.public_key, 64));
  return {};
}

std::string seal_json(const Seal& seal) {
  json::array parts;
  for (const auto& part : seal.parts)
    parts.push_back(json::object{{"name", part.name}, {"sha256", part.sha256}, {"size_bytes", std::int64_t(part.size_bytes)}});
  return json::serialize(json::object{{"schema", k_schema},
                                      {"scan_id", seal.scan_id.to_string()},
                                      {"sealed_at", format_instant(seal.sealed_at)},
                                      {"gannet_version", seal.gannet_version},
                                      {"parts", std::move(parts)},
                                      {"head", seal.head},
                                      {"public_key", seal.public_key},
                                      {"signature", seal.signature}});
}

Result<Seal> parse_seal(std::string_view json_text) {
  boost::system::error_code error;
  const auto value = json::parse(json::string_view(json_text.data(), json_text.size()), error);
  if (error || !value.is_object()) return fail(ErrorKind::invalid, "the seal is no JSON object");
  const auto& object = value.get_object();
  const auto* schema = object.if_contains("schema");
  if (!schema || !schema->is_int64()) return fail(ErrorKind::invalid, "schema: expected a whole number");
  if (schema->get_int64() != k_schema)
    return fail(ErrorKind::invalid, "schema: {} is not known to this version of Gannet, which reads {}", schema->get_int64(),
                k_schema);
  Seal seal;
  const auto scan_id = TRY(text_member(object, "scan_id", ""));
  seal.scan_id = TRY(ScanId::parse(scan_id));
  const auto sealed_at = TRY(text_member(object, "sealed_at", ""));
  seal.sealed_at = TRY(parse_instant(sealed_at));
  seal.gannet_version = TRY(text_member(object, "gannet_version", ""));
  const auto* parts = object.if_contains("parts");
  if (!parts || !parts->is_array()) return fail(ErrorKind::invalid, "parts: expected a list");
  for (std::size_t i = 0; i < parts->get_array().size(); ++i) seal.parts.push_back(TRY(parse_part(parts->get_array()[i], i)));
  seal.head = TRY(text_member(object, "head", ""));
  seal.public_key = TRY(text_member(object, "public_key", ""));
  seal.signature = TRY(text_member(object, "signature", ""));
  return seal;
}

}  // namespace gannet::evidence
