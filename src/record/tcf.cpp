// TCF v2 strings: IAB Europe, "Transparency and Consent String with Global Vendor & CMP List Formats", v2.0 to v2.2.
#include <chrono>

#include "base/text.hpp"
#include "record/consent_string.hpp"
#include "record/impl/bit_reader.hpp"

namespace gannet::record {
namespace {

/// Larger than any real string: two bitfields of 65535 vendors are 22 kB of base64.
constexpr std::size_t k_text_bytes_max = 64 * 1024;

enum class SegmentType { disclosed_vendors = 1 };

Instant read_instant(BitReader& in) { return Instant(std::chrono::microseconds(std::int64_t(in.bits(36)) * 100'000)); }

/// Two letters of six bits each, A = 0.
Result<std::string> read_letters(BitReader& in, std::string_view field) {
  std::string letters;
  for (int i = 0; i < 2; ++i) {
    const int letter = in.integer(6);
    if (letter > 25) return fail(ErrorKind::invalid, "{}: {} is not a letter", field, letter);
    letters += char('A' + letter);
  }
  return letters;
}

IdSet read_bitfield(BitReader& in, int size) {
  IdSet ids;
  for (int id = 1; id <= size && !in.has_failed(); ++id)
    if (in.flag()) ids.insert(ids.end(), id);
  return ids;
}

struct RangeLimits {
  std::string_view field;
  int id_max = 65535;
};

/// NumEntries and its entries. A hostile string could name all 65535 vendors in each of 4095 entries; more ids in all than there
/// can be is refused, which bounds the work.
Result<IdSet> read_ranges(BitReader& in, RangeLimits limits) {
  // Not in order of their numbers: sorted once, at the end.
  std::vector<int> ids;
  std::int64_t ids_named = 0;
  const int entry_count = in.integer(12);
  for (int entry = 0; entry < entry_count; ++entry) {
    const bool is_range = in.flag();
    const int first = in.integer(16);
    const int last = is_range ? in.integer(16) : first;
    if (in.has_failed()) return fail(ErrorKind::invalid, "{}: the string ends within range {}", limits.field, entry + 1);
    if (first < 1 || last < first || last > limits.id_max)
      return fail(ErrorKind::invalid, "{}: range {} to {} is not within 1 to {}", limits.field, first, last, limits.id_max);
    ids_named += last - first + 1;
    if (ids_named > limits.id_max) return fail(ErrorKind::invalid, "{}: the ranges overlap", limits.field);
    for (int id = first; id <= last; ++id) ids.push_back(id);
  }
  return IdSet(ids.begin(), ids.end());
}

/// MaxVendorId, IsRangeEncoding, then ranges or a bitfield.
Result<IdSet> read_vendors(BitReader& in, std::string_view field) {
  const int id_max = in.integer(16);
  if (in.flag()) return read_ranges(in, {.field = field, .id_max = id_max});
  auto ids = read_bitfield(in, id_max);
  if (in.has_failed()) return fail(ErrorKind::invalid, "{}: the string ends within {} bits", field, id_max);
  return ids;
}

/// Publisher restrictions are not kept, but must be well formed for the string to count as one.
Result<void> skip_publisher_restrictions(BitReader& in) {
  const int count = in.integer(12);
  for (int i = 0; i < count; ++i) {
    in.bits(6 + 2);  // Purpose and restriction type.
    TRY(read_ranges(in, {.field = "publisher_restrictions"}));
  }
  if (in.has_failed()) return fail(ErrorKind::invalid, "publisher_restrictions: the string ends too early");
  return {};
}

Result<TcfString> read_core(std::string_view segment) {
  BitReader in(segment);
  TcfString tcf;
  tcf.version = in.integer(6);
  if (in.has_failed() || tcf.version != 2) return fail(ErrorKind::invalid, "version: {} is not 2", tcf.version);
  tcf.created = read_instant(in);
  tcf.last_updated = read_instant(in);
  tcf.cmp_id = in.integer(12);
  tcf.cmp_version = in.integer(12);
  tcf.consent_screen = in.integer(6);
  tcf.consent_language = TRY(read_letters(in, "consent_language"));
  tcf.vendor_list_version = in.integer(12);
  tcf.policy_version = in.integer(6);
  tcf.is_service_specific = in.flag();
  in.flag();  // UseNonStandardTexts.
  tcf.special_feature_opt_ins = read_bitfield(in, 12);
  tcf.purpose_consents = read_bitfield(in, 24);
  tcf.purpose_legitimate_interests = read_bitfield(in, 24);
  tcf.purpose_one_treatment = in.flag();
  tcf.publisher_country = TRY(read_letters(in, "publisher_country"));
  if (in.has_failed()) return fail(ErrorKind::invalid, "core segment: the string ends within its fixed fields");
  tcf.vendor_consents = TRY(read_vendors(in, "vendor_consents"));
  tcf.vendor_legitimate_interests = TRY(read_vendors(in, "vendor_legitimate_interests"));
  if (auto skipped = skip_publisher_restrictions(in); !skipped) return pass(skipped);
  return tcf;
}

}  // namespace

Result<TcfString> decode_tcf(std::string_view text) {
  if (text.size() > k_text_bytes_max) return fail(ErrorKind::invalid, "a TCF string of {} bytes is too long", text.size());
  const auto segments = split(text, '.');
  TcfString tcf = TRY(read_core(segments[0]));
  for (std::size_t i = 1; i < segments.size(); ++i) {
    BitReader in(segments[i]);
    const int type = in.integer(3);
    if (in.has_failed()) return fail(ErrorKind::invalid, "segment {}: it has no type", i + 1);
    if (type == int(SegmentType::disclosed_vendors)) tcf.disclosed_vendors = TRY(read_vendors(in, "disclosed_vendors"));
  }
  return tcf;
}

}  // namespace gannet::record
