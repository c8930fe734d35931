#include "inspect/declaration.hpp"

#include <unistd.h>

#include <gtest/gtest.h>

#include "base/file.hpp"

namespace gannet::inspect {
namespace {

constexpr std::int64_t k_day_s = 86'400;

InventoryItem item(std::string name, Category category = Category::analytics, std::optional<std::int64_t> days = {}) {
  InventoryItem made;
  made.name = std::move(name);
  made.domain = "shop.test";
  made.categorisation.category = category;
  made.categorisation.confidence = record::Confidence::likely;
  if (days) made.declared_lifetime_seconds = *days * k_day_s;
  return made;
}

DeclaredCookie declared(std::string name, std::string category = "", std::string lifetime = "", std::string domain = "") {
  DeclaredCookie made{
      .name = std::move(name), .domain = std::move(domain), .category_text = category, .category = {}, .lifetime = {}};
  made.category = parse_declared_category(category);
  made.lifetime = parse_lifetime(lifetime);
  return made;
}

TEST(DeclaredName, matches_itself_and_what_its_wildcards_cover) {
  for (const auto& [pattern, name] : std::vector<std::pair<std::string_view, std::string_view>>{{"_ga", "_ga"},
                                                                                                {"_ga_*", "_ga_X1"},
                                                                                                {"_ga_*", "_ga_"},
                                                                                                {"_ga_#", "_ga_X1"},
                                                                                                {"_ga_<id>", "_ga_X1"},
                                                                                                {"_hj[Name]x", "_hjabcx"},
                                                                                                {"_pk_id.#.*", "_pk_id.1.1fff"},
                                                                                                {"_ga_XXXXXXXX", "_ga_0a1"},
                                                                                                {"cart[items]", "cart[items]"},
                                                                                                {"*", "anything"},
                                                                                                {"a*b*c", "a1b2b3c"},
                                                                                                {"{uid}_seen", "77_seen"}})
    EXPECT_TRUE(matches_declared_name(pattern, name)) << pattern << " " << name;
}

TEST(DeclaredName, does_not_match_what_only_resembles_it) {
  for (const auto& [pattern, name] : std::vector<std::pair<std::string_view, std::string_view>>{{"_ga", "_gac"},
                                                                                                {"_ga", "_GA"},
                                                                                                {"_ga_#", "_ga_"},
                                                                                                {"_ga_*", "_gid"},
                                                                                                {"*_ga", "_ga_"},
                                                                                                {"a*b", "a"},
                                                                                                {"ab*ba", "aba"},
                                                                                                {"", "a"},
                                                                                                {"maxx", "maxy"},
                                                                                                {"a<b", "axb"}})
    EXPECT_FALSE(matches_declared_name(pattern, name)) << pattern << " " << name;
}

TEST(DeclaredName, of_many_stars_is_matched_quickly) {
  std::string pattern;
  for (int i = 0; i < 2000; ++i) pattern += "*a";
  EXPECT_FALSE(matches_declared_name(pattern + "b", std::string(4000, 'a')));
}

TEST(DeclaredLifetime, is_read_in_words) {
  const auto seconds = [](std::string_view text) { return parse_lifetime(text).seconds.value_or(0); };
  EXPECT_EQ(seconds("1 day"), k_day_s);
  EXPECT_EQ(seconds("30 Tage"), 30 * k_day_s);
  EXPECT_EQ(seconds("24h 30min"), 88'200);
  EXPECT_EQ(seconds("30 minutes"), 1800);
  EXPECT_EQ(seconds("2 years"), 2 * 31'556'952);
  EXPECT_EQ(seconds("1 year, 1 month and 1 day"), 31'556'952 + 2'629'746 + k_day_s);
  EXPECT_TRUE(parse_lifetime(" Session ").is_session);
  for (const std::string_view text : {"", "Persistent", "up to 2 years", "7", "3 fortnights", "13 m", "99999999999999999999999"})
    EXPECT_FALSE(parse_lifetime(text).seconds) << text;
}

TEST(DeclaredCategory, is_understood_as_one_of_ours) {
  EXPECT_EQ(parse_declared_category("Strictly Necessary"), Category::necessary);
  EXPECT_EQ(parse_declared_category("Statistics"), Category::analytics);
  EXPECT_EQ(parse_declared_category("Preferences"), Category::functional);
  EXPECT_EQ(parse_declared_category("Marketing/Tracking"), Category::advertising);
  EXPECT_EQ(parse_declared_category("HTTP Cookie"), std::nullopt);
  EXPECT_EQ(parse_declared_category("Necessary for the third party to show you its advertisements"), std::nullopt);
}

TEST(Declaration, tells_undeclared_from_not_seen) {
  const auto result = compare_declaration({declared("_ga*"), declared("gone")}, {item("_ga"), item("_ga_X"), item("new")});
  ASSERT_EQ(result.matches.size(), 1U);
  EXPECT_EQ(result.matches[0].seen.size(), 2U);
  EXPECT_TRUE(result.matches[0].differences.empty());
  ASSERT_EQ(result.undeclared.size(), 1U);
  EXPECT_EQ(result.undeclared[0].name, "new");
  ASSERT_EQ(result.not_seen.size(), 1U);
  EXPECT_EQ(result.not_seen[0].name, "gone");
}

TEST(Declaration, gives_a_cookie_to_the_name_that_fits_best) {
  const auto result =
      compare_declaration({declared("*"), declared("_ga_*", "Necessary"), declared("_ga_X", "Statistics")}, {item("_ga_X")});
  ASSERT_EQ(result.matches.size(), 1U);
  EXPECT_EQ(result.matches[0].declared.name, "_ga_X");
  EXPECT_EQ(result.not_seen.size(), 2U);
}

TEST(Declaration, of_another_domain_declares_nothing) {
  EXPECT_EQ(compare_declaration({declared("_ga", "", "", "other.test")}, {item("_ga")}).undeclared.size(), 1U);
  EXPECT_EQ(compare_declaration({declared("_ga", "", "", "www.shop.test")}, {item("_ga")}).undeclared.size(), 0U);
}

TEST(Declaration, says_what_differs) {
  const auto result = compare_declaration({declared("_ga", "Necessary", "1 day")}, {item("_ga", Category::analytics, 400)});
  ASSERT_EQ(result.matches.size(), 1U);
  ASSERT_EQ(result.matches[0].differences.size(), 2U);
  EXPECT_TRUE(result.matches[0].differences[0].starts_with("category: declared \"Necessary\", seen as analytics"));
  EXPECT_EQ(result.matches[0].differences[1], "lifetime: declared \"1 day\", seen 400 d");
}

TEST(Declaration, does_not_call_a_difference_what_rounding_or_the_browsers_cap_explains) {
  InventoryItem capped = item("_ga", Category::analytics, 730);
  capped.lifetime_seconds = 400 * k_day_s;
  for (const auto& lifetime : {"2 years", "24 months", "13 months", "400 days", "Persistent", ""})
    EXPECT_TRUE(compare_declaration({declared("_ga", "Statistics", lifetime)}, {capped}).matches[0].differences.empty())
        << lifetime;
  EXPECT_FALSE(compare_declaration({declared("_ga", "", "Session")}, {capped}).matches[0].differences.empty());
  EXPECT_FALSE(compare_declaration({declared("_ga", "", "1 year")}, {item("_ga")}).matches[0].differences.empty());
}

TEST(Declaration, does_not_hold_a_doubtful_category_against_the_site) {
  InventoryItem doubtful = item("x");
  doubtful.categorisation.confidence = record::Confidence::unsure;
  EXPECT_TRUE(
      compare_declaration({declared("x", "Necessary")}, {doubtful, item("x", Category::unknown)}).matches[0].differences.empty());
}

TEST(DeclarationFile, is_read_as_csv_with_quotes_and_either_separator) {
  const auto list = parse_declaration_csv(
      "\xef\xbb\xbf"
      "Cookie;Provider;Category;Duration;Description\r\n"
      "\"a;\"\"1\"\"\";.Shop.test;Statistics;2 years;\"two\nlines\"\r\n\r\nb;Google LLC;;Session\r\n",
      "d.csv");
  ASSERT_TRUE(list) << list.error().describe();
  ASSERT_EQ(list->size(), 2U);
  EXPECT_EQ((*list)[0].name, "a;\"1\"");
  EXPECT_EQ((*list)[0].domain, "shop.test");
  EXPECT_EQ((*list)[0].category, Category::analytics);
  EXPECT_EQ((*list)[1].name, "b");
  EXPECT_EQ((*list)[1].domain, "");
  EXPECT_TRUE((*list)[1].lifetime.is_session);
}

TEST(DeclarationFile, is_read_as_json) {
  const auto list = parse_declaration_json(
      R"({"cookies": [{"name": "_ga", "domain": "shop.test", "category": "marketing", "lifetime": "1 day", "id": 7}]})",
      "d.json");
  ASSERT_TRUE(list) << list.error().describe();
  ASSERT_EQ(list->size(), 1U);
  EXPECT_EQ((*list)[0].category, Category::advertising);
  EXPECT_EQ((*list)[0].lifetime.seconds, k_day_s);
  EXPECT_EQ(parse_declaration_json(R"([{"name": "a"}])", "d.json")->size(), 1U);
}

TEST(DeclarationFile, is_read_from_the_tables_of_a_page_however_broken) {
  const auto list = parse_declaration_html(
      "<!doctype html><title>x</title><table><tr><td>Opening hours</table><h2>Necessary (1)</h2>"
      "<table><thead><tr><th> Name <th>Provider<th>Maximum Storage "
      "Duration</thead><tr><td>s&eacute;ss<td>shop.test<td>Session</table>"
      "<h2>Marketing</h2><table><tr><th>Name<th>Expiry<tr><td><a href=x>_f\n bp</a><td>3 months<tr><td><td></div></table>",
      "d.html");
  ASSERT_TRUE(list) << list.error().describe();
  ASSERT_EQ(list->size(), 2U);
  EXPECT_EQ((*list)[0].name, "séss");
  EXPECT_EQ((*list)[0].domain, "shop.test");
  EXPECT_EQ((*list)[0].category, Category::necessary);
  EXPECT_EQ((*list)[1].name, "_f bp");
  EXPECT_EQ((*list)[1].category, Category::advertising);
  EXPECT_EQ((*list)[1].lifetime.seconds, 3 * 2'629'746);
}

TEST(DeclarationFile, that_is_wrong_is_told_with_place_and_remedy) {
  const auto message = [](const auto& result) { return result ? std::string("no error") : result.error().message(); };
  EXPECT_TRUE(message(parse_declaration_csv("", "d.csv")).starts_with("d.csv: is empty"));
  EXPECT_TRUE(message(parse_declaration_csv("\na,b\n", "d.csv"))
                  .starts_with("d.csv: line 2: no column for cookie names; name the column"));
  EXPECT_TRUE(
      message(parse_declaration_csv("name\n\"a\nb\"\n\"c\n", "d.csv")).starts_with("d.csv: line 4: a quoted cell does not end"));
  EXPECT_TRUE(
      message(parse_declaration_csv("name,domain\n,x.test\n", "d.csv")).starts_with("d.csv: line 2: the cookie's name is empty"));
  EXPECT_TRUE(message(parse_declaration_json("{}", "d.json")).starts_with("d.json: must be an array of cookies"));
  EXPECT_TRUE(message(parse_declaration_json("[\n1,]", "d.json")).starts_with("d.json: not JSON at line 2"));
  EXPECT_TRUE(message(parse_declaration_json(R"([{"name": 1}])", "d.json"))
                  .starts_with("d.json: cookies[0]: the text \"name\" is missing"));
  EXPECT_TRUE(message(parse_declaration_html("<p>none", "d.html")).starts_with("d.html: no table has a column for cookie names"));
  EXPECT_TRUE(message(parse_declaration_html("", "d.html")).starts_with("d.html: no table has a column for cookie names"));
}

TEST(DeclarationFile, of_another_kind_is_refused) {
  const auto path = std::filesystem::temp_directory_path() / fmt::format("gannet_declaration_{}.pdf", ::getpid());
  ASSERT_TRUE(write_file_atomically(path, "%PDF"));
  const auto list = load_declaration(path);
  std::filesystem::remove(path);
  ASSERT_FALSE(list);
  EXPECT_EQ(list.error().kind(), ErrorKind::invalid);
  EXPECT_TRUE(list.error().message().ends_with("must be a .csv, .json, .html or .htm file"));
}

}  // namespace
}  // namespace gannet::inspect
