// What is kept of an inspection, and how two judgements of one record differ. Pure.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "inspect/inspection.hpp"
#include "record/judgement.hpp"

namespace gannet::inspect {

/// By this program, at that time.
record::Judgement make_judgement(const Inspection& inspection, Instant judged_at);

/// What a later judgement of the same record says otherwise. The record being the same, the data sets and rules are the cause.
struct JudgementChange {
  template <class T>
  struct FromTo {
    T from;
    T to;
    bool operator==(const FromTo&) const = default;
  };
  std::vector<record::Finding> added;
  std::vector<record::Finding> gone;
  /// The same finding, of another severity or confidence.
  std::vector<FromTo<record::Finding>> regraded;
  /// By cookie or storage entry: what it was and is taken for; empty where it was or is not judged.
  std::map<std::string, FromTo<std::string>> categories;
  /// By name: versions. Empty where the data set was or is not used; also where only the content differs.
  std::map<std::string, FromTo<std::string>> datasets;
  /// Versions of Gannet, whose own rules are part of the program.
  FromTo<std::string> gannet;

  /// The verdict is the same, whatever it was made with.
  bool has_same_verdict() const { return added.empty() && gone.empty() && regraded.empty() && categories.empty(); }
  /// Nothing differs, but the time.
  bool is_empty() const { return has_same_verdict() && datasets.empty() && gannet.from == gannet.to; }
};

JudgementChange compare_judgements(const record::Judgement& before, const record::Judgement& after);

}  // namespace gannet::inspect
