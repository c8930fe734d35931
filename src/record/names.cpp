// The stored names of the record's enumerations.
#include "record/cookie.hpp"
#include "record/finding.hpp"
#include "record/scan.hpp"
#include "record/visit.hpp"

namespace gannet::record {

std::string_view to_string(CharacterClass character_class) {
  switch (character_class) {
    case CharacterClass::empty: return "empty";
    case CharacterClass::digits: return "digits";
    case CharacterClass::hex: return "hex";
    case CharacterClass::base64url: return "base64url";
    case CharacterClass::text: return "text";
    case CharacterClass::binary: return "binary";
  }
  return "";
}

std::string_view to_string(ConsentState state) {
  switch (state) {
    case ConsentState::untouched: return "untouched";
    case ConsentState::rejected: return "rejected";
    case ConsentState::accepted: return "accepted";
  }
  return "";
}

std::string_view to_string(Phase phase) {
  switch (phase) {
    case Phase::s0: return "S0";
    case Phase::s1: return "S1";
    case Phase::s2: return "S2";
    case Phase::s3: return "S3";
  }
  return "";
}

std::string_view to_string(SameSite same_site) {
  switch (same_site) {
    case SameSite::unspecified: return "unspecified";
    case SameSite::none: return "None";
    case SameSite::lax: return "Lax";
    case SameSite::strict: return "Strict";
  }
  return "";
}

std::string_view to_string(WriterKind kind) {
  switch (kind) {
    case WriterKind::http: return "http";
    case WriterKind::script: return "script";
    case WriterKind::unknown: return "unknown";
  }
  return "";
}

std::string_view to_string(SettledBy settled_by) {
  switch (settled_by) {
    case SettledBy::quiet: return "quiet";
    case SettledBy::ceiling: return "ceiling";
    case SettledBy::deadline: return "deadline";
  }
  return "";
}

std::string_view to_string(InitiatorKind kind) {
  switch (kind) {
    case InitiatorKind::parser: return "parser";
    case InitiatorKind::script: return "script";
    case InitiatorKind::preload: return "preload";
    case InitiatorKind::redirect: return "redirect";
    case InitiatorKind::navigation: return "navigation";
    case InitiatorKind::other: return "other";
  }
  return "";
}

std::string_view to_string(StorageArea area) {
  switch (area) {
    case StorageArea::local: return "localStorage";
    case StorageArea::session: return "sessionStorage";
    case StorageArea::indexed_db: return "IndexedDB";
    case StorageArea::cache: return "CacheStorage";
    case StorageArea::service_worker: return "serviceWorker";
  }
  return "";
}

std::string_view to_string(ConsentResult result) {
  switch (result) {
    case ConsentResult::not_attempted: return "not_attempted";
    case ConsentResult::no_banner: return "no_banner";
    case ConsentResult::no_control: return "no_control";
    case ConsentResult::unproved: return "unproved";
    case ConsentResult::proved: return "proved";
  }
  return "";
}

std::string_view to_string(VisitStatus status) {
  switch (status) {
    case VisitStatus::ok: return "ok";
    case VisitStatus::partial: return "partial";
    case VisitStatus::blocked: return "blocked";
    case VisitStatus::failed: return "failed";
  }
  return "";
}

std::string_view to_string(ScanStatus status) {
  switch (status) {
    case ScanStatus::success: return "success";
    case ScanStatus::partial: return "partial";
    case ScanStatus::failed: return "failed";
    case ScanStatus::cancelled: return "cancelled";
  }
  return "";
}

std::string_view to_string(Severity severity) {
  switch (severity) {
    case Severity::info: return "info";
    case Severity::low: return "low";
    case Severity::medium: return "medium";
    case Severity::high: return "high";
    case Severity::critical: return "critical";
  }
  return "";
}

std::string_view to_string(Confidence confidence) {
  switch (confidence) {
    case Confidence::certain: return "certain";
    case Confidence::likely: return "likely";
    case Confidence::unsure: return "unsure";
  }
  return "";
}

}  // namespace gannet::record
