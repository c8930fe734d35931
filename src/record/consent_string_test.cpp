#include "record/consent_string.hpp"

#include <gtest/gtest.h>

#include "record/consent_string_finder.hpp"
#include "record/impl/test_vectors.hpp"

namespace gannet::record {
namespace {

std::int64_t unix_ms(Instant at) { return std::chrono::duration_cast<std::chrono::milliseconds>(at.time_since_epoch()).count(); }

/// "1-3,7": how the vectors write sets.
std::string ranges(const IdSet& ids) {
  std::string text;
  for (auto id = ids.begin(); id != ids.end();) {
    const int first = *id;
    int last = first;
    for (++id; id != ids.end() && *id == last + 1; ++id) ++last;
    text += fmt::format("{}{}", text.empty() ? "" : ",", first);
    if (last > first) text += fmt::format("-{}", last);
  }
  return text;
}

IdSet ids_of(const boost::json::value& list) {
  IdSet ids;
  for (const auto& id : list.as_array()) ids.insert(id.to_number<int>());
  return ids;
}

TEST(Tcf, decodes_what_the_iab_library_encoded) {
  for (const auto& vector : read_vectors("tcf.json", "vectors")) {
    const auto number = [&](const char* name) { return vector.at(name).as_int64(); };
    const std::string text = text_of(vector, "text");
    SCOPED_TRACE(text);
    const auto tcf = decode_tcf(text);
    ASSERT_TRUE(tcf) << tcf.error().describe();
    EXPECT_EQ(tcf->version, 2);
    EXPECT_EQ(unix_ms(tcf->created), number("created_ms"));
    EXPECT_EQ(unix_ms(tcf->last_updated), number("last_updated_ms"));
    EXPECT_EQ(tcf->cmp_id, number("cmp_id"));
    EXPECT_EQ(tcf->cmp_version, number("cmp_version"));
    EXPECT_EQ(tcf->consent_screen, number("consent_screen"));
    EXPECT_EQ(tcf->consent_language, text_of(vector, "consent_language"));
    EXPECT_EQ(tcf->vendor_list_version, number("vendor_list_version"));
    EXPECT_EQ(tcf->policy_version, number("policy_version"));
    EXPECT_EQ(tcf->is_service_specific, vector.at("is_service_specific").as_bool());
    EXPECT_EQ(tcf->purpose_one_treatment, vector.at("purpose_one_treatment").as_bool());
    EXPECT_EQ(tcf->publisher_country, text_of(vector, "publisher_country"));
    EXPECT_EQ(ranges(tcf->special_feature_opt_ins), text_of(vector, "special_feature_opt_ins"));
    EXPECT_EQ(ranges(tcf->purpose_consents), text_of(vector, "purpose_consents"));
    EXPECT_EQ(ranges(tcf->purpose_legitimate_interests), text_of(vector, "purpose_legitimate_interests"));
    EXPECT_EQ(ranges(tcf->vendor_consents), text_of(vector, "vendor_consents"));
    EXPECT_EQ(ranges(tcf->vendor_legitimate_interests), text_of(vector, "vendor_legitimate_interests"));
    EXPECT_EQ(ranges(tcf->disclosed_vendors), text_of(vector, "disclosed_vendors"));
  }
}

TEST(Gpp, decodes_what_the_iab_library_encoded) {
  for (const auto& vector : read_vectors("gpp.json", "vectors")) {
    const std::string text = text_of(vector, "text");
    SCOPED_TRACE(text);
    const auto gpp = decode_gpp(text);
    ASSERT_TRUE(gpp) << gpp.error().describe();
    EXPECT_EQ(IdSet(gpp->section_ids.begin(), gpp->section_ids.end()), ids_of(vector.at("section_ids")));
    EXPECT_TRUE(std::ranges::is_sorted(gpp->section_ids));
    EXPECT_EQ(gpp->us_privacy, vector.contains("us_privacy") ? text_of(vector, "us_privacy") : "");
    std::map<int, std::map<std::string, int>> us_sections;
    for (const auto& [id, fields] : vector.at("us_sections").as_object())
      for (const auto& [name, value] : fields.as_object()) us_sections[std::stoi(id)][name] = value.to_number<int>();
    EXPECT_EQ(gpp->us_sections, us_sections);
    ASSERT_EQ(gpp->tcf_eu.has_value(), vector.contains("tcf"));
    if (!gpp->tcf_eu) continue;
    const auto& tcf = vector.at("tcf").as_object();
    EXPECT_EQ(gpp->tcf_eu->cmp_id, tcf.at("cmp_id").as_int64());
    EXPECT_EQ(gpp->tcf_eu->purpose_consents, ids_of(tcf.at("purpose_consents")));
    EXPECT_EQ(gpp->tcf_eu->vendor_consents, ids_of(tcf.at("vendor_consents")));
    EXPECT_EQ(gpp->tcf_eu->disclosed_vendors, ids_of(tcf.at("disclosed_vendors")));
  }
}

// Goal: no read out of bounds. Method: each vector cut at each character, at the very end of its allocation; the asan preset
// watches. A core segment that lacks bits beyond its padding is refused.
TEST(ConsentStrings, every_beginning_gives_a_value_or_an_error) {
  for (const auto& vector : read_vectors("tcf.json", "vectors")) {
    const std::string text = text_of(vector, "text");
    const std::size_t core_size = text.find('.');
    for (std::size_t size = 0; size < text.size(); ++size) {
      const bool is_decoded = decode_tcf(ExactCopy(text.substr(0, size)).view()).has_value();
      if (size + 4 < core_size) EXPECT_FALSE(is_decoded) << text.substr(0, size);
    }
  }
  for (const auto& vector : read_vectors("gpp.json", "vectors")) {
    const std::string text = text_of(vector, "text");
    for (std::size_t size = 0; size < text.rfind('~') + 1; ++size)
      if (text.contains('~')) EXPECT_FALSE(decode_gpp(ExactCopy(text.substr(0, size)).view())) << text.substr(0, size);
  }
}

TEST(ConsentStrings, every_changed_character_gives_a_value_or_an_error) {
  for (const char* file : {"tcf.json", "gpp.json"}) {
    for (const auto& vector : read_vectors(file, "vectors")) {
      const std::string text = text_of(vector, "text");
      for (std::size_t at = 0; at < text.size(); ++at) {
        for (const char c : {'_', 'A', '.', '~', '\xff', '\0'}) {
          std::string changed = text;
          changed[at] = c;
          const auto tcf = decode_tcf(ExactCopy(changed).view());
          const auto gpp = decode_gpp(ExactCopy(changed).view());
          EXPECT_FALSE(tcf && gpp) << "a string is never both";
        }
      }
    }
  }
}

/// Builds base64url text from fields of bits.
class BitWriter {
 public:
  BitWriter& bits(std::uint64_t value, int count) {
    for (int i = count - 1; i >= 0; --i) bits_ += (value >> i & 1) != 0 ? '1' : '0';
    return *this;
  }
  std::string text() const {
    static constexpr std::string_view k_alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    std::string padded = bits_, out;
    while (padded.size() % 6 != 0) padded += '0';
    for (std::size_t i = 0; i < padded.size(); i += 6) out += k_alphabet[std::stoul(padded.substr(i, 6), nullptr, 2)];
    return out;
  }

 private:
  std::string bits_;
};

/// A core segment up to the vendor consents.
BitWriter tcf_head(int version = 2) {
  BitWriter out;
  out.bits(std::uint64_t(version), 6).bits(16'000'000'000, 36).bits(16'000'000'000, 36).bits(5, 12).bits(1, 12).bits(0, 6);
  out.bits(4, 6).bits(13, 6);  // "EN"
  out.bits(100, 12).bits(4, 6).bits(1, 1).bits(0, 1).bits(0, 12).bits(0, 24).bits(0, 24).bits(0, 1).bits(3, 6).bits(4, 6);
  return out;
}

std::string problem(const BitWriter& bits) {
  const auto tcf = decode_tcf(bits.text());
  return tcf ? "" : tcf.error().describe();
}

TEST(Tcf, names_the_field_where_decoding_stopped) {
  EXPECT_EQ(problem(tcf_head(1)), "version: 1 is not 2");
  EXPECT_EQ(problem(tcf_head()), "vendor_consents: the string ends within 0 bits");
  EXPECT_EQ(problem(tcf_head().bits(60000, 16).bits(0, 1)), "vendor_consents: the string ends within 60000 bits");
  EXPECT_EQ(problem(tcf_head().bits(9, 16).bits(1, 1).bits(1, 12).bits(1, 1).bits(5, 16).bits(10, 16)),
            "vendor_consents: range 5 to 10 is not within 1 to 9");
  EXPECT_EQ(problem(tcf_head().bits(9, 16).bits(1, 1).bits(1, 12).bits(1, 1).bits(5, 16).bits(4, 16)),
            "vendor_consents: range 5 to 4 is not within 1 to 9");
  EXPECT_EQ(problem(tcf_head().bits(0, 16).bits(0, 1).bits(0, 16).bits(0, 1).bits(4000, 12)),
            "publisher_restrictions: the string ends too early");
}

TEST(Tcf, refuses_ranges_that_name_more_vendors_than_there_are) {
  BitWriter bits = tcf_head();
  bits.bits(65535, 16).bits(1, 1).bits(4095, 12);
  for (int i = 0; i < 4095; ++i) bits.bits(1, 1).bits(1, 16).bits(65535, 16);
  EXPECT_EQ(problem(bits), "vendor_consents: the ranges overlap");
}

TEST(Tcf, skips_segments_it_does_not_know) {
  const std::string core = tcf_head().bits(0, 16).bits(0, 1).bits(0, 16).bits(0, 1).bits(0, 12).text();
  EXPECT_TRUE(decode_tcf(core));
  EXPECT_TRUE(decode_tcf(core + ".YAAAAAAAAAAA"));
  EXPECT_FALSE(decode_tcf(core + "."));
  EXPECT_FALSE(decode_tcf(core + std::string(64 * 1024, 'A')));
}

TEST(Gpp, names_the_section_that_is_malformed) {
  const auto problem_of = [](std::string_view text) { return decode_gpp(text).error().describe(); };
  EXPECT_EQ(problem_of(""), "header: not a GPP string");
  EXPECT_EQ(problem_of("DBABBg"), "header: it names 1 sections, 0 follow");
  EXPECT_EQ(problem_of("DBABBg~B"), "section 8: the core segment is too short");
  EXPECT_EQ(problem_of("DBABBg~BWGoZiSY."), "section 8: subsection 1 is too short");
  const std::string endless_id = BitWriter().bits(3, 6).bits(1, 6).bits(4095, 12).bits(0, 1).bits(0, 60).text();
  EXPECT_EQ(problem_of(endless_id), "header: section group 1 is malformed");
  const std::string large_id =
      BitWriter().bits(3, 6).bits(1, 6).bits(1, 12).bits(0, 1).bits(0b010101010101, 12).bits(1, 1).text();
  EXPECT_EQ(problem_of(large_id), "header: section group 1 is malformed");
}

TEST(Gpp, a_section_of_an_unknown_version_is_listed_but_not_decoded) {
  const auto gpp = decode_gpp("DBABBg~_AAAAAAA");
  ASSERT_TRUE(gpp);
  EXPECT_EQ(gpp->section_ids, std::vector{8});
  EXPECT_TRUE(gpp->us_sections.empty());
}

TEST(GoogleConsent, gcs_says_ad_storage_then_analytics_storage) {
  const auto hit = decode_google_consent("https://g.test/collect?v=2&gcs=G110&x=1");
  ASSERT_TRUE(hit);
  EXPECT_EQ(hit->ad_storage, true);
  EXPECT_EQ(hit->analytics_storage, false);
  EXPECT_TRUE(hit->by_type.empty());
  EXPECT_EQ(decode_google_consent("https://g.test/?gcs=G1-1")->ad_storage, std::nullopt);
}

TEST(GoogleConsent, gcd_has_a_letter_for_each_type) {
  const auto hit = decode_google_consent("https://g.test/collect?gcd=13r3q3l3x5l1");
  ASSERT_TRUE(hit);
  EXPECT_EQ(hit->by_type.at("ad_storage"), "denied by default, granted by update");
  EXPECT_EQ(hit->by_type.at("analytics_storage"), "denied by default and by update");
  EXPECT_EQ(hit->by_type.at("ad_user_data"), "not set");
  EXPECT_EQ(hit->by_type.at("ad_personalization"), "letter x");
  EXPECT_EQ(hit->ad_storage, true);
  EXPECT_EQ(hit->analytics_storage, false);
}

TEST(GoogleConsent, gcs_wins_where_both_speak) {
  EXPECT_EQ(decode_google_consent("https://g.test/?gcd=11t1t1t1t5&gcs=G100")->ad_storage, false);
}

TEST(GoogleConsent, is_read_from_path_parameters_too) {
  EXPECT_EQ(decode_google_consent("https://ad.test/activity;src=1;gcs=G111;ord=2?")->ad_storage, true);
}

TEST(GoogleConsent, is_absent_where_the_parameters_are_absent_or_malformed) {
  for (const char* url :
       {"", "https://g.test/gcs=G111", "https://g.test/#?gcs=G111", "https://g.test/?xgcs=G111", "https://g.test/?gcs=G1",
        "https://g.test/?gcs=X111", "https://g.test/?gcd=", "https://g.test/?gcd=11p1p1p", "https://g.test/?gcd=jane.doe1"})
    EXPECT_FALSE(decode_google_consent(url)) << url;
}

TEST(ConsentStringFinder, finds_the_bare_string_under_its_name) {
  const std::string text = text_of(read_vectors("tcf.json", "vectors")[20], "text");
  const auto found = find_consent_string({.place = "cookie", .name = "euconsent-v2", .value = text});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->source, "cookie euconsent-v2");
  EXPECT_EQ(found->tcf, *decode_tcf(text));
  EXPECT_FALSE(found->gpp);
  EXPECT_EQ(find_consent_string({.place = "cookie", .name = "__gpp", .value = "DBAA"})->gpp, *decode_gpp("DBAA"));
}

TEST(ConsentStringFinder, finds_a_string_within_a_platforms_settings) {
  const std::string text = text_of(read_vectors("tcf.json", "vectors")[20], "text");
  for (const std::string& value :
       {"{\"id\":\"Cq81\",\"tcString\":\"" + text + "\"}", "%7B%22tc%22%3A%22" + text + "%22%7D", "v1|" + text})
    EXPECT_TRUE(find_consent_string({.place = "localStorage", .name = "settings", .value = value})) << value;
  const auto gpp = find_consent_string({.place = "cookie", .name = "choice", .value = "gpp=DBABBg~BWGoZiSY.YA&x=1"});
  ASSERT_TRUE(gpp);
  EXPECT_EQ(gpp->gpp->section_ids, std::vector{8});
}

TEST(ConsentStringFinder, finds_nothing_in_what_does_not_decode) {
  for (const char* value : {"", "CQHnaNVQ", "true", "DBAA", "CAESEFJhbmRvbUlkZW50aWZpZXJXaXRob3V0TWVhbmluZw", "DBABBg~B"})
    EXPECT_FALSE(find_consent_string({.place = "cookie", .name = "id", .value = value})) << value;
  EXPECT_FALSE(find_consent_string({.place = "cookie", .name = "euconsent-v2", .value = "CQHnaNVQH25vC7YgVLENBvCAAAA"}));
}

}  // namespace
}  // namespace gannet::record
