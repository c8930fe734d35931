// What a site and its services said about consent, and what else happened on its pages, in rows of plain words: consent strings
// and Google Consent Mode decoded, the certificate, popups and the like. Texts are printable; HTML must still escape. Pure.
#pragma once

#include <string>
#include <vector>

#include "record/scan.hpp"

namespace gannet::report {

struct SignalRow {
  /// The states that showed it, in the order of k_states.
  std::vector<record::ConsentState> states;
  /// "__tcfapi", "cookie euconsent-v2", "Google Consent Mode", "popup".
  std::string source;
  std::string text;
  /// Times seen, over all pages and states.
  std::size_t count = 1;
};

/// Consent strings, gtag consent commands and what requests to Google carried, equal ones once; at most 60.
std::vector<SignalRow> make_consent_signal_rows(const record::ScanRecord& scan);

/// Popups, dialogs, downloads, what was not observed …: the facts of all visits, equal ones once; at most 60.
std::vector<SignalRow> make_fact_rows(const record::ScanRecord& scan);

/// "shop.test, issued by Test CA, valid 2026-01-01 to 2027-01-01, TLS 1.3, AES_128_GCM"; empty where no visit has one.
std::string certificate_words(const record::ScanRecord& scan);

/// "agrees to purposes 1–4 and 7, refuses the others; 12 vendors".
std::string tcf_words(const record::TcfString& tcf);
std::string gpp_words(const record::GppString& gpp);

}  // namespace gannet::report
