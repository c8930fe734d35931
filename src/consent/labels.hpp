// Labels: what a button of a consent banner means, read from its text in the main European languages. Pure. The words are data
// (labels.json, written for Gannet); the rules that combine them are here, so that "Accept only necessary" is a refusal.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace gannet::consent {

enum class Label {
  accept,       // "Accept all", "Tout autoriser".
  reject,       // "Reject", "Only necessary", "Continue without accepting".
  settings,     // Opens a further layer.
  save,         // Stores the switches as they stand.
  acknowledge,  // "OK", "Got it": agrees to nothing in particular.
  dismiss,      // "Close", "×": no proof of a refusal.
  other,
};
std::string_view to_string(Label label);

/// Lower case, without diacritics (Latin, Greek, Cyrillic), words separated by one space, without punctuation:
/// "  J’accepte… TOUT " becomes "j accepte tout". Invalid UTF-8 bytes count as separators.
std::string fold(std::string_view text);

/// `other` for texts of more than 14 words, which are sentences, not buttons, and for whatever asks for money ("pay or okay").
Label classify(std::string_view text);

/// "all", "tout", "wszystkie" …: tells "Accept all" from "Accept".
bool says_all(std::string_view text);

/// How many different words of `text` speak about consent (cookies, privacy, personal data). Bounded work: reads 4 KiB at most.
std::size_t count_subject_words(std::string_view text);

}  // namespace gannet::consent
