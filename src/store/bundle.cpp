#include "store/bundle.hpp"

#include <set>

#include "base/text.hpp"
#include "store/impl/archive.hpp"

namespace gannet::store {

namespace {

constexpr const char* k_seal_name = "seal.json";
constexpr Bytes k_seal_limit = 16_MiB;
/// The most that one visit can be, several times over; pictures and judgements are smaller.
constexpr Bytes k_part_limit = 256_MiB;

Result<void> write_parts(impl::ArchiveWriter& archive, const SealedEvidence& evidence) {
  TRY(archive.add(k_seal_name, evidence::seal_json(evidence.seal)));
  for (const auto& part : evidence.seal.parts)
    if (const auto kept = evidence.parts.find(part.name); kept != evidence.parts.end()) TRY(archive.add(part.name, kept->second));
  return {};
}

}  // namespace

Result<void> write_bundle_blocking(const SealedEvidence& evidence, const std::filesystem::path& file) {
  auto archive = TRY(impl::ArchiveWriter::open(file));
  TRY(write_parts(archive, evidence));
  TRY(archive.finish());
  return {};
}

Result<BundleCheck> check_bundle_blocking(const std::filesystem::path& file) {
  auto archive = TRY(impl::ArchiveReader::open(file));
  const auto first = TRY(archive.next());
  if (!first || first->name != k_seal_name)
    return fail(ErrorKind::invalid, "{} is no evidence bundle: it does not begin with {}", file.string(), k_seal_name);
  BundleCheck check;
  const auto text = TRY(archive.read(k_seal_limit));
  check.seal = TRY(evidence::parse_seal(text));
  TRY(evidence::check_seal(check.seal));

  std::map<std::string, evidence::SealedPart> expected;
  for (const auto& part : check.seal.parts) expected.emplace(part.name, part);
  while (const auto entry = TRY(archive.next())) {
    const auto part = expected.extract(entry->name);
    if (part.empty())
      return fail(ErrorKind::invalid, "the bundle holds '{}', which the seal does not name, or holds it twice",
                  printable(entry->name, 200));
    const auto content = TRY(archive.read(k_part_limit));
    if (evidence::part_of(entry->name, content) != part.mapped())
      return fail(ErrorKind::invalid, "'{}' was changed since it was sealed", printable(entry->name, 200));
    ++check.parts_intact;
  }
  for (const auto& [name, part] : expected) check.missing.push_back(name);
  return check;
}

}  // namespace gannet::store
