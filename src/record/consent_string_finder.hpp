// Finds consent strings among what a site stored or sent, before the value is redacted. Pure; the value is hostile.
#pragma once

#include <optional>
#include <string_view>

#include "record/consent_string.hpp"

namespace gannet::record {

/// A raw value with its name and the place it was found in.
struct StoredText {
  /// "cookie", "localStorage", "query".
  std::string_view place;
  std::string_view name;
  std::string_view value;
};

/// The first TCF or GPP string that the value is or contains (as in a platform's JSON settings), decoded; its source is
/// "<place> <name>". Under a name that consent platforms use for it, decoding suffices; elsewhere the content must be plausible
/// too, since an identifier can decode by chance. nullopt where nothing decodes: `error` is never set here.
std::optional<ConsentString> find_consent_string(const StoredText& stored);

}  // namespace gannet::record
