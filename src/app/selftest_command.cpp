// selftest: tries each tier of a running service over its API and prints the lines that guide 000 prints.
#include <boost/json.hpp>

#include "app/commands.hpp"
#include "app/output.hpp"
#include "base/text.hpp"
#include "base/version.hpp"
#include "net/address.hpp"
#include "net/http_client.hpp"
#include "net/resolver.hpp"

namespace gannet::app {

using namespace std::chrono_literals;
namespace json = boost::json;

namespace {

constexpr auto k_scan_limit = 5min;
constexpr auto k_look_interval = 1s;

class Selftest {
 public:
  Selftest(boost::asio::io_context& context, const SelftestArguments& arguments)
      : executor_(context.get_executor()),
        arguments_(arguments),
        // What is typed on the command line may be anywhere, the machine itself above all.
        policy_({net::Network::parse("0.0.0.0/0").value(), net::Network::parse("::/0").value()}),
        resolver_(executor_, clock_, {}),
        client_(executor_, resolver_, policy_, {.user_agent = "gannet-selftest/" + std::string(version())}) {}

  /// Whether every tier that is built works.
  aio::Task<bool> run() {
    const std::string line(80, '=');
    say("{}\n  Three-Tier Scanning System Tests\n{}\n", line, line);
    say("API URL: {}\nTest Domain: {}\nAuth: {}\n", arguments_.api_url, arguments_.domain,
        arguments_.token.empty() ? "Disabled" : "Enabled");
    int passed = 0;
    for (const auto& [title, tier] :
         {std::pair<const char*, aio::Task<bool> (Selftest::*)()>{"TIER 1: Quick Scan Test", &Selftest::quick},
          {"TIER 3: Scheduled Scan Test", &Selftest::scheduled}}) {
      say("{}\n  {}\n{}\n", line, title, line);
      if (co_await (this->*tier)()) ++passed;
    }
    say("{}\n  TIER 2: Deep Scan Test\n{}\n\nNOT BUILT: this version of Gannet has no deep scan yet\n", line, line);
    say("{}\n  OVERALL: {}/2 tiers passed, 1 not built\n{}", line, passed, line);
    co_await client_.stop();
    co_return passed == 2;
  }

  std::string take_text() && { return std::move(text_); }

 private:
  template <class... Args>
  void say(fmt::format_string<Args...> format, Args&&... args) {
    text_ += fmt::format(format, std::forward<Args>(args)...) + "\n";
  }
  bool check(bool is_right, const std::string& what, const std::string& why = "") {
    say("{} {}: {}{}", is_right ? "\u2705" : "\u274c", is_right ? "PASS" : "FAIL", what,
        is_right || why.empty() ? "" : " (" + printable(why, 300) + ")");
    return is_right;
  }

  struct Answer {
    int status = 0;
    json::object body = {};
    std::string problem = {};
  };
  aio::Task<Answer> ask(std::string method, std::string path, std::string body = "") {
    auto url = net::Url::parse(arguments_.api_url + path);
    if (!url) co_return Answer{.problem = url.error().describe()};
    net::FetchRequest request{.method = std::move(method), .url = std::move(*url)};
    if (!arguments_.token.empty()) request.headers.add("Authorization", "Bearer " + arguments_.token);
    if (!body.empty()) request.headers.add("Content-Type", "application/json");
    request.body = std::move(body);
    auto response = co_await client_.fetch(aio::Scope::background().within(30s), std::move(request));
    if (!response) co_return Answer{.problem = response.error().describe()};
    Answer answer{.status = response->status};
    boost::system::error_code wrong;
    auto document = json::parse(response->body, wrong);
    if (!wrong && document.is_object()) answer.body = std::move(document.as_object());
    if (answer.status >= 400) answer.problem = fmt::format("status {}: {}", answer.status, response->body);
    co_return answer;
  }
  static std::string text_of(const json::object& object, std::string_view name) {
    const auto* value = object.if_contains(name);
    return value && value->is_string() ? std::string(value->as_string()) : "";
  }

  aio::Task<bool> quick() {
    say("Test 1: Run a quick scan");
    const auto made = co_await ask(
        "POST", "/api/v1/scans",
        json::serialize(json::object{
            {"domain", arguments_.domain}, {"scan_mode", "quick"}, {"params", {{"consent_states", {"untouched"}}}}}));
    const auto id = text_of(made.body, "scan_id");
    if (!check(made.status == 201 && !id.empty(), "Created quick scan: " + id, made.problem)) co_return false;
    const auto scope = aio::Scope::background().within(k_scan_limit);
    std::string status = "pending";
    Answer scan;
    while (status == "pending" || status == "running") {
      if (!co_await aio::sleep(executor_, scope, k_look_interval)) break;
      scan = co_await ask("GET", "/api/v1/scans/" + id);
      if (scan.status != 200) break;
      status = text_of(scan.body, "status");
    }
    co_return check(status == "success" || status == "partial", "Scan status: " + status,
                    scan.problem.empty() ? text_of(scan.body, "reason") : scan.problem);
  }

  aio::Task<bool> scheduled() {
    bool is_right = true;
    const auto make = [this](std::string scan_type, json::object scan_params, std::string frequency, json::object time_config) {
      return json::serialize(json::object{{"domain", arguments_.domain},
                                          {"domain_config_id", "550e8400-e29b-41d4-a716-446655440000"},
                                          {"scan_type", scan_type},
                                          {"scan_params", std::move(scan_params)},
                                          {"frequency", frequency},
                                          {"time_config", std::move(time_config)},
                                          {"enabled", false}});
    };
    say("Test 1: Create quick scheduled scan");
    const auto first = co_await ask("POST", "/api/v1/schedules",
                                    make("quick", {{"custom_pages", {"/"}}}, "daily", {{"hour", 9}, {"minute", 0}}));
    const auto first_id = text_of(first.body, "schedule_id");
    is_right &= check(first.status == 201, "Created quick schedule: " + first_id, first.problem);
    is_right &= check(text_of(first.body, "scan_type") == "quick", "Scan type: " + text_of(first.body, "scan_type"));
    is_right &= check(text_of(first.body, "frequency") == "daily", "Frequency: " + text_of(first.body, "frequency"));
    say("\nTest 2: Create deep scheduled scan");
    const auto second =
        co_await ask("POST", "/api/v1/schedules",
                     make("deep", {{"max_pages", 5000}}, "weekly", {{"day_of_week", "monday"}, {"hour", 2}, {"minute", 0}}));
    const auto second_id = text_of(second.body, "schedule_id");
    is_right &= check(second.status == 201, "Created deep schedule: " + second_id, second.problem);
    const auto* params = second.body.if_contains("scan_params");
    is_right &= check(params && params->is_object() && params->as_object().contains("max_pages"), "Max pages: 5000");
    say("\nTest 3: Read back and delete");
    for (const auto& id : {first_id, second_id}) {
      if (id.empty()) continue;
      const auto read = co_await ask("GET", "/api/v1/schedules/" + id);
      is_right &= check(read.status == 200, "Read schedule: " + id, read.problem);
      const auto removed = co_await ask("DELETE", "/api/v1/schedules/" + id);
      is_right &= check(removed.status == 204, "Deleted schedule: " + id, removed.problem);
    }
    say("");
    co_return is_right;
  }

  aio::Executor executor_;
  const SelftestArguments& arguments_;
  SystemClock clock_;
  const net::AddressPolicy policy_;
  net::Resolver resolver_;
  net::HttpClient client_;
  std::string text_;
};

}  // namespace

int run_command(const SelftestArguments& arguments) {
  boost::asio::io_context context(1);
  auto output = Output::open({});
  if (!output) return complain(output.error());
  Selftest selftest(context, arguments);
  const bool is_right = aio::run(context, selftest.run());
  output->add(std::move(selftest).take_text());
  if (auto finished = output->finish(); !finished) return complain(finished.error());
  return is_right ? 0 : 1;
}

}  // namespace gannet::app
