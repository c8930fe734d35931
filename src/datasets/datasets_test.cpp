#include "datasets/datasets.hpp"

#include <unistd.h>
#include <filesystem>

#include <gtest/gtest.h>

#include "base/file.hpp"
#include "datasets/json_text.hpp"

namespace gannet::datasets {
namespace {

constexpr std::string_view k_cookies = R"json({
  "Google Analytics": [
    {"cookie": "_ga", "category": "Analytics", "domain": "", "wildcardMatch": "0", "dataController": "Google", "description": "Id."},
    {"cookie": "_gat", "category": "Analytics", "domain": "", "wildcardMatch": "1", "dataController": "Google"}
  ],
  "DoubleClick": [{"cookie": "IDE", "category": "Marketing", "domain": "doubleclick.net (3rd party)",
                           "wildcardMatch" : "0"
}],
  "Bing": [{"cookie": "MUID", "category": "Marketing", "domain": ".bing.com (3rd party) or .microsoft.com (3rd party)", "wildcardMatch": "0"}],
  "Marfeel": [{"cookie": "_s", "category": "Analytics", "domain": "events.newsroom.bi", "wildcardMatch": "1"}],
  "Shop": [
    {"cookie": "visitor", "category": "Functional", "domain": "", "wildcardMatch": "0"},
    {"cookie": "visitor", "category": "Marketing", "domain": "ads.test.", "wildcardMatch": "0"},
    {"cookie": "track_", "category": "Analytics", "domain": "", "wildcardMatch": "1"},
    {"cookie": "track_ad_", "category": "Marketing", "domain": "", "wildcardMatch": "1"},
    {"cookie": "DSP_*", "category": "Marketing", "domain": "", "wildcardMatch": "0"},
    {"cookie": "csrf", "category": "Security", "domain": "", "wildcardMatch": "0"},
    {"cookie": "lang", "category": "Personalization", "domain": "", "wildcardMatch": "0"}
  ]
})json";
constexpr std::string_view k_owners = R"([
  {"name": "Google Analytics", "company": "Google", "category": "analytics", "domains": ["*.google-analytics.com", "analytics.google.com"]},
  {"name": "Criteo", "category": "ad", "domains": ["*.criteo.com"]},
  {"name": "Criteo Images", "category": "cdn", "domains": ["*.static.criteo.com"]}
])";
constexpr std::string_view k_autoconsent = R"({"autoconsent": [{"name": "a"}, {"name": "b"}]})";

boost::json::value json(std::string_view text) { return parse_json(text, "test").value(); }

/// A data folder with small sets, removed with the object.
class Folder {
 public:
  Folder() {
    static int count = 0;
    path_ = std::filesystem::temp_directory_path() / fmt::format("gannet_datasets_{}_{}", ::getpid(), ++count);
    write(cookie_path(), k_cookies);
    write(owner_path(), k_owners);
    write("npm/@duckduckgo/autoconsent@16.23.0/package/rules/rules.json", k_autoconsent);
  }
  ~Folder() { std::filesystem::remove_all(path_); }

  static std::string cookie_path() {
    return "npm/@slashgear/gdpr-cookie-scanner@3.8.2/package/src/data/open-cookie-database.json";
  }
  static std::string owner_path() { return "npm/third-party-web@0.30.0/package/dist/entities.json"; }
  void write(const std::string& file, std::string_view content) const {
    std::filesystem::create_directories((path_ / file).parent_path());
    ASSERT_TRUE(write_file_atomically(path_ / file, content));
  }
  void remove(const std::string& file) const { std::filesystem::remove(path_ / file); }
  DataFolder data() const {
    return {.path = path_,
            .easy_privacy = path_ / "easyprivacy.txt",
            .public_suffix_list = path_ / "suffixes.dafsa",
            .dpkg_status = path_ / "status"};
  }

 private:
  std::filesystem::path path_;
};

TEST(ParseJson, says_where_a_text_is_no_json_and_what_stands_after_it) {
  EXPECT_EQ(parse_json("{\"a\": 1}\n x", "f.json").error().describe(),
            "f.json: more text after the JSON value, at line 2, column 2");
  EXPECT_TRUE(parse_json("{\"a\": 1} \n", "f.json"));
  EXPECT_NE(parse_json("{\"a\": 1", "f.json").error().describe().find("not JSON at line 1, column 8: incomplete"),
            std::string::npos);
}

TEST(CookieDatabase, a_cookie_matches_by_exact_name) {
  const auto database = CookieDatabase::parse(json(k_cookies), "test").value();
  const auto match = database.find("_ga", "shop.test");
  ASSERT_TRUE(match);
  EXPECT_EQ(match->entry->category, Category::analytics);
  EXPECT_EQ(match->entry->controller, "Google");
  EXPECT_FALSE(match->is_by_domain);
  EXPECT_FALSE(database.find("_GA", "shop.test"));
  EXPECT_FALSE(database.find("_gab", "shop.test"));
}

TEST(CookieDatabase, an_entry_of_a_domain_matches_only_there_and_beats_an_unrestricted_one) {
  const auto database = CookieDatabase::parse(json(k_cookies), "test").value();
  EXPECT_FALSE(database.find("IDE", "shop.test"));
  EXPECT_FALSE(database.find("IDE", "evildoubleclick.net"));
  EXPECT_TRUE(database.find("IDE", "ad.doubleclick.net")->is_by_domain);
  EXPECT_EQ(database.find("visitor", "shop.test")->entry->category, Category::functional);
  EXPECT_EQ(database.find("visitor", "cdn.ads.test")->entry->category, Category::advertising);
}

TEST(CookieDatabase, hand_written_domain_fields_are_read) {
  const auto database = CookieDatabase::parse(json(k_cookies), "test").value();
  EXPECT_TRUE(database.find("MUID", "bing.com"));
  EXPECT_TRUE(database.find("MUID", "c.microsoft.com"));
  EXPECT_FALSE(database.find("MUID", "party.test"));
}

TEST(CookieDatabase, wildcards_match_only_where_declared_and_the_longest_wins) {
  const auto database = CookieDatabase::parse(json(k_cookies), "test").value();
  EXPECT_EQ(database.find("track_ad_1", "shop.test")->entry->category, Category::advertising);
  EXPECT_EQ(database.find("track_1", "shop.test")->entry->category, Category::analytics);
  EXPECT_TRUE(database.find("DSP_9", "shop.test"));
  // "_s" is a wildcard of another domain: it must not claim every name that begins so.
  EXPECT_FALSE(database.find("_smartbanner", "shop.test"));
  EXPECT_FALSE(database.find("smartbanner", "shop.test"));
  EXPECT_FALSE(database.find("csrf_token", "shop.test"));
}

TEST(CookieDatabase, a_wildcard_that_stops_within_a_word_is_doubtful) {
  const auto database = CookieDatabase::parse(json(k_cookies), "test").value();
  EXPECT_TRUE(database.find("_gateway", "shop.test")->is_doubtful);
  EXPECT_FALSE(database.find("_gat_UA-1-1", "shop.test")->is_doubtful);
}

TEST(CookieDatabase, its_words_become_our_categories) {
  const auto database = CookieDatabase::parse(json(k_cookies), "test").value();
  EXPECT_EQ(database.find("csrf", "shop.test")->entry->category, Category::necessary);
  EXPECT_EQ(database.find("lang", "shop.test")->entry->category, Category::functional);
}

TEST(CookieDatabase, an_unknown_category_is_refused_with_its_place) {
  const auto database = CookieDatabase::parse(json(R"({"P": [{"cookie": "a", "category": "Odd"}]})"), "set");
  ASSERT_FALSE(database);
  EXPECT_EQ(database.error().message(), "set: P[0].category: \"Odd\" is not one of the database's categories");
}

TEST(Owners, the_longest_domain_wins_on_label_boundaries) {
  const auto owners = Owners::parse(json(k_owners), json(R"({"US": ["Google"], "FR": ["criteo"]})"), "test").value();
  EXPECT_EQ(owners.find("widget.criteo.com")->product, "Criteo");
  EXPECT_EQ(owners.find("criteo.com")->country, "FR");
  EXPECT_EQ(owners.find("a.static.criteo.com")->product, "Criteo Images");
  EXPECT_EQ(owners.find("www.google-analytics.com")->name, "Google");
  EXPECT_EQ(owners.find("www.google-analytics.com")->country, "US");
  EXPECT_EQ(owners.find("notcriteo.com"), nullptr);
  // Without a star the entry is one host.
  EXPECT_NE(owners.find("analytics.google.com"), nullptr);
  EXPECT_EQ(owners.find("x.analytics.google.com"), nullptr);
  EXPECT_EQ(owners.find(""), nullptr);
}

TEST(HostPurposes, refuse_to_make_a_vendor_necessary) {
  const auto purposes = HostPurposes::parse(json(R"([{"host": "a.test", "category": "necessary", "product": "A"}])"), "hosts");
  ASSERT_FALSE(purposes);
  EXPECT_TRUE(purposes.error().message().starts_with("hosts[0].category: must be functional"));
}

TEST(HostList, keeps_plain_host_rules_only) {
  const HostList list = HostList::parse(
      "! Version: 202610\n||track.test^\n||b.test^$third-party\n/pixel.gif\n||a.test/path^\n@@||c.test^\n||D.test^\n");
  EXPECT_EQ(list.size(), 2U);
  EXPECT_TRUE(list.contains("x.track.test"));
  EXPECT_TRUE(list.contains("d.test"));
  EXPECT_FALSE(list.contains("nottrack.test"));
  EXPECT_EQ(list.version(), "202610");
}

TEST(Datasets, load_and_describe_themselves) {
  const Folder folder;
  folder.write("easyprivacy.txt", "! Version: 7\n||spy.test^\n");
  const auto sets = Datasets::load(folder.data());
  ASSERT_TRUE(sets) << sets.error().describe();
  const auto rows = (*sets)->describe(parse_instant("2026-09-24T12:00:00Z").value());
  ASSERT_EQ(rows.size(), 9U);
  EXPECT_EQ(rows[0].name, "Open Cookie Database");
  EXPECT_EQ(rows[0].version, "3.8.2");
  EXPECT_EQ(rows[0].licence, "Apache-2.0");
  EXPECT_EQ(rows[0].entry_count, 12U);
  EXPECT_EQ(rows[0].sha256.size(), 64U);
  EXPECT_EQ(rows[0].age_days, 1);
  EXPECT_EQ(rows[3].name, "autoconsent");
  EXPECT_EQ(rows[3].entry_count, 2U);
  EXPECT_EQ(rows[8].name, "EasyPrivacy");
  EXPECT_EQ(rows[8].version, "7");
  EXPECT_FALSE(rows[8].age_days);
}

TEST(Datasets, do_without_the_optional_list) {
  const Folder folder;
  const auto sets = Datasets::load(folder.data());
  ASSERT_TRUE(sets) << sets.error().describe();
  EXPECT_EQ((*sets)->describe(Instant()).size(), 8U);
}

TEST(Datasets, tell_the_debian_version_of_the_public_suffix_list) {
  const Folder folder;
  folder.write("suffixes.dafsa", "compiled");
  folder.write("suffixes.dat", "// VERSION\ncom\n\nco.uk\n// End\n*.ck\n");
  folder.write("status",
               "Package: publicsuffix-tools\nVersion: 9\n\nPackage: publicsuffix\nStatus: ok\nVersion: 20230209.2326-1\n\n"
               "Package: z\nVersion: 8\n");
  const auto sets = Datasets::load(folder.data());
  ASSERT_TRUE(sets) << sets.error().describe();
  const auto row = (*sets)->describe(parse_instant("2023-02-11T00:00:00Z").value()).at(7);
  EXPECT_EQ(row.name, "Public Suffix List");
  EXPECT_EQ(row.version, "20230209.2326-1");
  EXPECT_EQ(row.date, "2023-02-09");
  EXPECT_EQ(row.age_days, 2);
  EXPECT_EQ(row.entry_count, 3U);
  EXPECT_EQ(row.sha256.size(), 64U);
}

TEST(Datasets, say_when_the_public_suffix_list_is_the_one_built_into_libpsl) {
  const Folder folder;
  const auto row = Datasets::load(folder.data()).value()->describe(Instant()).at(7);
  EXPECT_EQ(row.version, "built into libpsl");
  EXPECT_EQ(row.sha256, "");
}

TEST(Datasets, a_missing_file_is_named_with_the_way_to_mend_it) {
  const Folder folder;
  folder.remove(Folder::owner_path());
  const auto sets = Datasets::load(folder.data());
  ASSERT_FALSE(sets);
  EXPECT_EQ(sets.error().kind(), ErrorKind::not_found);
  EXPECT_TRUE(sets.error().message().contains("dist/entities.json"));
  EXPECT_TRUE(sets.error().message().contains("./run fetches it (npm package third-party-web 0.30.0)"));
}

TEST(Datasets, a_damaged_file_is_named_with_the_way_to_mend_it) {
  const Folder folder;
  folder.write(Folder::cookie_path(), k_cookies.substr(0, 200));
  const auto sets = Datasets::load(folder.data());
  ASSERT_FALSE(sets);
  EXPECT_EQ(sets.error().kind(), ErrorKind::invalid);
  EXPECT_TRUE(sets.error().message().contains("open-cookie-database.json: not JSON at line "));
  EXPECT_TRUE(sets.error().message().contains("let ./run fetch it again"));
}

TEST(OwnRules, know_the_storage_keys_of_well_known_libraries) {
  const Folder folder;
  const auto sets = Datasets::load(folder.data()).value();
  for (const std::string_view key :
       {"ph_phc_abc_posthog", "mp_123_mixpanel", "AMP_0a1b2c3d4e", "_sp_id.1fff", "ajs_anonymous_id", "_ga_ABC123"}) {
    const NameRule* rule = sets->own_rules.find(key, "shop.test");
    ASSERT_NE(rule, nullptr) << key;
    EXPECT_EQ(rule->category, Category::analytics) << key;
  }
  EXPECT_EQ(sets->own_rules.find("_gateway", "shop.test"), nullptr);
}

TEST(ConsentNames, are_all_necessary) {
  const Folder folder;
  const auto sets = Datasets::load(folder.data()).value();
  for (const std::string_view name : {"klaro", "cc_cookie", "tarteaucitron", "cookieconsent_status", "orejime", "OptanonConsent",
                                      "CookieConsent", "euconsent-v2", "didomi_token", "usprivacy", "c15t"}) {
    const NameRule* rule = sets->consent_names.find(name, "shop.test");
    ASSERT_NE(rule, nullptr) << name;
    EXPECT_EQ(rule->category, Category::necessary) << name;
  }
}

}  // namespace
}  // namespace gannet::datasets
