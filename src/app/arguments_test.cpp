#include "app/arguments.hpp"

#include <cstdlib>

#include <gtest/gtest.h>

#include "base/file.hpp"
#include "base/version.hpp"

namespace gannet::app {
namespace {

struct ArgumentsTest : testing::Test {
  void SetUp() override {
    for (const auto* name : {"GANNET_DATA_DIR", "GANNET_DATA_SETS", "GANNET_BROWSER"}) set_environment(name, nullptr);
    std::string path = (std::filesystem::temp_directory_path() / "arguments-test.XXXXXX").string();
    ASSERT_TRUE(::mkdtemp(path.data()));
    folder = path;
  }
  void TearDown() override { std::filesystem::remove_all(folder); }

  /// Null removes the name.
  static void set_environment(const char* name, const char* value) {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): the test has one thread.
    value ? ::setenv(name, value, 1) : ::unsetenv(name);
  }
  static Arguments parse(std::vector<std::string> words) {
    words.insert(words.begin(), "gannet");
    std::vector<char*> pointers;
    for (auto& word : words) pointers.push_back(word.data());
    return parse_arguments(int(pointers.size()), pointers.data());
  }
  /// The scan that these words ask for; they come after "scan".
  static ScanArguments scan(std::vector<std::string> words) {
    words.insert(words.begin(), "scan");
    auto arguments = parse(std::move(words));
    if (const auto* printed = std::get_if<Printed>(&arguments)) ADD_FAILURE() << printed->text;
    auto* asked = std::get_if<ScanArguments>(&arguments);
    return asked ? *asked : ScanArguments();
  }
  /// The complaint about words that are wrong.
  static std::string complaint(std::vector<std::string> words) {
    const auto arguments = parse(std::move(words));
    const auto* printed = std::get_if<Printed>(&arguments);
    if (!printed) return "nothing was wrong";
    EXPECT_EQ(printed->exit_code, 2) << printed->text;
    EXPECT_TRUE(printed->text.starts_with("gannet: ")) << printed->text;
    EXPECT_TRUE(printed->text.ends_with('\n'));
    return printed->text;
  }
  std::string write(const std::string& name, std::string_view content) const {
    const auto path = folder / name;
    EXPECT_TRUE(write_file_atomically(path, content));
    return path.string();
  }

  std::filesystem::path folder;
};

TEST_F(ArgumentsTest, a_bare_scan_has_the_defaults) {
  const auto arguments = scan({"shop.test"});
  EXPECT_EQ(arguments.urls, std::vector<std::string>{"https://shop.test/"});
  EXPECT_EQ(arguments.params.consent_states.size(), 3U);
  EXPECT_EQ(arguments.params.concurrency, 3);
  EXPECT_EQ(arguments.target.format, Format::text);
  EXPECT_TRUE(arguments.target.out.empty());
  EXPECT_FALSE(arguments.fail_on.any);
  EXPECT_FALSE(arguments.fail_on.not_in_baseline);
  EXPECT_TRUE(arguments.baseline.empty());
  EXPECT_FALSE(arguments.proxy);
  EXPECT_TRUE(arguments.common.browser.has_sandbox);
  EXPECT_EQ(arguments.common.browser.third_party_cookies, browser::ThirdPartyCookies::allow);
  EXPECT_FALSE(arguments.common.data_dir.empty());
  EXPECT_EQ(arguments.common.data_sets, arguments.common.data_dir / "data");
}

TEST_F(ArgumentsTest, each_option_of_scan_reaches_its_place) {
  const std::string pem = "-----BEGIN CERTIFICATE-----\n";
  const auto ca = write("ca.pem", pem);
  const auto arguments = scan({"shop.test/#top",
                               "https://b.test/x",
                               "--page",
                               "/a",
                               "--page",
                               "b",
                               "--states",
                               "accepted,untouched",
                               "--accept-selector",
                               "#yes",
                               "--reject-selector",
                               "text=No",
                               "--format",
                               "json",
                               "--out",
                               "result.json",
                               "--resolve",
                               "shop.test:443:192.0.2.1",
                               "--resolve",
                               "*:*:127.0.0.1",
                               "--ca",
                               ca,
                               "--allow-net",
                               "10.0.0.0/8",
                               "--proxy",
                               "http://proxy.test:3128",
                               "--user-agent",
                               "Test/1",
                               "--third-party-cookies",
                               "block",
                               "--rules",
                               "rules.json",
                               "--fail-on",
                               "high",
                               "--concurrency",
                               "1",
                               "--data-dir",
                               "/d",
                               "--data-sets",
                               "/s",
                               "--browser",
                               "/b",
                               "--no-sandbox",
                               "-v"});
  EXPECT_EQ(arguments.urls, (std::vector<std::string>{"https://shop.test/", "https://b.test/x"}));
  EXPECT_EQ(arguments.params.custom_pages, (std::vector<std::string>{"/a", "b"}));
  EXPECT_EQ(arguments.params.consent_states, (std::vector{record::ConsentState::accepted, record::ConsentState::untouched}));
  EXPECT_EQ(arguments.params.accept_selector, "#yes");
  EXPECT_EQ(arguments.params.reject_selector, "text=No");
  EXPECT_EQ(arguments.target.format, Format::json);
  EXPECT_EQ(arguments.target.out, "result.json");
  EXPECT_EQ(arguments.resolve.size(), 2U);
  EXPECT_EQ(arguments.common.browser.ca_certificates, std::vector<std::string>{pem});
  EXPECT_EQ(arguments.allow_nets.size(), 1U);
  ASSERT_TRUE(arguments.proxy);
  EXPECT_EQ(arguments.proxy->host, "proxy.test");
  EXPECT_EQ(arguments.common.browser.user_agent, "Test/1");
  EXPECT_EQ(arguments.common.browser.third_party_cookies, browser::ThirdPartyCookies::block);
  EXPECT_EQ(arguments.rules, "rules.json");
  EXPECT_EQ(arguments.fail_on.any, record::Severity::high);
  EXPECT_EQ(arguments.params.concurrency, 1);
  EXPECT_EQ(arguments.common.data_dir, "/d");
  EXPECT_EQ(arguments.common.data_sets, "/s");
  EXPECT_EQ(arguments.common.browser.executable, "/b");
  EXPECT_FALSE(arguments.common.browser.has_sandbox);
  EXPECT_TRUE(arguments.common.is_verbose);
}

TEST_F(ArgumentsTest, a_repeatable_option_does_not_swallow_the_url) {
  EXPECT_EQ(scan({"--page", "/a", "shop.test"}).urls, std::vector<std::string>{"https://shop.test/"});
  EXPECT_EQ(scan({"--allow-net", "10.0.0.0/8", "shop.test"}).urls, std::vector<std::string>{"https://shop.test/"});
  EXPECT_EQ(scan({"--resolve", "*:*:127.0.0.1", "shop.test"}).urls, std::vector<std::string>{"https://shop.test/"});
}

TEST_F(ArgumentsTest, options_go_before_the_parameter_file) {
  const auto file =
      write("params.json", R"({"custom_pages": ["/from-file"], "consent_states": ["rejected"], "accept_selector": "#file",
    "timeout": 9000, "concurrency": 2})");
  auto arguments = scan({"shop.test", "--params", file});
  EXPECT_EQ(arguments.params.timeout.count(), 9000);
  EXPECT_EQ(arguments.params.concurrency, 2);
  arguments = scan(
      {"shop.test", "--params", file, "--page", "/b", "--states", "accepted", "--accept-selector", "#b", "--concurrency", "4"});
  EXPECT_EQ(arguments.params.custom_pages, (std::vector<std::string>{"/from-file", "/b"}));
  EXPECT_EQ(arguments.params.consent_states, std::vector{record::ConsentState::accepted});
  EXPECT_EQ(arguments.params.accept_selector, "#b");
  EXPECT_EQ(arguments.params.concurrency, 4);
  EXPECT_EQ(arguments.params.timeout.count(), 9000);
}

TEST_F(ArgumentsTest, the_environment_stands_in_for_options_and_they_go_before_it) {
  set_environment("GANNET_DATA_DIR", "/env/data");
  set_environment("GANNET_DATA_SETS", "/env/sets");
  set_environment("GANNET_BROWSER", "/env/browser");
  auto arguments = scan({"shop.test"});
  EXPECT_EQ(arguments.common.data_dir, "/env/data");
  EXPECT_EQ(arguments.common.data_sets, "/env/sets");
  EXPECT_EQ(arguments.common.browser.executable, "/env/browser");
  arguments = scan({"shop.test", "--data-dir", "/given", "--data-sets", "/given/sets", "--browser", "/given/browser"});
  EXPECT_EQ(arguments.common.data_dir, "/given");
  EXPECT_EQ(arguments.common.data_sets, "/given/sets");
  EXPECT_EQ(arguments.common.browser.executable, "/given/browser");
}

TEST_F(ArgumentsTest, the_environment_counts_for_each_command) {
  set_environment("GANNET_DATA_DIR", "/env/data");
  for (const std::vector<std::string>& words : {std::vector<std::string>{"scan", "a.test"},
                                                {"scans"},
                                                {"show", "0192"},
                                                {"diff", "0192abcd"},
                                                {"delete", "0192"},
                                                {"data"},
                                                {"serve"},
                                                {"token", "--scopes", "admin"},
                                                {"schedules", "list"}})
    for (const bool is_given : {false, true}) {
      auto command = words;
      if (is_given) command.insert(command.end(), {"--data-dir", "/given"});
      const auto arguments = parse(command);
      const auto data_dir = std::visit(
          [](const auto& asked) -> std::filesystem::path {
            if constexpr (requires { asked.common; })
              return asked.common.data_dir;
            else if constexpr (requires { asked.service; })
              return asked.service.common.data_dir;
            else
              return "";
          },
          arguments);
      EXPECT_EQ(data_dir, is_given ? "/given" : "/env/data") << words.front();
    }
}

TEST_F(ArgumentsTest, kept_scans_are_listed_shown_and_deleted) {
  auto arguments = parse({"scans", "--host", "shop.test", "--limit", "3", "--format", "json"});
  ASSERT_TRUE(std::holds_alternative<ScansArguments>(arguments));
  EXPECT_EQ(std::get<ScansArguments>(arguments).host, "shop.test");
  EXPECT_EQ(std::get<ScansArguments>(arguments).limit, 3);
  EXPECT_EQ(std::get<ScansArguments>(arguments).format, Format::json);
  arguments = parse({"show", "0192abcd", "--format", "html", "--out", "page.html", "--rules", "r.json"});
  ASSERT_TRUE(std::holds_alternative<ReportArguments>(arguments));
  EXPECT_EQ(std::get<ReportArguments>(arguments).scan, "0192abcd");
  EXPECT_EQ(std::get<ReportArguments>(arguments).target.format, Format::html);
  EXPECT_EQ(std::get<ReportArguments>(arguments).target.out, "page.html");
  EXPECT_EQ(std::get<ReportArguments>(arguments).rules, "r.json");
  arguments = parse({"delete", "a1b2c3d4", "b1b2c3d4"});
  ASSERT_TRUE(std::holds_alternative<DeleteArguments>(arguments));
  EXPECT_EQ(std::get<DeleteArguments>(arguments).scans, (std::vector<std::string>{"a1b2c3d4", "b1b2c3d4"}));
  EXPECT_TRUE(scan({"a.test"}).is_kept);
  EXPECT_FALSE(scan({"a.test", "--no-save"}).is_kept);
  complaint({"scans", "--limit", "0"});
  complaint({"scans", "--format", "html"});
  complaint({"show"});
  complaint({"show", "0192", "--format", "xml"});
  complaint({"delete"});
}

TEST_F(ArgumentsTest, report_and_show_differ_in_the_default_format_only) {
  const auto parsed = [](std::vector<std::string> words) { return std::get<ReportArguments>(parse(std::move(words))); };
  EXPECT_EQ(parsed({"show", "0192abcd"}).target.format, Format::text);
  EXPECT_EQ(parsed({"report", "0192abcd"}).target.format, Format::html);
  for (const std::string command : {"show", "report"}) {
    const auto arguments = parsed({command, "0192abcd", "--format", "csv", "--table", "third-parties", "--fail-on", "high"});
    EXPECT_EQ(arguments.target.format, Format::csv);
    EXPECT_EQ(arguments.target.table, report::CsvTable::third_parties);
    EXPECT_EQ(arguments.fail_on, record::Severity::high);
  }
  EXPECT_EQ(complaint({"report", "0192abcd", "--table", "cookies"}),
            "gannet: --table goes with --format csv; the format is html\n");
  EXPECT_EQ(complaint({"report", "0192abcd", "--format", "csv", "--table", "cookie"}),
            "gannet: --table is 'cookie'; it must be cookies, storage, third-parties, findings or requests\n");
}

TEST_F(ArgumentsTest, the_data_command_knows_its_formats) {
  const auto arguments = parse({"data", "--format", "json", "--data-dir", "/d"});
  ASSERT_TRUE(std::holds_alternative<DataArguments>(arguments));
  EXPECT_EQ(std::get<DataArguments>(arguments).format, Format::json);
  EXPECT_EQ(std::get<DataArguments>(arguments).common.data_dir, "/d");
  EXPECT_EQ(complaint({"data", "--format", "html"}), "gannet: --format is 'html'; it must be text or json\n");
}

TEST_F(ArgumentsTest, retention_has_defaults_and_a_dry_run) {
  const auto plain = std::get<PruneArguments>(parse({"prune"}));
  EXPECT_EQ(plain.retention.scans, std::chrono::days(90));
  EXPECT_EQ(plain.retention.screenshots, std::chrono::days(30));
  EXPECT_EQ(plain.mode, store::PruneMode::apply);
  const auto all = std::get<PruneArguments>(parse({"prune", "--visits-days", "7", "--screenshots-days", "1", "--dry-run"}));
  EXPECT_EQ(all.retention.scans, std::chrono::days(7));
  EXPECT_EQ(all.retention.screenshots, std::chrono::days(1));
  EXPECT_EQ(all.mode, store::PruneMode::dry_run);
  complaint({"prune", "--visits-days", "0"});
  complaint({"prune", "--screenshots-days", "40000"});
}

TEST_F(ArgumentsTest, a_backup_needs_a_file) {
  EXPECT_EQ(std::get<BackupArguments>(parse({"backup", "x.tar.zst"})).file, "x.tar.zst");
  EXPECT_EQ(std::get<RestoreArguments>(parse({"restore", "x.tar.zst"})).file, "x.tar.zst");
  complaint({"backup"});
  complaint({"restore", ""});
}

TEST_F(ArgumentsTest, reinspect_takes_scans_or_all_of_them) {
  EXPECT_EQ(std::get<ReinspectArguments>(parse({"reinspect", "01234567", "89abcdef"})).scans.size(), 2U);
  EXPECT_TRUE(std::get<ReinspectArguments>(parse({"reinspect", "--all"})).scans.empty());
  EXPECT_NE(complaint({"reinspect"}).find("a scan, or --all"), std::string::npos);
  EXPECT_NE(complaint({"reinspect", "--all", "01234567"}).find("not both"), std::string::npos);
}

TEST_F(ArgumentsTest, two_scans_are_compared_or_one_with_the_one_before_it) {
  auto arguments = std::get<DiffArguments>(parse({"diff", "base.json", "0192abcd", "--format", "json", "--out", "o.json",
                                                  "--rules", "r.json", "--exit-code", "--any-host"}));
  EXPECT_EQ(arguments.older, "base.json");
  EXPECT_EQ(arguments.newer, "0192abcd");
  EXPECT_EQ(arguments.format, Format::json);
  EXPECT_EQ(arguments.out, "o.json");
  EXPECT_EQ(arguments.rules, "r.json");
  EXPECT_TRUE(arguments.has_exit_code);
  EXPECT_TRUE(arguments.allows_other_host);
  arguments = std::get<DiffArguments>(parse({"diff", "0192ABCD-45c0"}));
  EXPECT_EQ(arguments.older, "");
  EXPECT_EQ(arguments.newer, "0192ABCD-45c0");
  EXPECT_FALSE(arguments.has_exit_code);
  EXPECT_EQ(complaint({"diff", "./0192abcd"}),
            "gannet: './0192abcd' is a file, so the scan to compare it with must be named as well\n");
  EXPECT_EQ(complaint({"diff", "-", "-"}), "gannet: only one of the two scans can be read from standard input\n");
  EXPECT_EQ(complaint({"diff", "a.json", "b.json", "--format", "html"}), "gannet: --format is 'html'; it must be text or json\n");
}

TEST_F(ArgumentsTest, findings_decide_by_severity_and_by_whether_the_baseline_has_them) {
  const auto fail_on = [&](const char* text) { return scan({"a.test", "--baseline", "b.json", "--fail-on", text}).fail_on; };
  EXPECT_EQ(fail_on("high").any, record::Severity::high);
  EXPECT_EQ(fail_on("high").not_in_baseline, std::nullopt);
  EXPECT_EQ(fail_on("new:low").any, std::nullopt);
  EXPECT_EQ(fail_on("new:low").not_in_baseline, record::Severity::low);
  EXPECT_EQ(fail_on("critical,new:info").any, record::Severity::critical);
  EXPECT_EQ(fail_on("new:info,critical").not_in_baseline, record::Severity::info);
  EXPECT_TRUE(scan({"a.test", "--baseline", "b.json", "--any-host"}).allows_other_host);
}

TEST_F(ArgumentsTest, a_wrong_value_is_answered_with_what_would_be_right) {
  const std::pair<std::vector<std::string>, const char*> k_cases[] = {
      {{"--format", "xml"}, "--format is 'xml'; it must be text, json, html, pdf, csv, har, sarif or junit"},
      {{"--fail-on", "bad"}, "--fail-on is 'bad'; it must be info, low, medium, high or critical"},
      {{"--baseline", "b.json", "--fail-on", "new:"},
       "--fail-on is 'new:'; it must be a severity, new: with a severity, or both as high,new:low"},
      {{"--baseline", "b.json", "--fail-on", "high,low"}, "--fail-on is 'high,low'; it must be a severity, new: with a severity"},
      {{"--fail-on", "new:high"}, "--fail-on new: needs a --baseline to tell what is new"},
      {{"--baseline", ""}, "--baseline"},
      {{"https://b.test/", "--baseline", "b.json"}, "--baseline is of one site; scan the 2 URLs one by one"},
      {{"--third-party-cookies", "maybe"}, "--third-party-cookies is 'maybe'; it must be allow or block"},
      {{"--states", "maybe"}, "'maybe' is not a consent state; known are untouched, rejected and accepted"},
      {{"--states", "accepted,accepted"}, "consent state 'accepted' is named twice"},
      {{"--user-agent", "a\nHost: evil"}, "--user-agent contains a control character"},
      {{"--concurrency", "0"}, "--concurrency"},
      {{"--concurrency", "21"}, "--concurrency"},
      {{"--concurrency", "many"}, "--concurrency"},
      {{"--accept-selector", "#yes["}, "--accept-selector: the selector '#yes[' is wrong: a quote or bracket is not closed"},
      {{"--reject-selector", "//button"}, "--reject-selector: the selector '//button' is wrong: XPath is not understood"},
      {{"--page", "mailto:x@shop.test"}, "mailto:x@shop.test"},
      {{"--resolve", "shop.test"}, "shop.test"},
      {{"--allow-net", "10.0.0.0/99"}, "10.0.0.0/99"},
      {{"--proxy", "socks5://proxy.test"}, "socks5"},
      {{"--ca", "/no/such/file.pem"}, "/no/such/file.pem"},
      {{"--params", "/no/such/file.json"}, "/no/such/file.json"},
      {{"--no-such-option"}, "--no-such-option"},
      {{"--format"}, "--format"},
      {{"https://b.test/", "--format", "html"}, "--format html makes one document; scan the 2 URLs one by one"},
  };
  for (const auto& [options, words] : k_cases) {
    std::vector<std::string> command{"scan", "shop.test"};
    command.insert(command.end(), options.begin(), options.end());
    const auto text = complaint(command);
    EXPECT_NE(text.find(words), std::string::npos) << text;
  }
}

TEST_F(ArgumentsTest, what_may_have_been_meant_is_offered) {
  EXPECT_EQ(complaint({"scan", "shop.test", "--fromat", "json"}),
            "gannet: The following argument was not expected: --fromat Did you mean '--format'?\nTry 'gannet scan --help'.\n");
  EXPECT_NE(complaint({"scna"}).find("Did you mean 'scan'?"), std::string::npos);
  EXPECT_EQ(complaint({"elephant"}).find("Did you mean"), std::string::npos);
}

TEST_F(ArgumentsTest, a_parameter_file_that_is_wrong_is_named_with_the_field) {
  const auto file = write("params.json", R"({"max_retries": 6})");
  EXPECT_EQ(complaint({"scan", "shop.test", "--params", file}),
            fmt::format("gannet: {}: max_retries is 6; it must be a whole number from 0 to 5\n", file));
  const auto other = write("other.json", R"({"accept_selector": "text="})");
  EXPECT_EQ(complaint({"scan", "shop.test", "--params", other}),
            fmt::format("gannet: {}: accept_selector: the selector 'text=' is wrong: text= names no text\n", other));
}

TEST_F(ArgumentsTest, an_address_that_is_no_website_is_refused) {
  for (const auto* url : {"ftp://shop.test/", "https://user:secret@shop.test/", "file:///etc/passwd", "https://", "a b"}) {
    const auto text = complaint({"scan", url});
    EXPECT_EQ(text.find("secret"), std::string::npos) << text;
  }
}

TEST_F(ArgumentsTest, what_is_typed_cannot_write_to_the_terminal) {
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"scan", "https://\x1b[31m"}, {"scan", "a.test", "--format", "\x1b[31m"}, {"scan", "--\x1b[31m"}})
    EXPECT_EQ(complaint(words).find('\x1b'), std::string::npos);
}

TEST_F(ArgumentsTest, nothing_and_too_much_are_wrong_usage) {
  EXPECT_NE(complaint({"scan"}).find("gannet scan --help"), std::string::npos);
  EXPECT_NE(complaint({"fly"}).find("gannet --help"), std::string::npos);
  complaint({"scan", "a.test", "data"});
  complaint({"data", "surplus"});
}

TEST_F(ArgumentsTest, help_and_version_are_no_errors) {
  for (const std::vector<std::string>& words : {std::vector<std::string>{}, {"--help"}, {"scan", "--help"}, {"data", "-h"}}) {
    const auto arguments = parse(words);
    ASSERT_TRUE(std::holds_alternative<Printed>(arguments));
    EXPECT_EQ(std::get<Printed>(arguments).exit_code, 0);
    EXPECT_NE(std::get<Printed>(arguments).text.find("gannet"), std::string::npos);
  }
  const auto arguments = parse({"--version"});
  EXPECT_EQ(std::get<Printed>(arguments).text, fmt::format("gannet {}\n", version()));
}

}  // namespace
}  // namespace gannet::app
