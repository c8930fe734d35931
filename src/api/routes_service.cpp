// About the service itself: status page, health, metrics, documentation. Open to everybody, because probes and scrapers have no
// tokens; none of it shows what belongs to an organisation.
#include <array>

#include "api/impl/context.hpp"
#include "base/file.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "base/version.hpp"
#include "embedded/docs_page.hpp"
#include "embedded/docs_script.hpp"
#include "embedded/status_page.hpp"

namespace gannet::api {
namespace {

constexpr std::string_view k_page_policy =
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

void write_components(JsonWriter& json, const std::vector<ComponentHealth>& components, Instant now) {
  json.object("components", [&] {
    for (const auto& component : components)
      json.object(component.name, [&] {
        json.field("state", to_string(component.state));
        if (!component.detail.empty()) json.field("detail", printable(component.detail, 500));
        json.field("checked_at", format_instant(component.checked_at));
        json.field("age_seconds", std::chrono::floor<std::chrono::seconds>(now - component.checked_at).count());
      });
  });
}

net::HttpResponse health_response(const Context& context, int status, std::string_view word,
                                  const std::vector<ComponentHealth>& components) {
  const Instant now = context.parts.clock.now();
  auto response = json_object(status, [&](JsonWriter& json) {
    json.field("status", word);
    json.field("state", to_string(overall(components)));
    json.field("version", version());
    json.field("timestamp", format_instant(now));
    write_components(json, components, now);
  });
  response.headers.add("Cache-Control", "no-store");
  return response;
}

aio::Task<Reply> show_root(const Context& context, Call& call) {
  if (call.request.headers.joined("Accept").find("text/html") != std::string::npos) {
    std::string page(embedded::status_page);
    const auto put = [&page](std::string_view mark, std::string_view text) { page.replace(page.find(mark), mark.size(), text); };
    put("{{state}}", to_string(overall(context.parts.health())));
    put("{{version}}", version());
    auto response = net::HttpResponse::text(200, "text/html; charset=utf-8", std::move(page));
    response.headers.add("Content-Security-Policy", std::string(k_page_policy));
    response.headers.add("Vary", "Accept");
    co_return response;
  }
  auto response = json_object(200, [](JsonWriter& json) {
    json.field("service", "gannet");
    json.field("version", version());
    json.object("links", [&] {
      json.field("health", "/health");
      json.field("docs", "/docs");
      json.field("openapi", "/openapi.json");
      json.field("metrics", "/metrics");
      json.field("api", "/api/v1");
    });
  });
  response.headers.add("Vary", "Accept");
  co_return response;
}

/// Alive: no I/O, so that a database that is away does not get the service restarted.
aio::Task<Reply> show_health(const Context& context, Call&) {
  co_return health_response(context, 200, context.options.health_status_word, context.parts.health());
}

aio::Task<Reply> show_alive(const Context&, Call&) {
  co_return json_object(200, [](JsonWriter& json) { json.field("status", "alive"); });
}

/// Whether requests should be sent here: not while it starts or stops, nor without a database.
aio::Task<Reply> show_ready(const Context& context, Call& call) {
  auto answered = co_await context.parts.database.read(call.scope.within(std::chrono::seconds(2)),
                                                       [](db::Tx& tx) { return tx.query_one<std::int64_t>("SELECT 1"); });
  std::string_view reason = !context.parts.is_ready() ? "starting or stopping" : "the database does not answer";
  const bool is_ready = context.parts.is_ready() && answered.has_value();
  if (is_ready) co_return json_object(200, [](JsonWriter& json) { json.field("status", "ready"); });
  auto response = json_object(503, [&](JsonWriter& json) {
    json.field("status", "not ready");
    json.field("reason", reason);
  });
  response.headers.add("Retry-After", "5");
  co_return response;
}

aio::Task<Reply> show_checked_health(const Context& context, Call& call) {
  const auto components = co_await context.parts.check_health(call.scope.within(std::chrono::seconds(5)));
  const auto state = overall(components);
  const bool is_working = state != HealthState::unhealthy;
  co_return health_response(context, is_working ? 200 : 503, is_working ? context.options.health_status_word : "error",
                            components);
}

aio::Task<Reply> show_metrics(const Context& context, Call&) {
  MetricsWriter writer;
  context.requests.write(writer);
  context.parts.write_metrics(writer);
  auto response = net::HttpResponse::text(200, "text/plain; version=0.0.4; charset=utf-8", std::move(writer).take());
  response.headers.add("Cache-Control", "no-store");
  co_return response;
}

net::HttpResponse prepared(const Call& call, std::string type, const std::shared_ptr<const net::PreparedBody>& body) {
  auto response = net::HttpResponse::text(200, std::move(type), "");
  response.prepared = body;
  response.headers.add("Cache-Control", "no-cache");
  return net::with_etag(call.request, std::move(response), body->etag);
}

aio::Task<Reply> show_openapi(const Context& context, Call& call) {
  co_return prepared(call, "application/json", context.openapi);
}

std::string type_of(std::string_view name) {
  if (name.ends_with(".css")) return "text/css; charset=utf-8";
  if (name.ends_with(".js")) return "text/javascript; charset=utf-8";
  if (name.ends_with(".png")) return "image/png";
  return "text/html; charset=utf-8";
}

Reply page(const Context& context, const Call& call, std::string_view name) {
  const auto found = context.pages.find(name);
  if (found == context.pages.end()) return not_found("page", name);
  auto response = prepared(call, type_of(name), found->second);
  response.headers.add("Content-Security-Policy", std::string(k_page_policy));
  return response;
}

aio::Task<Reply> show_docs(const Context& context, Call& call) { co_return page(context, call, "index.html"); }
aio::Task<Reply> show_docs_file(const Context& context, Call& call) { co_return page(context, call, call.path.at("file")); }

}  // namespace

void load_pages(Context& context) {
  if (context.options.swagger_ui.empty()) return;
  for (const char* name : {"swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png"}) {
    auto content = read_file(context.options.swagger_ui / name);
    if (!content) {
      LOG_WARNING("api", "/docs is left out: {}", content.error().describe());
      context.pages.clear();
      return;
    }
    context.pages.emplace(name, std::make_shared<net::PreparedBody>(std::move(*content)));
  }
  context.pages.emplace("index.html", std::make_shared<net::PreparedBody>(std::string(embedded::docs_page)));
  context.pages.emplace("docs.js", std::make_shared<net::PreparedBody>(std::string(embedded::docs_script)));
}

std::vector<Route> service_routes(const Context& context) {
  const auto open = [&](std::string_view path, std::string_view id, std::string_view summary, std::vector<Answer> answers,
                        Operation operation) {
    return Route{.method = "GET",
                 .path = path,
                 .id = id,
                 .tag = "service",
                 .summary = summary,
                 .access = Access::open,
                 .bucket = Bucket::none,
                 .answers = std::move(answers),
                 .handler = bind(context, operation)};
  };
  return {
      open("/", "show_root", "What this is, as a page or as JSON", {{200, "Links.", "Root"}}, show_root),
      open("/health", "show_health", "What the parts last said; always 200 while the service is alive",
           {{200, "Alive.", "Health"}}, show_health),
      open("/live", "show_alive", "Whether the process runs", {{200, "It does.", "Status"}}, show_alive),
      open("/ready", "show_ready", "Whether requests should be sent here",
           {{200, "They should.", "Status"}, {503, "Not now.", "Status"}}, show_ready),
      open("/api/v1/health", "check_health", "The parts asked now: database, Redis, scheduler",
           {{200, "Healthy or degraded.", "Health"}, {503, "Unhealthy.", "Health"}}, show_checked_health),
      open("/metrics", "show_metrics", "Numbers for Prometheus", {{200, "Text exposition.", "", "text/plain"}}, show_metrics),
      open("/openapi.json", "show_openapi", "This document", {{200, "OpenAPI 3.1.", "OpenApi"}, {304, "Unchanged."}},
           show_openapi),
      open("/docs", "show_docs", "This document as a page to try it",
           {{200, "Swagger UI.", "", "text/html"},
            {304, "Unchanged."},
            {404, "Not installed.", "Problem", "application/problem+json"}},
           show_docs),
      open("/docs/{file}", "show_docs_file", "A file of that page", {{200, "The file.", "", "text/css"}, {304, "Unchanged."}},
           show_docs_file),
  };
}

}  // namespace gannet::api
