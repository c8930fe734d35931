// Traces: a state's verdicts together with the sightings that prove them. Internal to inspect: made from the record by
// trace_state(), read by the findings. Pointers lead into the ScanRecord, which must outlive them.
#pragma once

#include <optional>
#include <vector>

#include "inspect/categoriser.hpp"
#include "inspect/inspection.hpp"
#include "inspect/party.hpp"

namespace gannet::inspect {

/// When something was seen, as consent goes.
enum class Moment {
  before_choice,  // Nothing was chosen yet: any phase of untouched, S0 and S1 up to the visit that chose.
  after_choice,   // The choice had been clicked: S2 and S3 of the visit that chose, every phase of later visits in its context.
  no_choice,      // After an attempt to choose that found no banner or no button: proves nothing either way.
};

/// The moment of a phase of `state.visits[visit_index]`. With one context for all pages the choice of one page holds for those
/// after it.
Moment moment_of(const record::StateRecord& state, std::size_t visit_index, record::Phase phase);

/// One observation.
struct Sighting {
  const record::Visit* visit = nullptr;
  record::Phase phase = record::Phase::s0;
  /// The page asked for.
  std::string_view page_url;
  /// Null for a request, and for a cookie that was only seen in the jar.
  const record::Writer* writer = nullptr;
  const record::Request* request = nullptr;
};

/// The earliest sighting in each moment that matters. Constant in size however often a page writes.
struct Sightings {
  std::optional<Sighting> before_choice;
  std::optional<Sighting> after_choice;
  void add(Moment moment, const Sighting& sighting);
  /// The first of either moment; null where neither has one.
  const Sighting* first() const { return before_choice ? &*before_choice : after_choice ? &*after_choice : nullptr; }
};

struct CookieTrace {
  CookieVerdict verdict;
  Sightings sightings;
};

struct StorageTrace {
  StorageVerdict verdict;
  Sightings sightings;
};

struct ThirdPartyTrace {
  ThirdParty verdict;
  /// Requests to those of its hosts that track.
  Sightings tracking;
};

struct StateTrace {
  const record::StateRecord* state = nullptr;
  /// A jar was read after the choice, so that "still there" is a fact.
  bool has_jar_after_choice = false;
  std::vector<CookieTrace> cookies;
  std::vector<record::CookieWrite> blocked_cookies;
  std::vector<StorageTrace> storage;
  std::vector<ThirdPartyTrace> third_parties;
};

/// Everything in a fixed order: cookies by key, storage by area, origin and key, third parties by domain.
StateTrace trace_state(const record::StateRecord& state, const Site& site, const Categoriser& categoriser);

// The parts of trace_state().
void trace_cookies(StateTrace& trace, const Site& site, const Categoriser& categoriser);
void trace_storage(StateTrace& trace, const Site& site, const Categoriser& categoriser);
/// After trace_cookies(), whose cookies it names.
void trace_third_parties(StateTrace& trace, const Site& site, const Categoriser& categoriser);

}  // namespace gannet::inspect
