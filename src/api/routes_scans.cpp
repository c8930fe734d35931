// Scans that somebody asks for: queued here, run by whoever has the role of a scanner.
#include <algorithm>

#include <boost/asio/this_coro.hpp>

#include "api/impl/context.hpp"
#include "api/impl/idempotency.hpp"
#include "base/text.hpp"
#include "queue/queue.hpp"
#include "record/scan.hpp"
#include "site/site.hpp"
#include "store/scan_requests.hpp"

namespace gannet::api {
namespace {

using identity::AccessScope;
using store::RequestedScan;
using store::ScanRequest;

constexpr std::string_view k_queue = "scans";
constexpr std::string_view k_kind = "scan";
/// A stream looks this often: the guides' interval.
constexpr std::chrono::seconds k_stream_interval{2};
constexpr std::size_t k_batch_max = 10;

bool has_ended(std::string_view status) { return status != "pending" && status != "running"; }

void write_scan(JsonWriter& json, const RequestedScan& scan) {
  const auto& request = scan.request;
  json.field("scan_id", request.id.to_string());
  json.field("domain", request.domain);
  json.field("start_url", request.start_url);
  json.field("domain_config_id", request.site.to_string());
  json.field("scan_mode", request.scan_type);
  json.key("params");
  json.raw(request.params);
  optional_field(json, "profile_id", request.profile);
  optional_field(json, "schedule_id", request.schedule);
  json.field("requested_by", request.requested_by);
  json.field("status", scan.status);
  json.field("reason", scan.reason);
  json.field("created_at", format_instant(scan.created_at));
  optional_field(json, "started_at", scan.started_at);
  optional_field(json, "completed_at", scan.ended_at);
  optional_field(json, "page_count", scan.page_count);
  optional_field(json, "cookie_count", scan.cookie_count);
}

/// What a body asks for; mistakes are the body's.
ScanRequest read_request(const Context& context, const Call& call, BodyReader& body) {
  ScanRequest request;
  request.id = ScanId::make(context.parts.clock, context.parts.random);
  request.organisation = call.principal.organisation;
  request.requested_by = call.principal.name;
  const std::string domain = body.required_text("domain", {.min = 1, .max = 2048});
  if (auto read = site::normalise_domain(domain)) {
    request.domain = read->domain;
    request.start_url = read->start_url;
  } else if (!domain.empty()) {
    body.wrong("domain", read.error().message());
  }
  // A scan that names no site belongs to the one of its domain.
  const std::string config = body.text("domain_config_id", {.min = 1}).value_or(request.domain);
  if (config.empty()) return request;
  if (auto id = site::site_id_of(request.organisation, config))
    request.site = *id;
  else
    body.wrong("domain_config_id", id.error().message());
  request.scan_type = to_lower(body.text("scan_mode").value_or("quick"));
  if (request.scan_type != "quick" && request.scan_type != "deep") body.wrong("scan_mode", "must be quick or deep");
  request.params = body.object("params").value_or("{}");
  request.profile = body.id<ProfileId>("profile_id");
  return request;
}

Result<RequestedScan> enqueue(db::Tx& tx, const ScanRequest& request) {
  TRY(store::create_scan_request(tx, request));
  queue::NewJob job;
  job.id = JobId(request.id.uuid());
  job.queue = k_queue;
  job.kind = k_kind;
  job.payload = fmt::format(R"({{"scan_id":"{}"}})", request.id.to_string());
  job.organisation = request.organisation;
  job.timeout = std::chrono::hours(1);
  TRY(queue::enqueue(tx, job));
  return TRY(store::find_scan_request(tx, request.organisation, request.id)).value();
}

aio::Task<Reply> queue_scan(const Context& context, Call& call, ScanRequest request, identity::AuditEvent event) {
  auto reply = co_await once(context, call, [request, event](db::Tx& tx) -> Result<KeptReply> {
    const auto scan = TRY(enqueue(tx, request));
    TRY(identity::record_audit(tx, event));
    JsonWriter json(false);
    json.object([&] { write_scan(json, scan); });
    return KeptReply{201, std::move(json).take(), "/api/v1/scans/" + request.id.to_string(), ""};
  });
  if (reply) context.parts.coordination.wake(k_queue);
  co_return reply;
}

aio::Task<Reply> create_scan(const Context& context, Call& call) {
  auto body = BodyReader::parse(call.request);
  if (!body) co_return refuse(std::move(body.error()));
  auto request = read_request(context, call, *body);
  if (auto problem = body->finish()) co_return refuse(std::move(*problem));
  auto event = audit(call, "scan.create", "scan", request.id.to_string());
  co_return co_await queue_scan(context, call, std::move(request), std::move(event));
}

aio::Task<Reply> create_batch(const Context& context, Call& call) {
  auto body = BodyReader::parse(call.request);
  if (!body) co_return refuse(std::move(body.error()));
  const auto domains = body->texts("domains", k_batch_max, {.min = 1, .max = 2048});
  if (!domains || domains->empty()) body->wrong("domains", fmt::format("must be 1 to {} domains", k_batch_max));
  ScanRequest shared;
  shared.scan_type = to_lower(body->text("scan_mode").value_or("quick"));
  if (shared.scan_type != "quick" && shared.scan_type != "deep") body->wrong("scan_mode", "must be quick or deep");
  shared.params = body->object("params").value_or("{}");
  shared.profile = body->id<ProfileId>("profile_id");
  shared.organisation = call.principal.organisation;
  shared.requested_by = call.principal.name;
  if (auto problem = body->finish()) co_return refuse(std::move(*problem));

  struct Entry {
    std::string domain;
    std::string error;
    ScanRequest request;
  };
  std::vector<Entry> entries;
  for (const auto& domain : *domains) {
    Entry entry{domain, "", shared};
    auto read = site::normalise_domain(domain);
    auto id = read ? site::site_id_of(shared.organisation, read->domain) : Result<SiteId>(std::unexpected(read.error()));
    if (id) {
      entry.request.id = ScanId::make(context.parts.clock, context.parts.random);
      entry.request.domain = read->domain;
      entry.request.start_url = read->start_url;
      entry.request.site = *id;
    } else {
      entry.error = id.error().message();
    }
    entries.push_back(std::move(entry));
  }
  auto reply =
      co_await once(context, call, [entries, event = audit(call, "scan.batch", "scan")](db::Tx& tx) -> Result<KeptReply> {
        for (const auto& entry : entries)
          if (entry.error.empty()) TRY(enqueue(tx, entry.request));
        TRY(identity::record_audit(tx, event));
        const auto failed = std::ranges::count_if(entries, [](const Entry& entry) { return !entry.error.empty(); });
        JsonWriter json(false);
        json.object([&] {
          json.field("total", entries.size());
          json.field("queued", std::int64_t(entries.size()) - failed);
          json.field("failed", failed);
          json.array("results", [&] {
            for (const auto& entry : entries)
              json.object([&] {
                json.field("domain", entry.domain);
                optional_field(json, "scan_id", entry.error.empty() ? std::optional(entry.request.id) : std::nullopt);
                optional_field(json, "error", entry.error.empty() ? std::nullopt : std::optional(entry.error));
              });
          });
        });
        return KeptReply{202, std::move(json).take(), "", ""};
      });
  if (reply) context.parts.coordination.wake(k_queue);
  co_return reply;
}

struct ScanPage {
  std::vector<RequestedScan> scans;
  std::int64_t total = 0;
};

aio::Task<Reply> list_scans(const Context& context, Call& call) {
  QueryReader query(call);
  const Page page = read_page(query);
  store::ScanRequestFilter filter;
  filter.domain = to_lower(query.text("domain").value_or(""));
  filter.status = query.choice("status", "pending|running|success|partial|failed|cancelled").value_or("");
  filter.scan_type = query.choice("scan_mode", "quick|deep").value_or("");
  filter.schedule = query.id<ScheduleId>("schedule_id");
  const auto after = query.cursor<ScanId>("cursor");
  if (after && page.page > 1) query.wrong("cursor", "stands in place of page; send one of them");
  if (auto problem = query.finish()) co_return refuse(std::move(*problem));
  // One more than is shown says whether there is another page.
  const store::PageOf wanted{.limit = page.page_size + 1, .offset = page.offset(), .after = after};
  auto found = co_await context.parts.database.read(
      call.scope, [organisation = call.principal.organisation, filter, wanted](db::Tx& tx) -> Result<ScanPage> {
        return ScanPage{TRY(store::list_scan_requests(tx, organisation, filter, wanted)),
                        TRY(store::count_scan_requests(tx, organisation, filter))};
      });
  if (!found) co_return refuse(found.error());
  const auto next = cut_page(found->scans, std::size_t(page.page_size),
                             [](const RequestedScan& scan) { return cursor_text(scan.created_at, scan.request.id); });
  co_return json_object(200, [&](JsonWriter& json) {
    json.array("items", [&] {
      for (const auto& scan : found->scans) json.object([&] { write_scan(json, scan); });
    });
    json.field("total", found->total);
    json.field("page", page.page);
    json.field("page_size", page.page_size);
    json.field("has_next", next.has_value());
    json.field("has_prev", page.page > 1 || after);
    optional_field(json, "next_cursor", next);
  });
}

Result<RequestedScan> load(db::Tx& tx, OrganisationId organisation, ScanId id) {
  auto scan = TRY(store::find_scan_request(tx, organisation, id));
  if (!scan) return fail(ErrorKind::not_found, "there is no scan {}", id.to_string());
  return *scan;
}

aio::Task<Reply> show_scan(const Context& context, Call& call) {
  const auto id = path_id<ScanId>(call, "scan_id");
  if (!id) co_return refuse(id.error());
  auto scan = co_await context.parts.database.read(
      call.scope, [organisation = call.principal.organisation, id = *id](db::Tx& tx) { return load(tx, organisation, id); });
  if (!scan) co_return refuse(scan.error());
  co_return json_object(200, [&](JsonWriter& json) { write_scan(json, *scan); });
}

/// The scan with what its job reports.
struct Progress {
  RequestedScan scan;
  std::string progress = "null";
};

Result<Progress> load_progress(db::Tx& tx, OrganisationId organisation, ScanId id) {
  Progress found{TRY(load(tx, organisation, id))};
  if (const auto job = TRY(queue::find_job(tx, JobId(id.uuid()))); job && job->progress) found.progress = *job->progress;
  return found;
}

std::string progress_text(const Progress& found) {
  JsonWriter json(false);
  json.object([&] {
    json.field("scan_id", found.scan.request.id.to_string());
    json.field("status", found.scan.status);
    json.field("reason", found.scan.reason);
    optional_field(json, "started_at", found.scan.started_at);
    optional_field(json, "completed_at", found.scan.ended_at);
    json.key("progress");
    json.raw(found.progress);
  });
  return std::move(json).take();
}

aio::Task<Reply> show_progress(const Context& context, Call& call) {
  const auto id = path_id<ScanId>(call, "scan_id");
  if (!id) co_return refuse(id.error());
  auto found = co_await context.parts.database.read(call.scope, [organisation = call.principal.organisation, id = *id](
                                                                    db::Tx& tx) { return load_progress(tx, organisation, id); });
  if (!found) co_return refuse(found.error());
  co_return json_response(200, progress_text(*found));
}

/// Server-sent events (WHATWG HTML §9.2): `progress` whenever it changed, a comment otherwise so that a dead peer is noticed, and
/// `close` at the end.
aio::Task<void> stream_progress(const Context* context, OrganisationId organisation, ScanId id, aio::Executor executor,
                                aio::Scope scope, net::BodySink* sink) {
  std::string last;
  while (true) {
    auto found = co_await context->parts.database.read(
        scope.within(std::chrono::seconds(10)), [organisation, id](db::Tx& tx) { return load_progress(tx, organisation, id); });
    if (!found) {
      co_await sink->write(fmt::format("event: error\ndata: {{\"message\":\"{}\"}}\n\n", to_string(found.error().kind())));
      co_return;
    }
    std::string text = progress_text(*found);
    const bool ended = has_ended(found->scan.status);
    auto written = co_await sink->write(text == last ? std::string(": still there\n\n")
                                                     : fmt::format("event: progress\ndata: {}\n\n", text));
    if (!written) co_return;
    if (ended) {
      co_await sink->write("event: close\ndata: {}\n\n");
      co_return;
    }
    last = std::move(text);
    auto waited = co_await aio::sleep(executor, scope, k_stream_interval);
    if (!waited) co_return;
  }
}

aio::Task<Reply> stream_scan(const Context& context, Call& call) {
  const auto id = path_id<ScanId>(call, "scan_id");
  if (!id) co_return refuse(id.error());
  auto found = co_await context.parts.database.read(
      call.scope, [organisation = call.principal.organisation, id = *id](db::Tx& tx) { return load(tx, organisation, id); });
  if (!found) co_return refuse(found.error());
  auto response = net::HttpResponse::text(200, "text/event-stream", "");
  response.headers.add("Cache-Control", "no-store");
  response.headers.add("X-Accel-Buffering", "no");  // nginx would hold the events back.
  const auto executor = co_await boost::asio::this_coro::executor;
  response.stream = [&context, organisation = call.principal.organisation, id = *id, executor](aio::Scope scope,
                                                                                               net::BodySink& sink) {
    return stream_progress(&context, organisation, id, executor, std::move(scope), &sink);
  };
  co_return response;
}

aio::Task<Reply> show_report(const Context& context, Call& call) {
  const auto id = path_id<ScanId>(call, "scan_id");
  if (!id) co_return refuse(id.error());
  QueryReader query(call);
  const std::string format = query.text("format").value_or("json");
  if (auto problem = query.finish()) co_return refuse(std::move(*problem));
  auto scan = co_await context.parts.database.read(
      call.scope, [organisation = call.principal.organisation, id = *id](db::Tx& tx) { return load(tx, organisation, id); });
  if (!scan) co_return refuse(scan.error());
  if (!has_ended(scan->status))
    co_return refuse(Problem{.status = 409, .detail = "the scan has not ended; it is " + scan->status});
  if (!context.parts.write_report) co_return not_found("report of scan", id->to_string());
  auto report = co_await context.parts.write_report(call.scope, *id, format);
  if (!report) co_return refuse(report.error());
  auto response = net::HttpResponse::text(200, std::move(report->content_type), std::move(report->content));
  // What a page had to say stands in it: shown, never run.
  response.headers.add("Content-Security-Policy",
                       "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'; sandbox");
  co_return response;
}

/// Of one that has not ended: whoever runs it is asked to stop.
Result<void> cancel(db::Tx& tx, const RequestedScan& scan) {
  const auto id = scan.request.id;
  TRY(queue::cancel(tx, JobId(id.uuid()), "cancelled by a user"));
  if (scan.status == "pending") TRY(store::end_scan_request(tx, id, record::ScanStatus::cancelled, "cancelled by a user"));
  return {};
}

aio::Task<Reply> cancel_scan(const Context& context, Call& call) {
  const auto id = path_id<ScanId>(call, "scan_id");
  if (!id) co_return refuse(id.error());
  auto scan = co_await context.parts.database.write(
      call.scope,
      [organisation = call.principal.organisation, id = *id,
       event = audit(call, "scan.cancel", "scan", id->to_string())](db::Tx& tx) -> Result<RequestedScan> {
        const auto found = TRY(load(tx, organisation, id));
        if (has_ended(found.status)) return fail(ErrorKind::conflict, "the scan has ended already, as {}", found.status);
        TRY(cancel(tx, found));
        TRY(identity::record_audit(tx, event));
        return load(tx, organisation, id);
      });
  if (!scan) co_return refuse(scan.error());
  co_return json_object(202, [&](JsonWriter& json) { write_scan(json, *scan); });
}

/// One that ended without a whole result is asked for again, as a scan of its own: what was kept of the first is evidence, and
/// stays.
aio::Task<Reply> resume_scan(const Context& context, Call& call) {
  const auto id = path_id<ScanId>(call, "scan_id");
  if (!id) co_return refuse(id.error());
  auto found = co_await context.parts.database.read(
      call.scope, [organisation = call.principal.organisation, id = *id](db::Tx& tx) { return load(tx, organisation, id); });
  if (!found) co_return refuse(found.error());
  if (!has_ended(found->status) || found->status == "success")
    co_return refuse(
        Problem{.status = 409,
                .detail = "the scan is " + found->status + "; only one that was cancelled, failed or is partial is resumed"});
  auto request = std::move(found->request);
  request.id = ScanId::make(context.parts.clock, context.parts.random);
  request.requested_by = call.principal.name;
  // The run of a schedule is over; this one is somebody's own.
  request.schedule.reset();
  auto event = audit(call, "scan.resume", "scan", id->to_string());
  event.details = fmt::format(R"({{"scan_id":"{}"}})", request.id.to_string());
  co_return co_await queue_scan(context, call, std::move(request), std::move(event));
}

/// One that has not ended is cancelled; one that has is deleted, with all that is kept of it. The evidence goes first: a crash in
/// between leaves a request that can be deleted again, and never evidence that nobody can reach.
aio::Task<Reply> remove_scan(const Context& context, Call& call, ScanId id) {
  const auto organisation = call.principal.organisation;
  const auto event = audit(call, "scan.delete", "scan", id.to_string());
  auto is_cancelled = co_await context.parts.database.write(call.scope, [organisation, id, event](db::Tx& tx) -> Result<bool> {
    const auto scan = TRY(load(tx, organisation, id));
    if (has_ended(scan.status)) return false;
    TRY(cancel(tx, scan));
    TRY(identity::record_audit(tx, event));
    return true;
  });
  if (!is_cancelled) co_return refuse(is_cancelled.error());
  if (*is_cancelled) co_return net::HttpResponse{.status = 204};
  auto deleted = co_await context.parts.delete_evidence(call.scope, id);
  if (!deleted && deleted.error().kind() != ErrorKind::not_found) co_return refuse(deleted.error());
  auto done = co_await context.parts.database.write(call.scope, [organisation, id, event](db::Tx& tx) -> Result<void> {
    TRY(store::delete_scan_request(tx, organisation, id));
    return identity::record_audit(tx, event);
  });
  if (!done) co_return refuse(done.error());
  co_return net::HttpResponse{.status = 204};
}

aio::Task<Reply> delete_scan(const Context& context, Call& call) {
  const auto id = path_id<ScanId>(call, "scan_id");
  if (!id) co_return refuse(id.error());
  co_return co_await remove_scan(context, call, *id);
}

/// The newest of a domain.
aio::Task<Reply> delete_scan_by_domain(const Context& context, Call& call) {
  QueryReader query(call);
  const std::string written = query.text("domain").value_or("");
  auto domain = site::normalise_domain(written);
  if (!domain) query.wrong("domain", written.empty() ? "is missing" : domain.error().message());
  if (auto problem = query.finish()) co_return refuse(std::move(*problem));
  const store::ScanRequestFilter filter{.domain = domain->domain, .is_whole_domain = true};
  auto newest =
      co_await context.parts.database.read(call.scope, [organisation = call.principal.organisation, filter](db::Tx& tx) {
        return store::list_scan_requests(tx, organisation, filter, {.limit = 1});
      });
  if (!newest) co_return refuse(newest.error());
  if (newest->empty()) co_return not_found("scan of", filter.domain);
  co_return co_await remove_scan(context, call, newest->front().request.id);
}

}  // namespace

std::vector<Route> scan_routes(const Context& context) {
  const auto route = [&](std::string_view method, std::string_view path, std::string_view id, std::string_view summary,
                         std::string_view body, Answer answer, Operation operation) {
    return Route{.method = method,
                 .path = path,
                 .id = id,
                 .tag = "scans",
                 .summary = summary,
                 .scope = method == "GET" ? AccessScope::scans_read : AccessScope::scans_write,
                 .body = body,
                 .answers = {answer},
                 .handler = bind(context, operation)};
  };
  std::vector<Route> routes{
      route("POST", "/api/v1/scans", "create_scan", "Ask for a scan", "ScanRequest", {201, "The scan, pending.", "Scan"},
            create_scan),
      route("POST", "/api/v1/scans/batch", "create_scans", "Ask for scans of 1 to 10 domains", "ScanBatch",
            {202, "What became of each.", "ScanBatchResult"}, create_batch),
      route("GET", "/api/v1/scans", "list_scans", "Scans, newest first", "", {200, "Scans.", "ScanPage"}, list_scans),
      route("GET", "/api/v1/scans/{scan_id}", "show_scan", "One scan", "", {200, "The scan.", "Scan"}, show_scan),
      route("GET", "/api/v1/scans/{scan_id}/progress", "show_scan_progress", "How far it is", "",
            {200, "Progress.", "ScanProgress"}, show_progress),
      route("GET", "/api/v1/scans/{scan_id}/stream", "stream_scan", "Its progress as server-sent events", "",
            {200, "Events: progress, error, close.", "", "text/event-stream"}, stream_scan),
      route("GET", "/api/v1/reports/{scan_id}", "show_report", "What a scan found, as json, html, text, csv, har, sarif or junit",
            "", {200, "The report.", "Anything"}, show_report),
      route("POST", "/api/v1/scans/{scan_id}/cancel", "cancel_scan", "Stop it; what it has seen is kept", "",
            {202, "The scan.", "Scan"}, cancel_scan),
      route("POST", "/api/v1/scans/{scan_id}/resume", "resume_scan",
            "Ask again for a scan that was cancelled, failed or is partial; what it has seen stays", "",
            {201, "The new scan, pending.", "Scan"}, resume_scan),
      route("DELETE", "/api/v1/scans/{scan_id}", "delete_scan", "Cancel a scan that runs, delete one that has ended", "",
            {204, "Done."}, delete_scan),
      route("DELETE", "/api/v1/scans/by-domain", "delete_scan_by_domain", "The same for the newest scan of a domain", "",
            {204, "Done."}, delete_scan_by_domain),
  };
  for (auto& made : routes) {
    if (made.id == "create_scan" || made.id == "create_scans" || made.id == "resume_scan") {
      made.bucket = Bucket::creations;
      made.takes_idempotency_key = true;
    }
    if (made.id == "show_report") {
      made.scope = AccessScope::reports_read;
      made.tag = "reports";
      made.parameters = {{"format", R"({"type":"string","default":"json"})", "As of gannet report."}};
      made.answers.push_back({409, "The scan has not ended.", "Problem", "application/problem+json"});
    }
    if (made.id == "list_scans")
      made.parameters = with_page(
          {{"domain", R"({"type":"string"})", "Part of the domain."},
           {"status", R"({"enum":["pending","running","success","partial","failed","cancelled"]})", "Only of this status."},
           {"scan_mode", R"({"enum":["quick","deep"]})", "Only of this kind."},
           {"schedule_id", R"({"type":"string","format":"uuid"})", "Only of this schedule."},
           k_cursor_parameter});
    if (made.id == "delete_scan_by_domain") {
      made.parameters = {{"domain", R"({"type":"string"})", "However it is written."}};
      made.answers.push_back({404, "There is none.", "Problem", "application/problem+json"});
    }
  }
  return routes;
}

}  // namespace gannet::api
