// Consent signals in their published encodings, decoded: IAB TCF v2 strings, IAB GPP strings, Google Consent Mode parameters.
// Pure; all input is hostile. What is decoded here is kept as a fact; the raw string is not.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/container/flat_set.hpp>

#include "base/clock.hpp"
#include "base/error.hpp"

namespace gannet::record {

/// Numbers of purposes or vendors. Flat, because a short string can name 65,535 vendors.
using IdSet = boost::container::flat_set<int>;

/// A TCF v2 string (IAB Europe, "Transparency and Consent String with Global Vendor & CMP List Formats", core segment and the
/// disclosed-vendors segment).
struct TcfString {
  int version = 0;
  Instant created;
  Instant last_updated;
  int cmp_id = 0;
  int cmp_version = 0;
  int consent_screen = 0;
  std::string consent_language;
  int vendor_list_version = 0;
  int policy_version = 0;
  bool is_service_specific = false;
  bool purpose_one_treatment = false;
  std::string publisher_country;
  IdSet special_feature_opt_ins;
  IdSet purpose_consents;
  IdSet purpose_legitimate_interests;
  IdSet vendor_consents;
  IdSet vendor_legitimate_interests;
  IdSet disclosed_vendors;
  bool operator==(const TcfString&) const = default;
};

/// Errors: `invalid`, naming the field where decoding stopped. Accepts version 2 only (policies 2.0 to 2.2); up to 64 KiB.
/// Segments other than core and disclosed vendors are skipped; publisher restrictions are checked but not kept.
Result<TcfString> decode_tcf(std::string_view text);

/// A GPP string (IAB Tech Lab, Global Privacy Platform): which sections it holds, and the decoded ones we know.
struct GppString {
  /// Section ids of the header, in order (2 = tcfeuv2, 6 = uspv1, 7 = usnat, 8 = usca, …).
  std::vector<int> section_ids;
  std::optional<TcfString> tcf_eu;
  std::string us_privacy;
  /// For the US sections: field name → value as the IAB names them (SaleOptOut, SharingOptOut, TargetedAdvertisingOptOut …: 0 not
  /// applicable, 1 yes, 2 no); the n-th of a list has n appended ("SensitiveDataProcessing3"); Gpc is 0 or 1, absent where the
  /// string does not say. A section, or a version of one, whose layout is not known here appears in section_ids only.
  std::map<int, std::map<std::string, int>> us_sections;
  bool operator==(const GppString&) const = default;
};

/// Errors: `invalid`, naming the section: a string with one malformed section counts as none.
Result<GppString> decode_gpp(std::string_view text);

/// Google Consent Mode on a hit: `gcs` ("G1<ad><analytics>", each 1 granted, 0 denied) and `gcd` ("11p1p1p1p5": a letter each for
/// ad_storage, analytics_storage, ad_user_data and ad_personalization).
struct GoogleConsentHit {
  /// From gcs, else from what gcd says in effect. nullopt: the hit does not say.
  std::optional<bool> ad_storage;
  std::optional<bool> analytics_storage;
  /// From gcd, by consent type: the letter's meaning. l "not set"; p "denied by default", t "granted by default"; m "denied by
  /// update", n "granted by update"; q "denied by default and by update", v "granted by default and by update"; r "denied by
  /// default, granted by update", u "granted by default, denied by update". An unknown letter x is kept as "letter x".
  std::map<std::string, std::string> by_type;
  bool operator==(const GoogleConsentHit&) const = default;
};

/// Reads gcs and gcd out of a URL's query, or out of path parameters (";gcs=…"). nullopt where neither is there and well formed.
std::optional<GoogleConsentHit> decode_google_consent(std::string_view url);

/// A gtag('consent', 'default'|'update', {...}) call as seen in the dataLayer.
struct GoogleConsentCommand {
  std::string command;
  std::map<std::string, std::string> types;
  std::vector<std::string> regions;
  bool operator==(const GoogleConsentCommand&) const = default;
};

/// A consent string with the place where it was found.
struct ConsentString {
  /// "__tcfapi", "cookie euconsent-v2", "localStorage …", "query gdpr_consent of tracker.test"
  std::string source;
  std::optional<TcfString> tcf;
  std::optional<GppString> gpp;
  /// Why it could not be decoded; empty when it could.
  std::string error;
};

}  // namespace gannet::record
