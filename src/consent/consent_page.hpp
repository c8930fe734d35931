// ConsentPage: the little that the consent driver needs of a loaded page, so that the driver knows neither CDP nor the recorder.
#pragma once

#include <string>
#include <vector>

#include <boost/json/value.hpp>

#include "aio/aio.hpp"

namespace gannet::consent {

/// Where a script runs: the page's own world, or Gannet's isolated one, which the page cannot see and whose cookie and storage
/// writes are not reported as the site's.
enum class World { page, isolated };

class ConsentPage {
 public:
  struct Frame {
    std::string id;
    std::string url;
    bool is_main = false;
  };

  virtual ~ConsentPage() = default;
  virtual aio::Executor executor() = 0;
  /// All attached frames, the main one first, including those in other processes. Ids stay valid until the frame navigates away.
  virtual std::vector<Frame> frames() = 0;
  /// Evaluates an expression (a promise is awaited) as if a user gesture caused it, and returns its value as JSON. Errors: the
  /// scope's, `not_found` for a frame that is gone, `invalid` with the script's exception text.
  virtual aio::Task<Result<boost::json::value>> evaluate(aio::Scope scope, std::string frame_id, World world,
                                                         std::string expression) = 0;
  /// Cookies and storage keys that the site wrote since mark_action(), as "cookie klaro", "localStorage consent".
  virtual std::vector<std::string> writes_since_action() = 0;
  virtual void mark_action() = 0;
  /// Waits until the page is quiet (as a phase is) or `limit` passed.
  virtual aio::Task<Result<void>> settle(aio::Scope scope, std::chrono::milliseconds limit) = 0;
};

}  // namespace gannet::consent
