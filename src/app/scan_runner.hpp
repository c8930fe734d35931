// ScanRunner: what every scan of a process shares (the browser and its host, the proxy that guards the network, the key of the
// digests), made in the order of its members and taken down in reverse. Owned by the command that scans; on the loop's thread.
//
//   HostProcess (before any thread) → ScanRunner → start() → scan()… at the same time or in turn → stop()
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "aio/aio.hpp"
#include "app/arguments.hpp"
#include "app/pdf.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"
#include "browser/browser_source.hpp"
#include "browser_host/host_client.hpp"
#include "consent/autoconsent.hpp"
#include "net/address.hpp"
#include "net/forward_proxy.hpp"
#include "net/resolver.hpp"
#include "record/scan.hpp"
#include "record/value.hpp"
#include "scan/engine.hpp"
#include "store/store.hpp"

namespace gannet::app {

/// What a scan leaves.
struct Seen {
  record::ScanRecord record;
  store::ScanExtras extras;
};

/// How the process meets the network.
struct NetworkOptions {
  std::vector<net::ResolveOverride> resolve;
  std::vector<net::Network> allow_nets;
  std::optional<net::Authority> proxy;
};

/// DuckDuckGo's rules from the data sets' folder. Errors name the file.
Result<std::shared_ptr<const consent::Autoconsent>> load_autoconsent(const std::filesystem::path& data_sets);

class ScanRunner {
 public:
  struct Parts {
    browser_host::HostProcess host;
    browser::BrowserOptions browser;
    NetworkOptions network;
    std::string digest_key;
    std::shared_ptr<const consent::Autoconsent> autoconsent;
  };

  ScanRunner(boost::asio::io_context& context, Parts parts);

  /// Launches the browser, so that what is wrong with it is known before the first scan. Errors: those of Browser::launch.
  aio::Task<Result<void>> start(aio::Scope scope);

  /// Never fails: what went wrong is in the record. Shared with whoever keeps it, because a record may be large.
  aio::Task<std::shared_ptr<Seen>> scan(aio::Scope scope, scan::QuickScan request,
                                        std::function<void(const scan::Progress&)> on_progress);

  /// By the same browser, offline.
  aio::Task<Result<std::string>> print(PdfText text);

  aio::Task<void> stop();

  bool has_browser() const { return browsers_.is_alive(); }

  const record::Redactor& redactor() const { return redactor_; }

 private:
  SystemClock clock_;
  SystemRandom random_;
  const std::shared_ptr<const consent::Autoconsent> autoconsent_;
  const record::Redactor redactor_;
  net::AddressPolicy policy_;
  net::Resolver resolver_;
  net::ForwardProxy proxy_;
  aio::Executor executor_;
  browser_host::HostClient host_;
  browser::BrowserSource browsers_;
};

}  // namespace gannet::app
