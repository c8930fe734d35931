#include "report/csv.hpp"

#include <array>
#include <concepts>

#include "base/text.hpp"
#include "report/impl/states.hpp"
#include "report/impl/words.hpp"

namespace gannet::report {
namespace {

constexpr std::array k_tables = {CsvTable::cookies, CsvTable::storage, CsvTable::third_parties, CsvTable::findings,
                                 CsvTable::requests};
/// A field is for programs too, so it is cut only where a page is out to fill the disk.
constexpr std::size_t k_field_bytes_max = 8192;

/// Writes fields, separated and quoted. A row is what `write` puts between begin and end.
class CsvWriter {
 public:
  explicit CsvWriter(std::initializer_list<std::string_view> titles) {
    for (const std::string_view title : titles) text(title);
    end_row();
  }

  void text(std::string_view untrusted) {
    std::string field = safe(untrusted, k_field_bytes_max);
    if (!field.empty() && std::string_view("=+-@\t\r").contains(field[0])) field.insert(0, "'");
    append(field);
  }
  template <std::integral T>
  void number(T value) {
    append(std::to_string(value));
  }
  void number(std::optional<std::int64_t> value) { append(value ? std::to_string(*value) : ""); }
  void yes_no(bool value) { append(value ? "yes" : "no"); }
  void writer(const record::Writer& writer) {
    text(to_string(writer.kind));
    text(writer.url);
    number(writer.line > 0 ? std::optional<std::int64_t>(writer.line) : std::nullopt);
    text(writer.method);
    yes_no(writer.by_gannet);
  }
  void end_row() {
    out_ += "\r\n";
    is_first_ = true;
  }
  std::string take() && { return std::move(out_); }

 private:
  void append(std::string_view field) {
    if (!is_first_) out_ += ',';
    is_first_ = false;
    if (field.find_first_of(",\"\r\n") == std::string_view::npos) {
      out_ += field;
      return;
    }
    out_ += '"';
    for (const char c : field) out_.append(c == '"' ? 2 : 1, c);
    out_ += '"';
  }

  std::string out_;
  bool is_first_ = true;
};

template <class Function>
void for_each_state(const inspect::Inspection& inspection, Function function) {
  for (const record::ConsentState name : k_states)
    if (const inspect::StateInspection* state = find_state(inspection, name)) function(*state);
}

/// Site and state open every row, so that tables of several scans can be put together.
void begin_row(CsvWriter& csv, const record::ScanRecord& scan, std::string_view state) {
  csv.text(scan.url);
  csv.text(state);
}

std::string cookies_csv(const record::ScanRecord& scan, const inspect::Inspection& inspection) {
  CsvWriter csv({"site",
                 "state",
                 "name",
                 "domain",
                 "path",
                 "host_only",
                 "partition_key",
                 "party",
                 "category",
                 "confidence",
                 "category_source",
                 "owner",
                 "owner_country",
                 "first_phase",
                 "present",
                 "session",
                 "lifetime_seconds",
                 "declared_lifetime_seconds",
                 "secure",
                 "http_only",
                 "same_site",
                 "size_bytes",
                 "set_by",
                 "set_by_url",
                 "set_by_line",
                 "set_by_method",
                 "set_by_gannet",
                 "pages"});
  for_each_state(inspection, [&](const inspect::StateInspection& state) {
    for (const inspect::CookieVerdict& verdict : state.cookies) {
      const record::Cookie& cookie = verdict.cookie;
      begin_row(csv, scan, to_string(state.state));
      csv.text(cookie.key.name);
      csv.text(cookie.key.domain);
      csv.text(cookie.key.path);
      csv.yes_no(cookie.key.host_only);
      csv.text(cookie.key.partition_key);
      csv.text(to_string(verdict.party));
      csv.text(to_string(verdict.categorisation.category));
      csv.text(to_string(verdict.categorisation.confidence));
      csv.text(verdict.categorisation.source);
      csv.text(verdict.owner.name);
      csv.text(verdict.owner.country);
      csv.text(to_string(verdict.phase));
      csv.yes_no(verdict.is_present);
      csv.yes_no(!cookie.expires.has_value());
      csv.number(verdict.lifetime_seconds);
      csv.number(verdict.declared_lifetime_seconds);
      csv.yes_no(cookie.secure);
      csv.yes_no(cookie.http_only);
      csv.text(to_string(cookie.same_site));
      csv.number(cookie.size_bytes);
      csv.writer(verdict.set_by);
      csv.text(join(verdict.pages, " "));
      csv.end_row();
    }
  });
  return std::move(csv).take();
}

std::string storage_csv(const record::ScanRecord& scan, const inspect::Inspection& inspection) {
  CsvWriter csv({"site", "state", "area", "origin", "key", "party", "category", "confidence", "category_source", "owner",
                 "first_phase", "present", "size_bytes", "set_by", "set_by_url", "set_by_line", "set_by_method", "set_by_gannet",
                 "page"});
  for_each_state(inspection, [&](const inspect::StateInspection& state) {
    for (const inspect::StorageVerdict& verdict : state.storage) {
      const record::StorageEntry& entry = verdict.entry;
      begin_row(csv, scan, to_string(state.state));
      csv.text(to_string(entry.area));
      csv.text(entry.origin);
      csv.text(entry.key);
      csv.text(to_string(verdict.party));
      csv.text(to_string(verdict.categorisation.category));
      csv.text(to_string(verdict.categorisation.confidence));
      csv.text(verdict.categorisation.source);
      csv.text(verdict.owner.name);
      csv.text(to_string(entry.phase));
      csv.yes_no(entry.is_present);
      csv.number(entry.value.size_bytes);
      csv.writer(entry.writer);
      csv.text(entry.page_url);
      csv.end_row();
    }
  });
  return std::move(csv).take();
}

std::string third_parties_csv(const record::ScanRecord& scan, const inspect::Inspection& inspection) {
  CsvWriter csv({"site", "state", "domain", "hosts", "owner", "owner_country", "category", "confidence", "tracker", "requests",
                 "transferred_bytes", "first_phase", "cookies", "initiators"});
  for_each_state(inspection, [&](const inspect::StateInspection& state) {
    for (const inspect::ThirdParty& party : state.third_parties) {
      begin_row(csv, scan, to_string(state.state));
      csv.text(party.domain);
      csv.text(join({party.hosts.begin(), party.hosts.end()}, " "));
      csv.text(party.owner.name);
      csv.text(party.owner.country);
      csv.text(to_string(party.categorisation.category));
      csv.text(to_string(party.categorisation.confidence));
      csv.yes_no(party.is_tracker);
      csv.number(party.request_count);
      csv.number(party.transferred_bytes);
      csv.text(to_string(party.first_phase));
      csv.text(join(party.cookie_names, " "));
      csv.text(join(party.initiators, " "));
      csv.end_row();
    }
  });
  return std::move(csv).take();
}

/// The state column has all states that the evidence is from.
std::string findings_csv(const record::ScanRecord& scan, const inspect::Inspection& inspection) {
  CsvWriter csv({"site", "state", "id", "kind", "severity", "confidence", "subject", "title", "advice", "page", "evidence"});
  for (const record::Finding& finding : inspection.findings) {
    std::vector<std::string> states;
    for (const record::ConsentState state : k_states)
      if (std::ranges::count(finding.evidence, state, &record::Evidence::state) > 0) states.emplace_back(to_string(state));
    begin_row(csv, scan, join(states, " "));
    csv.text(finding.id);
    csv.text(finding.kind);
    csv.text(to_string(finding.severity));
    csv.text(to_string(finding.confidence));
    csv.text(finding.subject);
    csv.text(finding.title);
    csv.text(finding.advice);
    csv.text(finding.evidence.empty() ? "" : finding.evidence[0].page_url);
    csv.text(finding.evidence.empty() ? "" : finding.evidence[0].text);
    csv.end_row();
  }
  return std::move(csv).take();
}

std::string requests_csv(const record::ScanRecord& scan) {
  CsvWriter csv({"site", "state", "page", "phase", "method", "url", "type", "status", "failure", "mime_type", "transferred_bytes",
                 "started_ms", "duration_ms", "from_cache", "remote_address", "initiator", "initiator_url", "cookies_sent",
                 "by_gannet"});
  for (const record::ConsentState name : k_states) {
    const record::StateRecord* state = find_state(scan, name);
    if (!state) continue;
    for (const record::Visit& visit : state->visits) {
      for (const record::Request& request : visit.requests) {
        begin_row(csv, scan, to_string(name));
        csv.text(visit.requested_url);
        csv.text(to_string(request.phase));
        csv.text(request.method);
        csv.text(request.url);
        csv.text(request.type);
        csv.number(request.status);
        csv.text(request.failure);
        csv.text(request.mime_type);
        csv.number(request.transferred_bytes);
        csv.number(request.started_ms);
        csv.number(request.duration_ms);
        csv.yes_no(request.from_cache);
        csv.text(request.remote_address);
        csv.text(to_string(request.initiator));
        csv.text(request.initiator_url);
        csv.text(join(request.cookies_sent, " "));
        csv.yes_no(request.by_gannet);
        csv.end_row();
      }
    }
  }
  return std::move(csv).take();
}

}  // namespace

std::string_view to_string(CsvTable table) {
  switch (table) {
    case CsvTable::cookies: return "cookies";
    case CsvTable::storage: return "storage";
    case CsvTable::third_parties: return "third-parties";
    case CsvTable::findings: return "findings";
    case CsvTable::requests: return "requests";
  }
  return "";
}

std::optional<CsvTable> find_csv_table(std::string_view name) {
  for (const CsvTable table : k_tables)
    if (to_string(table) == name) return table;
  return std::nullopt;
}

std::string scan_csv(const record::ScanRecord& scan, const inspect::Inspection& inspection, CsvTable table) {
  switch (table) {
    case CsvTable::cookies: return cookies_csv(scan, inspection);
    case CsvTable::storage: return storage_csv(scan, inspection);
    case CsvTable::third_parties: return third_parties_csv(scan, inspection);
    case CsvTable::findings: return findings_csv(scan, inspection);
    case CsvTable::requests: return requests_csv(scan);
  }
  return "";
}

}  // namespace gannet::report
