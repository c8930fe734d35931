#include "scan/impl/visit_end.hpp"

#include "scan/params.hpp"

namespace gannet::scan {

namespace {

std::string words_for_timeout(const VisitStop& stop) {
  switch (stop.step) {
    case VisitStep::opening: return "the browser did not open a tab in time";
    case VisitStep::loading: return fmt::format("no answer from {} within {}", stop.host, in_seconds(stop.timeout));
    case VisitStep::observing: return "the browser did not say in time which cookies there are";
    case VisitStep::choosing: return fmt::format("the choice took longer than {}", in_seconds(k_consent_budget));
    case VisitStep::reloading:
      return fmt::format("no answer from {} within {} when the page was loaded again after the choice", stop.host,
                         in_seconds(stop.timeout));
  }
  return "";
}

}  // namespace

std::string in_seconds(std::chrono::milliseconds duration) { return fmt::format("{:g} s", double(duration.count()) / 1000); }

std::string words_for_stop(const VisitStop& stop, const Error& error) {
  if (error.kind() == ErrorKind::cancelled) return std::string(k_interrupted);
  if (!stop.end_reason.empty()) return stop.end_reason;
  if (error.kind() == ErrorKind::timeout)
    return stop.used_up_budget.empty() ? words_for_timeout(stop) : stop.used_up_budget + " was used up";
  switch (stop.step) {
    case VisitStep::opening: return "the browser did not open a tab: " + error.message();
    case VisitStep::loading:
    case VisitStep::observing: return error.message();
    case VisitStep::choosing: return "the choice could not be made: " + error.message();
    case VisitStep::reloading: return "the page could not be loaded again after the choice: " + error.message();
  }
  return "";
}

std::string words_for_launch(const Error& error) {
  if (error.kind() == ErrorKind::timeout) return "the browser could not be started in time";
  return "the browser could not be started: " + error.message();
}

std::string join_reasons(const std::string& end, const std::string& loss) {
  if (end.find(loss) != std::string::npos) return end;
  if (loss.find(end) != std::string::npos) return loss;
  return end + "; " + loss;
}

}  // namespace gannet::scan
