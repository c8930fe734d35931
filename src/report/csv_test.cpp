#include "report/csv.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "base/text.hpp"
#include "report/testdata/examples.hpp"

namespace gannet::report {
namespace {

/// The line of the table that holds the text, without its end.
std::string line_with(const std::string& table, std::string_view text) {
  const auto at = table.find(text);
  if (at == std::string::npos) return "";
  const auto begin = table.rfind('\n', at) + 1;
  return table.substr(begin, table.find("\r\n", at) - begin);
}

std::string cookies_with_name(const std::string& name) {
  Example example = make_example("clean");
  example.inspection.states[0].cookies[0].cookie.key.name = name;
  return line_with(scan_csv(example.scan, example.inspection, CsvTable::cookies), ",untouched,");
}

TEST(ScanCsv, has_a_row_for_each_cookie_of_each_state) {
  const Example example = make_example("leaky");
  const std::string table = scan_csv(example.scan, example.inspection, CsvTable::cookies);
  EXPECT_EQ(std::ranges::count(table, '\n'), 1 + 3 + 3 + 5);
  EXPECT_TRUE(table.starts_with("site,state,name,domain,path,"));
  EXPECT_EQ(line_with(table, "untouched,_mtr"),
            "https://www.brunnen-shop.test/,untouched,_mtr,brunnen-shop.test,/,no,,first,analytics,certain,open cookie database,"
            "Metrica Inc.,US,S0,yes,no,34560000,63072000,yes,no,Lax,30,script,https://tags.metrica.test/t.js,3,document.cookie,"
            "no,https://www.brunnen-shop.test/");
}

TEST(ScanCsv, defuses_what_a_spreadsheet_would_calculate) {
  for (const std::string name : {"=1+1", "+1", "-1", "@SUM(A1)"})
    EXPECT_NE(cookies_with_name(name).find(",untouched,'" + name + ","), std::string::npos) << name;
  EXPECT_NE(cookies_with_name("a=1").find(",untouched,a=1,"), std::string::npos);
}

TEST(ScanCsv, quotes_separators_and_quotes_but_lets_no_line_break_through) {
  EXPECT_NE(cookies_with_name("a,\"b\"").find(",untouched,\"a,\"\"b\"\"\","), std::string::npos);
  EXPECT_NE(cookies_with_name("a\r\nb").find(",untouched,a\\r\\nb,"), std::string::npos);
  const Example hostile = make_example("hostile");
  const std::string table = scan_csv(hostile.scan, hostile.inspection, CsvTable::cookies);
  EXPECT_EQ(table.find('\x1b'), std::string::npos);
}

TEST(ScanCsv, leaves_numbers_as_numbers_and_unknown_ones_empty) {
  Example example = make_example("clean");
  example.inspection.states[0].cookies[0].lifetime_seconds = -5;
  const std::string line = line_with(scan_csv(example.scan, example.inspection, CsvTable::cookies), "untouched,PHPSESSID");
  EXPECT_NE(line.find(",-5,,"), std::string::npos) << line;
}

TEST(ScanCsv, gives_every_table) {
  const Example example = make_example("leaky");
  const auto table = [&](std::string_view name) {
    return scan_csv(example.scan, example.inspection, find_csv_table(name).value());
  };
  EXPECT_NE(line_with(table("storage"), ",vid,").find("untouched,localStorage,https://www.brunnen-shop.test,vid,first,unknown"),
            std::string::npos);
  EXPECT_NE(
      line_with(table("third-parties"), "untouched,adnet.test").find(",Adnet GmbH,DE,advertising,likely,yes,3,1204,S0,adid,"),
      std::string::npos);
  EXPECT_NE(line_with(table("findings"), "5d2e8f7a1c90b364").find("rejected,5d2e8f7a1c90b364,cookie-after-reject,critical"),
            std::string::npos);
  EXPECT_NE(line_with(table("requests"), "dead.test").find("net::ERR_NAME_NOT_RESOLVED"), std::string::npos);
  EXPECT_EQ(find_csv_table("cookie"), std::nullopt);
}

}  // namespace
}  // namespace gannet::report
