// GPP strings: IAB Tech Lab, "Global Privacy Platform", consent string specification and the section specifications of US states.
#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/text.hpp"
#include "record/consent_string.hpp"
#include "record/impl/bit_reader.hpp"

namespace gannet::record {
namespace {

constexpr std::size_t k_text_bytes_max = 64 * 1024;
/// The registry has fewer than 30 sections; the bound keeps a hostile header from naming millions.
constexpr int k_section_id_max = 255;
constexpr int k_tcf_eu = 2, k_us_privacy = 6, k_us_national = 7;

/// What follows the core segment of a section, after a dot.
enum class SubSection { none, gpc, sensitive_data };

// Fields of a core segment in order, two bits each after six bits of version; "name*n" is n values, stored as name1 … namen.
constexpr std::string_view k_sharing_notices = "SharingNotice SaleOptOutNotice TargetedAdvertisingOptOutNotice";
constexpr std::string_view k_processing_notices = "ProcessingNotice SaleOptOutNotice TargetedAdvertisingOptOutNotice";
constexpr std::string_view k_opt_outs = "SaleOptOut TargetedAdvertisingOptOut";
constexpr std::string_view k_sensitive_8 = "SensitiveDataProcessing*8";
constexpr std::string_view k_child = "KnownChildSensitiveDataConsents";
constexpr std::string_view k_child_2 = "KnownChildSensitiveDataConsents*2";
constexpr std::string_view k_child_3 = "KnownChildSensitiveDataConsents*3";
constexpr std::string_view k_child_5 = "KnownChildSensitiveDataConsents*5";
constexpr std::string_view k_personal = "PersonalDataConsents";
constexpr std::string_view k_additional = "AdditionalDataProcessingConsent";
constexpr std::string_view k_mspa = "MspaCoveredTransaction MspaOptOutOptionMode MspaServiceProviderMode";
constexpr std::string_view k_mspa_first = "MspaCoveredTransaction MspaMode";
constexpr std::string_view k_california_head =
    "SaleOptOutNotice SharingOptOutNotice SensitiveDataLimitUseNotice SaleOptOut SharingOptOut";
constexpr std::string_view k_utah_notices =
    "SharingNotice SaleOptOutNotice TargetedAdvertisingOptOutNotice SensitiveDataProcessingOptOutNotice";
constexpr std::string_view k_national_head =
    "SharingNotice SaleOptOutNotice SharingOptOutNotice TargetedAdvertisingOptOutNotice SensitiveDataProcessingOptOutNotice "
    "SensitiveDataLimitUseNotice SaleOptOut SharingOptOut TargetedAdvertisingOptOut";

struct Layout {
  int section_id = 0;
  int version = 1;
  SubSection sub_section = SubSection::none;
  std::array<std::string_view, 6> fields;
  std::string_view version_name = "Version";
};

/// Sections 7 (national) and 8 to 27: CA, VA, CO, UT, CT, FL, MT, OR, TX, DE, IA, NE, NH, NJ, TN, MN, MD, IN, KY, RI.
constexpr auto k_layouts = std::to_array<Layout>({
    {7, 1, SubSection::gpc, {k_national_head, "SensitiveDataProcessing*12", k_child_2, k_personal, k_mspa}},
    {7, 2, SubSection::gpc, {k_national_head, "SensitiveDataProcessing*16", k_child_3, k_personal, k_mspa}},
    {8, 1, SubSection::gpc, {k_california_head, "SensitiveDataProcessing*9", k_child_2, k_personal, k_mspa}},
    {9, 1, SubSection::none, {k_sharing_notices, k_opt_outs, k_sensitive_8, k_child, k_mspa}},
    {10, 1, SubSection::gpc, {k_sharing_notices, k_opt_outs, "SensitiveDataProcessing*7", k_child, k_mspa}},
    {11, 1, SubSection::none, {k_utah_notices, k_opt_outs, k_sensitive_8, k_child, k_mspa}},
    {12, 1, SubSection::gpc, {k_sharing_notices, k_opt_outs, k_sensitive_8, k_child_3, k_mspa}},
    {13, 1, SubSection::none, {k_processing_notices, k_opt_outs, k_sensitive_8, k_child_3, k_additional, k_mspa}},
    {14, 1, SubSection::gpc, {k_sharing_notices, k_opt_outs, k_sensitive_8, k_child_3, k_additional, k_mspa}},
    {15, 1, SubSection::gpc, {k_processing_notices, k_opt_outs, "SensitiveDataProcessing*11", k_child_3, k_additional, k_mspa}},
    {16, 1, SubSection::gpc, {k_processing_notices, k_opt_outs, k_sensitive_8, k_child, k_additional, k_mspa}},
    {17, 1, SubSection::gpc, {k_processing_notices, k_opt_outs, "SensitiveDataProcessing*9", k_child_5, k_additional, k_mspa}},
    {18, 1, SubSection::gpc, {k_processing_notices, "SensitiveDataOptOutNotice", k_opt_outs, k_sensitive_8, k_child, k_mspa}},
    {19, 1, SubSection::gpc, {k_processing_notices, k_opt_outs, k_sensitive_8, k_child, k_additional, k_mspa}},
    {20, 1, SubSection::gpc, {k_processing_notices, k_opt_outs, k_sensitive_8, k_child_3, k_additional, k_mspa}},
    {21, 1, SubSection::gpc, {k_processing_notices, k_opt_outs, "SensitiveDataProcessing*10", k_child_5, k_additional, k_mspa}},
    {22, 1, SubSection::gpc, {k_processing_notices, k_opt_outs, k_sensitive_8, k_child, k_additional, k_mspa}},
    {23, 1, SubSection::gpc, {k_processing_notices, k_opt_outs, k_sensitive_8, k_child, k_additional, k_mspa}},
    {24, 1, SubSection::gpc, {k_mspa_first, k_processing_notices, k_opt_outs, k_additional}, "MspaVersion"},
    {25, 1, SubSection::sensitive_data, {k_mspa_first, k_processing_notices, k_opt_outs, k_child, k_additional}, "MspaVersion"},
    {26, 1, SubSection::sensitive_data, {k_mspa_first, k_processing_notices, k_opt_outs, k_child, k_additional}, "MspaVersion"},
    {27, 1, SubSection::sensitive_data, {k_mspa_first, k_processing_notices, k_opt_outs, k_child, k_additional}, "MspaVersion"},
});

using Fields = std::map<std::string, int>;

void read_fields(BitReader& in, std::string_view names, Fields& out) {
  if (names.empty()) return;
  for (const std::string_view field : split(names, ' ')) {
    const std::size_t star = field.find('*');
    const std::string name(field.substr(0, star));
    if (star == std::string_view::npos) {
      out[name] = in.integer(2);
      continue;
    }
    int count = 0;
    for (const char digit : field.substr(star + 1)) count = count * 10 + (digit - '0');
    for (int i = 1; i <= count; ++i) out[fmt::format("{}{}", name, i)] = in.integer(2);
  }
}

/// False where the subsection is too short.
bool read_sub_section(std::string_view segment, SubSection kind, Fields& out) {
  BitReader in(segment);
  switch (kind) {
    case SubSection::none: break;
    case SubSection::gpc:
      if (in.integer(2) == 1) out["Gpc"] = in.integer(1);
      break;
    case SubSection::sensitive_data: read_fields(in, k_sensitive_8, out); break;
  }
  return !in.has_failed();
}

/// nullopt for a section or a version whose layout is not known here.
Result<std::optional<Fields>> read_us_section(int section_id, std::string_view text) {
  const auto segments = split(text, '.');
  BitReader in(segments[0]);
  const int version = in.integer(6);
  if (in.has_failed()) return fail(ErrorKind::invalid, "it has no version");
  for (const Layout& layout : k_layouts) {
    if (layout.section_id != section_id || layout.version != version) continue;
    Fields fields{{std::string(layout.version_name), version}};
    for (const std::string_view names : layout.fields) read_fields(in, names, fields);
    if (in.has_failed()) return fail(ErrorKind::invalid, "the core segment is too short");
    for (std::size_t i = 1; i < segments.size(); ++i)
      if (!read_sub_section(segments[i], layout.sub_section, fields))
        return fail(ErrorKind::invalid, "subsection {} is too short", i);
    return fields;
  }
  return std::nullopt;
}

/// A Fibonacci-coded integer: each 1 adds its Fibonacci number (1, 2, 3, 5 …), two 1s in a row end it. 0: none within bounds.
int read_fibonacci(BitReader& in) {
  int value = 0;
  bool was_set = false;
  for (int current = 1, next = 2; current <= k_section_id_max && !in.has_failed();) {
    const bool is_set = in.flag();
    if (is_set && was_set) return value;
    if (is_set) value += current;
    was_set = is_set;
    next += current;
    current = next - current;
  }
  // The terminating 1 may follow the last number within bounds.
  return was_set && in.flag() ? value : 0;
}

/// Header: type 3, version 1, then the section ids as Range(Fibonacci): each group counts on from the end of the one before.
Result<std::vector<int>> read_header(std::string_view text) {
  BitReader in(text);
  if (in.integer(6) != 3) return fail(ErrorKind::invalid, "header: not a GPP string");
  if (const int version = in.integer(6); version != 1)
    return fail(ErrorKind::invalid, "header: version {} is not known", version);
  std::vector<int> ids;
  int last = 0;
  const int group_count = in.integer(12);
  for (int group = 0; group < group_count; ++group) {
    const bool is_range = in.flag();
    const int from = last + read_fibonacci(in);
    const int to = is_range ? from + read_fibonacci(in) : from;
    if (in.has_failed() || from <= last || (is_range && to <= from) || to > k_section_id_max)
      return fail(ErrorKind::invalid, "header: section group {} is malformed", group + 1);
    for (int id = from; id <= to; ++id) ids.push_back(id);
    last = to;
  }
  if (in.has_failed()) return fail(ErrorKind::invalid, "header: the string ends within it");
  return ids;
}

/// "1YNN": IAB CCPA Compliance Framework, US Privacy String.
bool is_us_privacy(std::string_view text) {
  constexpr std::string_view k_answers = "YN-yn";
  return text.size() == 4 && text[0] >= '1' && text[0] <= '9' && k_answers.contains(text[1]) && k_answers.contains(text[2]) &&
         k_answers.contains(text[3]);
}

Result<void> read_section(int id, std::string_view text, GppString& gpp) {
  if (id == k_tcf_eu) {
    gpp.tcf_eu = TRY(decode_tcf(text));
  } else if (id == k_us_privacy) {
    if (!is_us_privacy(text)) return fail(ErrorKind::invalid, "it is not like 1YNN");
    gpp.us_privacy = text;
  } else if (id >= k_us_national) {
    if (auto fields = TRY(read_us_section(id, text))) gpp.us_sections[id] = std::move(*fields);
  }
  return {};
}

}  // namespace

Result<GppString> decode_gpp(std::string_view text) {
  if (text.size() > k_text_bytes_max) return fail(ErrorKind::invalid, "a GPP string of {} bytes is too long", text.size());
  const auto parts = split(text, '~');
  GppString gpp;
  gpp.section_ids = TRY(read_header(parts[0]));
  if (gpp.section_ids.size() != parts.size() - 1)
    return fail(ErrorKind::invalid, "header: it names {} sections, {} follow", gpp.section_ids.size(), parts.size() - 1);
  for (std::size_t i = 0; i < gpp.section_ids.size(); ++i) {
    auto read = read_section(gpp.section_ids[i], parts[i + 1], gpp);
    if (!read) return pass(read, fmt::format("section {}", gpp.section_ids[i]));
  }
  return gpp;
}

}  // namespace gannet::record
