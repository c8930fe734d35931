#include "change/snapshot.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <boost/json/stream_parser.hpp>

#include "base/text.hpp"
#include "change/impl/member.hpp"
#include "inspect/party.hpp"

namespace gannet::change {
namespace {

using record::ConsentState;

constexpr std::array k_states = {ConsentState::untouched, ConsentState::rejected, ConsentState::accepted};
constexpr std::array k_consent_results = {record::ConsentResult::not_attempted, record::ConsentResult::no_banner,
                                          record::ConsentResult::no_control, record::ConsentResult::unproved,
                                          record::ConsentResult::proved};
constexpr std::array k_visit_statuses = {record::VisitStatus::ok, record::VisitStatus::partial, record::VisitStatus::blocked,
                                         record::VisitStatus::failed};
constexpr std::array k_scan_statuses = {record::ScanStatus::success, record::ScanStatus::partial, record::ScanStatus::failed,
                                        record::ScanStatus::cancelled};
/// From the calmest to the worst.
constexpr std::array k_settled_by = {record::SettledBy::quiet, record::SettledBy::ceiling, record::SettledBy::deadline};
constexpr std::array k_phases = {record::Phase::s0, record::Phase::s1, record::Phase::s2, record::Phase::s3};
constexpr std::array k_severities = {record::Severity::info, record::Severity::low, record::Severity::medium,
                                     record::Severity::high, record::Severity::critical};
constexpr std::array k_confidences = {record::Confidence::certain, record::Confidence::likely, record::Confidence::unsure};
constexpr std::array k_writer_kinds = {record::WriterKind::http, record::WriterKind::script, record::WriterKind::unknown};

std::string yes_or_no(bool is_so) { return is_so ? "yes" : "no"; }

/// Whether it was there before the choice; the phase itself varies with the speed of the network.
Result<Attribute> read_first_seen(const Member& item, std::string_view member) {
  const auto phase = TRY(item.word(member, k_phases));
  return Attribute{"first_seen", phase <= record::Phase::s1 ? "before the choice" : "after the choice"};
}

/// The host of whoever wrote it: names of script files change with every release of a site.
Result<Attribute> read_set_by(const Member& item) {
  const auto writer = TRY(item.at("set_by"));
  const auto kind = TRY(writer.word("kind", k_writer_kinds));
  const std::string host = inspect::host_of(TRY(writer.text("url")));
  switch (kind) {
    case record::WriterKind::http: return Attribute{"set_by", "response of " + host};
    case record::WriterKind::script: return Attribute{"set_by", host.empty() ? "" : "script of " + host};
    case record::WriterKind::unknown: break;
  }
  return Attribute{"set_by", ""};
}

/// As declared where the site said so: what the browser keeps is capped.
Result<Attribute> read_lifetime(const Member& cookie) {
  for (const std::string_view name : {"declared_lifetime_seconds", "lifetime_seconds"}) {
    if (const auto lifetime = TRY(cookie.find(name)))
      return Attribute{"lifetime", std::string(lifetime_class(TRY(lifetime->integer())))};
  }
  return Attribute{"lifetime", "session"};
}

Result<void> read_cookie(StateSnapshot& state, const Member& cookie) {
  Item item;
  item.key.kind = ItemKind::cookie;
  item.key.name = TRY(cookie.text("name"));
  item.key.place = TRY(cookie.text("domain"));
  item.key.part = TRY(cookie.text("path"));
  if (const auto partition = TRY(cookie.find("partition_key"))) item.key.partition_key = TRY(partition->text());
  if (const auto expires = TRY(cookie.find("expires"))) item.expires = TRY(expires->text());
  const std::string party = TRY(cookie.text("party"));
  item.is_third_party = party == "third";
  const auto read_page = [&](const Member& page) -> Result<void> {
    item.pages.push_back(TRY(page.text()));
    return {};
  };
  TRY(cookie.each("pages", read_page));
  item.attributes = {{"same_site", TRY(cookie.text("same_site"))},
                     {"secure", yes_or_no(TRY(cookie.boolean("secure")))},
                     {"http_only", yes_or_no(TRY(cookie.boolean("http_only")))},
                     {"host_only", yes_or_no(TRY(cookie.boolean("host_only")))},
                     TRY(read_lifetime(cookie)),
                     TRY(read_first_seen(cookie, "phase")),
                     {"present", yes_or_no(TRY(cookie.boolean("present")))},
                     {"category", TRY(cookie.text("category"))},
                     {"party", party},
                     {"owner", TRY(cookie.text("owner"))},
                     TRY(read_set_by(cookie))};
  state.items.push_back(std::move(item));
  return {};
}

Result<void> read_storage(StateSnapshot& state, const Member& entry) {
  Item item;
  item.key.kind = ItemKind::storage;
  item.key.name = TRY(entry.text("key"));
  item.key.place = TRY(entry.text("origin"));
  item.key.part = TRY(entry.text("area"));
  const std::string party = TRY(entry.text("party"));
  item.is_third_party = party == "third";
  item.attributes = {TRY(read_first_seen(entry, "phase")),      {"present", yes_or_no(TRY(entry.boolean("present")))},
                     {"category", TRY(entry.text("category"))}, {"party", party},
                     {"owner", TRY(entry.text("owner"))},       TRY(read_set_by(entry))};
  state.items.push_back(std::move(item));
  return {};
}

Result<void> read_third_party(StateSnapshot& state, const Member& party) {
  Item item;
  item.key.kind = ItemKind::third_party;
  item.key.name = TRY(party.text("domain"));
  item.is_third_party = true;
  item.attributes = {TRY(read_first_seen(party, "first_phase")),
                     {"tracker", yes_or_no(TRY(party.boolean("tracker")))},
                     {"category", TRY(party.text("category"))},
                     {"owner", TRY(party.text("owner"))}};
  state.items.push_back(std::move(item));
  return {};
}

Result<void> read_page(StateSnapshot& state, const Member& page) {
  PageOutcome outcome;
  outcome.url = TRY(page.text("url"));
  outcome.status = TRY(page.word("status", k_visit_statuses));
  outcome.http_status = int(std::clamp<std::int64_t>(TRY(page.integer("http_status")), 0, 999));
  const auto read_phase = [&](const Member& phase) -> Result<void> {
    outcome.is_without_phases = false;
    outcome.settled_by = std::max(outcome.settled_by, TRY(phase.word("settled_by", k_settled_by)));
    return {};
  };
  TRY(page.each("phases", read_phase));
  state.pages.push_back(std::move(outcome));
  return {};
}

Result<void> read_consent(StateSnapshot& state, const Member& consent) {
  state.consent_result = TRY(consent.word("result", k_consent_results));
  const std::int64_t clicks = TRY(consent.integer("clicks"));
  state.consent = {{"result", std::string(to_string(state.consent_result))},
                   {"platform", TRY(consent.text("platform"))},
                   {"button_text", TRY(consent.text("button_text"))},
                   {"clicks", clicks > 0 ? std::to_string(clicks) : ""}};
  return {};
}

Result<StateSnapshot> read_state(ConsentState name, const Member& member) {
  StateSnapshot state;
  state.state = name;
  const auto consent = TRY(member.at("consent"));
  TRY(read_consent(state, consent));
  // Documents before 1.1 do not say; their pages and consent are judged all the same.
  const auto established = TRY(member.find("established"));
  state.is_established = established ? TRY(established->boolean())
                                     : name == ConsentState::untouched || state.consent_result == record::ConsentResult::proved;
  TRY(member.each("pages", [&](const Member& page) { return read_page(state, page); }));
  TRY(member.each("cookies", [&](const Member& cookie) { return read_cookie(state, cookie); }));
  TRY(member.each("storage", [&](const Member& entry) { return read_storage(state, entry); }));
  TRY(member.each("third_parties", [&](const Member& party) { return read_third_party(state, party); }));
  std::ranges::sort(state.items, {}, &Item::key);
  const auto repeated = std::ranges::unique(state.items, {}, &Item::key);
  state.items.erase(repeated.begin(), repeated.end());
  return state;
}

Result<void> read_finding(Snapshot& snapshot, const Member& member) {
  FindingSnapshot finding;
  finding.id = TRY(member.text("id"));
  finding.kind = TRY(member.text("kind"));
  finding.subject = TRY(member.text("subject"));
  finding.title = TRY(member.text("title"));
  finding.severity = TRY(member.word("severity", k_severities));
  finding.confidence = TRY(member.word("confidence", k_confidences));
  const auto read_evidence = [&](const Member& evidence) -> Result<void> {
    const auto state = TRY(evidence.word("state", k_states));
    if (std::ranges::count(finding.states, state) == 0) finding.states.push_back(state);
    return {};
  };
  TRY(member.each("evidence", read_evidence));
  std::ranges::sort(finding.states);
  snapshot.findings.push_back(std::move(finding));
  return {};
}

Result<void> read_how(Snapshot& snapshot, const Member& how) {
  snapshot.how["gannet"] = TRY(how.text("gannet_version"));
  for (const char* name : {"browser", "third_party_cookies", "viewport", "proxy"}) snapshot.how[name] = TRY(how.text(name));
  return how.each("datasets", [&](const Member& set) -> Result<void> {
    // The hash tells two sets of one version apart; its start is enough for people to see that they differ.
    snapshot.how["data set " + TRY(set.text("name"))] =
        fmt::format("{} ({})", TRY(set.text("version")), utf8_prefix(TRY(set.text("hash")), 12));
    return {};
  });
}

Result<boost::json::value> parse_json(std::string_view text) {
  if (text.size() > k_document_bytes_max.count)
    return fail(ErrorKind::exhausted, "the document has {}; at most {} can be compared", format_bytes(Bytes{text.size()}),
                format_bytes(k_document_bytes_max));
  boost::json::stream_parser parser;
  boost::json::error_code code;
  const std::size_t read = parser.write_some(text.data(), text.size(), code);
  if (!code && !parser.done()) parser.finish(code);
  if (code) return fail(ErrorKind::invalid, "no scan document: not JSON at byte {}: {}", read, code.message());
  if (!trim(text.substr(read)).empty())
    return fail(ErrorKind::invalid, "more text after the scan document, at byte {}; compare one scan at a time", read);
  return parser.release();
}

}  // namespace

std::string_view Item::attribute(std::string_view name) const {
  const auto found = std::ranges::find(attributes, name, &Attribute::name);
  return found == attributes.end() ? std::string_view() : std::string_view(found->value);
}

const StateSnapshot* Snapshot::find_state(ConsentState state) const {
  const auto found = std::ranges::find(states, state, &StateSnapshot::state);
  return found == states.end() ? nullptr : &*found;
}

std::string_view lifetime_class(std::int64_t lifetime_seconds) {
  constexpr std::int64_t k_hour = 3600, k_day = 24 * k_hour;
  if (lifetime_seconds <= 90 * 60) return "an hour or less";
  if (lifetime_seconds <= 36 * k_hour) return "a day or less";
  if (lifetime_seconds <= 10 * k_day) return "a week or less";
  if (lifetime_seconds <= 45 * k_day) return "a month or less";
  if (lifetime_seconds <= 200 * k_day) return "half a year or less";
  // 13 months are up to 396 days; the next that is used is Chromium's cap of 400.
  if (lifetime_seconds <= 398 * k_day) return "13 months or less";
  return "over 13 months";
}

Result<Snapshot> parse_snapshot(std::string_view document) {
  const auto json = TRY(parse_json(document));
  const Member root(json);
  const std::string version = TRY(root.text("schema_version"));
  if (!version.starts_with("1."))
    return fail(ErrorKind::invalid, "schema_version: is \"{}\"; this version of Gannet reads 1.x", printable(version, 40));
  Snapshot snapshot;
  snapshot.scan_id = TRY(root.text("scan_id"));
  snapshot.url = TRY(root.text("url"));
  snapshot.host = inspect::host_of(snapshot.url);
  if (snapshot.host.empty()) return fail(ErrorKind::invalid, "url: must be an absolute URL");
  snapshot.started_at = TRY(root.text("started_at"));
  snapshot.status = TRY(root.word("status", k_scan_statuses));
  const auto states = TRY(root.at("states"));
  for (const ConsentState name : k_states) {
    if (const auto state = TRY(states.find(to_string(name)))) snapshot.states.push_back(TRY(read_state(name, *state)));
  }
  TRY(root.each("findings", [&](const Member& finding) { return read_finding(snapshot, finding); }));
  const auto how = TRY(root.at("how"));
  TRY(read_how(snapshot, how));
  return snapshot;
}

}  // namespace gannet::change
