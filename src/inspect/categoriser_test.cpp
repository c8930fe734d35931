#include "inspect/categoriser.hpp"

#include <gtest/gtest.h>

#include "datasets/json_text.hpp"
#include "inspect/test_records.hpp"

namespace gannet::inspect {
namespace {

using record::Confidence;
using testing::test_datasets;

datasets::NameRules rules_of(std::string_view text) {
  return datasets::NameRules::parse(datasets::parse_json(text, "test").value(), "test").value();
}

struct Case {
  std::string_view name;
  std::string_view domain;
  Party party;
  Category category;
  std::string_view source;
  Confidence confidence;
};

TEST(Categoriser, says_category_source_and_confidence) {
  const Case cases[] = {
      {"klaro", "shop.test", Party::first, Category::necessary, "name of a consent platform", Confidence::likely},
      {"_ga", "shop.test", Party::first, Category::analytics, "gannet rules", Confidence::likely},
      {"adsy_id", "ads.test", Party::third, Category::advertising, "open cookie database", Confidence::certain},
      {"adsy_ref", "shop.test", Party::first, Category::advertising, "open cookie database", Confidence::likely},
      {"ct_x", "shop.test", Party::first, Category::analytics, "open cookie database", Confidence::unsure},
      {"IDE", "ads.test", Party::third, Category::advertising, "open cookie database", Confidence::certain},
      {"IDE", "shop.test", Party::first, Category::unknown, "", Confidence::unsure},
      {"_lang", "shop.test", Party::first, Category::functional, "open cookie database", Confidence::likely},
      {"zz", "px.ads.test", Party::third, Category::advertising, "vendor purpose", Confidence::likely},
      {"zz", "friends.test", Party::third, Category::advertising, "vendor purpose", Confidence::unsure},
      {"zz", "cdn.test", Party::third, Category::unknown, "", Confidence::unsure},
      {"zz", "shop.test", Party::first, Category::unknown, "", Confidence::unsure},
      // The name belongs to a vendor's own domain: here it proves nothing.
      {"adsy_id", "shop.test", Party::first, Category::unknown, "", Confidence::unsure},
      // Names that only begin like, or contain, a known one.
      {"smartbanner", "shop.test", Party::first, Category::unknown, "", Confidence::unsure},
      {"ident", "shop.test", Party::first, Category::unknown, "", Confidence::unsure},
      {"paths", "shop.test", Party::first, Category::unknown, "", Confidence::unsure},
  };
  const SiteRules none;
  const Categoriser categoriser(test_datasets(), none);
  for (const Case& c : cases) {
    const Categorisation found = categoriser.judge(c.name, c.domain, c.party).categorisation;
    EXPECT_EQ(found.category, c.category) << c.name << " " << c.domain;
    EXPECT_EQ(found.source, c.source) << c.name << " " << c.domain;
    EXPECT_EQ(found.confidence, c.confidence) << c.name << " " << c.domain;
  }
}

TEST(Categoriser, overrides_beat_the_rule_file_which_beats_the_data_sets) {
  SiteRules rules;
  rules.rules = rules_of(R"([{"prefix": "adsy_", "category": "analytics"}, {"name": "klaro", "category": "functional"}])");
  rules.overrides = rules_of(R"([{"name": "adsy_ref", "category": "necessary", "description": "Agreed with counsel."}])");
  const Categoriser categoriser(test_datasets(), rules);
  const Categorisation overridden = categoriser.judge("adsy_ref", "shop.test", Party::first).categorisation;
  EXPECT_EQ(overridden.source, "site override");
  EXPECT_EQ(overridden.category, Category::necessary);
  EXPECT_EQ(overridden.description, "Agreed with counsel.");
  EXPECT_EQ(overridden.confidence, Confidence::certain);
  EXPECT_EQ(categoriser.judge("adsy_id", "ads.test", Party::third).categorisation.source, "rule file");
  EXPECT_EQ(categoriser.judge("klaro", "shop.test", Party::first).categorisation.category, Category::functional);
}

TEST(Categoriser, explains_what_each_source_says_in_order_of_precedence) {
  SiteRules rules;
  rules.rules = rules_of(R"([{"name": "adsy_id", "category": "functional"}])");
  rules.overrides = rules_of(R"([{"name": "adsy_id", "category": "necessary", "site": "shop.test"}])");
  const Categoriser here(test_datasets(), rules, "www.shop.test");
  const auto opinions = here.explain("adsy_id", "ads.test");
  ASSERT_EQ(opinions.size(), 6U);
  EXPECT_EQ(opinions[0].says->category, Category::necessary);
  EXPECT_EQ(opinions[0].place, "test[0]");
  EXPECT_EQ(opinions[1].says->category, Category::functional);
  EXPECT_FALSE(opinions[2].says);
  EXPECT_FALSE(opinions[3].says);
  EXPECT_EQ(opinions[4].says->source, "open cookie database");
  EXPECT_EQ(opinions[5].says->source, "vendor purpose");
  EXPECT_EQ(here.judge("adsy_id", "ads.test", Party::third).categorisation.category, Category::necessary);
  const Categoriser elsewhere(test_datasets(), rules, "other.test");
  EXPECT_EQ(elsewhere.judge("adsy_id", "ads.test", Party::third).categorisation.category, Category::functional);
}

TEST(Categoriser, no_vendor_makes_a_cookie_necessary) {
  const SiteRules none;
  const Categoriser categoriser(test_datasets(), none);
  for (const std::string_view host : {"ads.test", "stats.test", "friends.test", "cdn.test", "banner.test", "doubleclick.net",
                                      "microsoft.com", "px.ads.linkedin.com", "unheard.test"}) {
    EXPECT_NE(categoriser.judge("zz", host, Party::third).categorisation.category, Category::necessary) << host;
  }
}

TEST(Categoriser, a_name_does_not_make_a_trackers_cookie_necessary) {
  const SiteRules none;
  const Categoriser categoriser(test_datasets(), none);
  EXPECT_EQ(categoriser.judge("PHPSESSID", "shop.test", Party::first).categorisation.category, Category::necessary);
  EXPECT_EQ(categoriser.judge("PHPSESSID", "cdn.test", Party::third).categorisation.category, Category::necessary);
  const Categorisation disguised = categoriser.judge("PHPSESSID", "ads.test", Party::third).categorisation;
  EXPECT_EQ(disguised.category, Category::advertising);
  EXPECT_EQ(disguised.confidence, Confidence::unsure);
}

TEST(Categoriser, names_the_owner_and_its_country) {
  const SiteRules none;
  const Categoriser categoriser(test_datasets(), none);
  const Owner third = categoriser.judge("zz", "px.ads.test", Party::third).owner;
  EXPECT_EQ(third.name, "Criteo");
  EXPECT_EQ(third.country, "FR");
  EXPECT_EQ(categoriser.judge("adsy_ref", "shop.test", Party::first).owner.name, "Adsy");
  EXPECT_EQ(categoriser.judge("zz", "shop.test", Party::first).owner.name, "");
}

}  // namespace
}  // namespace gannet::inspect
