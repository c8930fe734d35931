// A Visit: what one page load in one consent state showed, phase by phase. Data only; made by scan::, judged by inspect::.
// All URLs and values in it are redacted already (see Redactor).
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "record/consent_string.hpp"
#include "record/cookie.hpp"
#include "record/screenshot.hpp"
#include "record/shared.hpp"

namespace gannet::record {

/// Why a phase counts as over.
enum class SettledBy {
  quiet,     // 500 ms without a request in flight, a pending navigation, or a new cookie or storage write.
  ceiling,   // wait_for_dynamic_content passed first: something never stops; a loss seen only here is not a loss.
  deadline,  // The visit's budget ended.
};
std::string_view to_string(SettledBy settled_by);

struct PhaseEnd {
  Phase phase = Phase::s0;
  SettledBy settled_by = SettledBy::quiet;
  std::int64_t duration_ms = 0;
};

enum class InitiatorKind { parser, script, preload, redirect, navigation, other };
std::string_view to_string(InitiatorKind kind);

/// One header of a request or response.
struct Header {
  /// Lower case.
  SharedText name;
  /// As Redactor::header leaves it.
  SharedText value;
  bool operator==(const Header&) const = default;
};

/// Where a request's time went, in whole milliseconds; all but ssl_ms add up to the request's duration_ms. The names and what
/// they cover are those of HAR 1.2's "timings".
struct Timing {
  /// Queued, or waiting for a connection.
  std::int64_t blocked_ms = 0;
  /// Absent where no name was looked up by the browser; Gannet's proxy resolves within connect_ms.
  std::optional<std::int64_t> dns_ms;
  /// With TLS. Absent on a connection that was there already.
  std::optional<std::int64_t> connect_ms;
  /// The part of connect_ms that was TLS.
  std::optional<std::int64_t> ssl_ms;
  std::int64_t send_ms = 0;
  std::int64_t wait_ms = 0;
  std::int64_t receive_ms = 0;
  bool operator==(const Timing&) const = default;
};

struct Request {
  /// Chromium's request id with the redirect's number: unique in a visit.
  std::string id;
  std::string url;
  std::string method;
  /// Chromium's resource type in lower case: "document", "script", "image", "xhr", "fetch", "ping", "websocket", …
  std::string type;
  Phase phase = Phase::s0;
  /// From the visit's started_at.
  std::int64_t started_ms = 0;
  /// Until the last byte, the redirect or the failure; absent where none of them was seen.
  std::optional<std::int64_t> duration_ms;
  /// Absent where nothing went over the network, or Chromium does not say.
  std::optional<Timing> timing;
  SharedText frame_url;
  bool is_main_frame_navigation = false;
  InitiatorKind initiator = InitiatorKind::other;
  std::string initiator_url;
  CallStack initiator_stack;
  /// Set where this hop answered with a redirect.
  std::string redirects_to;
  int status = 0;
  std::string mime_type;
  std::string protocol;
  /// Headers and body as they came over the network, compressed where they were.
  std::uint64_t transferred_bytes = 0;
  /// Bodies as the page has them: without compression.
  std::uint64_t request_body_bytes = 0;
  std::uint64_t response_body_bytes = 0;
  /// As the network saw them; those of a cached answer as they were stored. Bounded in number.
  std::vector<Header> request_headers;
  std::vector<Header> response_headers;
  /// The address the proxy connected to; empty when served from cache or never connected.
  std::string remote_address;
  bool from_cache = false;
  /// Chromium's error text ("net::ERR_NAME_NOT_RESOLVED") or our proxy's reason; empty when it succeeded.
  std::string failure;
  /// Names of the cookies that were sent.
  std::vector<std::string> cookies_sent;
  /// Google Consent Mode on this hit, where present.
  std::optional<GoogleConsentHit> google_consent;
  /// Caused by Gannet's own consent action script (not by the site).
  bool by_gannet = false;
};

enum class StorageArea { local, session, indexed_db, cache, service_worker };
std::string_view to_string(StorageArea area);

/// An entry of localStorage or sessionStorage, an IndexedDB database, a cache, or a registered service worker.
struct StorageEntry {
  StorageArea area = StorageArea::local;
  /// "https://shop.test"
  std::string origin;
  /// Storage key, database name, cache name or script URL.
  std::string key;
  ValueDigest value;
  Phase phase = Phase::s0;
  std::string page_url;
  Writer writer;
  /// Still there when the visit ended.
  bool is_present = true;
};

struct Frame {
  std::string url;
  std::string parent_url;
  /// In a process of its own (another site).
  bool is_out_of_process = false;
};

/// Anything that happened to the visit besides loading: a popup closed, a dialog dismissed, a download or permission denied, a
/// renderer crash.
struct Fact {
  std::string kind;
  std::string detail;
  Phase phase = Phase::s0;
};

/// The kind of the fact that a visit's browser was started again before it: the visit began with an empty jar, whatever the
/// visits before it in the same state had left.
inline constexpr std::string_view k_browser_restarted = "browser restarted";

enum class ConsentResult {
  not_attempted,  // State untouched.
  no_banner,      // Nothing that asks for consent was found.
  no_control,     // A banner was found, but not the button this state needs (for rejected: itself a finding).
  unproved,       // Clicked, but no proof that the choice took effect.
  proved,
};
std::string_view to_string(ConsentResult result);

struct ConsentOutcome {
  ConsentResult result = ConsentResult::not_attempted;
  /// "klaro", "Cookiebot", …; "site selector" or "heuristic" where no platform is known.
  std::string platform;
  /// "selector", "autoconsent", "heuristic"; empty when nothing was done.
  std::string method;
  /// Each proof in words: "banner gone", "__tcfapi: purposes 1–10 refused", "cookie klaro written", …
  std::vector<std::string> proofs;
  std::string button_text;
  /// Clicks until the choice was made; 2 or more for reject is a finding.
  int clicks = 0;
  /// Texts of the buttons on the first layer of the banner, where it was found.
  std::vector<std::string> first_layer_buttons;
  std::string note;
};

struct Certificate {
  std::string subject;
  std::string issuer;
  Instant valid_from;
  Instant valid_to;
  std::string protocol;
  std::string cipher;
};

enum class VisitStatus {
  ok,
  partial,  // Something was not seen: the reason says what.
  blocked,  // The site answered with a refusal (403, 429, a bot wall): not evidence of absence.
  failed,   // No page was loaded.
};
std::string_view to_string(VisitStatus status);

struct Visit {
  ConsentState state = ConsentState::untouched;
  std::string requested_url;
  std::string final_url;
  VisitStatus status = VisitStatus::failed;
  /// Why it is not ok, in words; empty when it is.
  std::string reason;
  int http_status = 0;
  std::string title;
  Instant started_at;
  std::int64_t duration_ms = 0;
  int attempts = 1;
  std::vector<PhaseEnd> phases;
  std::vector<Request> requests;
  std::vector<CookieWrite> cookie_writes;
  /// The whole jar of the context at the end of each phase reached.
  std::map<Phase, std::vector<Cookie>> jars;
  std::vector<StorageEntry> storage;
  std::vector<Frame> frames;
  std::vector<Fact> facts;
  std::vector<std::string> links;
  std::optional<Certificate> certificate;
  ConsentOutcome consent;
  /// Consent strings seen in cookies, storage, platform APIs and hits.
  std::vector<ConsentString> consent_strings;
  /// gtag consent commands in the order they ran.
  std::vector<GoogleConsentCommand> google_consent_commands;
  /// What the viewport showed at the end of a phase; the pictures are beside the record (see ScreenshotSet).
  std::map<Phase, Screenshot> screenshots;

  bool has_restarted_browser() const {
    return std::ranges::any_of(facts, [](const Fact& fact) { return fact.kind == k_browser_restarted; });
  }
};

}  // namespace gannet::record
