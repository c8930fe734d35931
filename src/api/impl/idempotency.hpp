// What makes a repeated request harmless (draft-ietf-httpapi-idempotency-key-header): the answer is kept under the client's key
// in the transaction that did the work, so that neither is without the other. Owner of the table `api_replies`.
#pragma once

#include <optional>
#include <string>

#include "api/impl/context.hpp"
#include "db/database.hpp"

namespace gannet::api {

/// An answer that can be given again.
struct KeptReply {
  int status = 200;
  std::string body;
  std::string location;
  std::string etag;
  auto columns() { return std::tie(status, body, location, etag); }
};

/// The key of a call, with what tells another request under the same key. Nothing where the client sent none.
struct RequestKey {
  OrganisationId organisation;
  std::string caller;
  std::string key;
  std::string fingerprint;
};
std::expected<std::optional<RequestKey>, Problem> request_key(const Call& call);

/// In the transaction, before the work: the answer to give again, if the request was done within a day. Of several that come at
/// once the others wait here until the first has committed. Error `invalid` where the key was used for another request.
Result<std::optional<KeptReply>> begin_request(db::Tx& tx, const RequestKey& key);
/// In the transaction, after the work.
Result<void> keep_reply(db::Tx& tx, const RequestKey& key, const KeptReply& reply);

net::HttpResponse to_response(const KeptReply& reply, bool is_repeated);

/// Runs `work`, a copyable Result<KeptReply>(db::Tx&), in one transaction, once for each key.
template <class Work>
aio::Task<Reply> once(const Context& context, Call& call, Work work) {
  const auto key = request_key(call);
  if (!key) co_return refuse(key.error());
  struct Done {
    KeptReply reply;
    bool is_repeated = false;
  };
  auto done = co_await context.parts.database.write(call.scope, [key = *key, work](db::Tx& tx) mutable -> Result<Done> {
    if (key)
      if (auto kept = TRY(begin_request(tx, *key))) return Done{std::move(*kept), true};
    auto reply = TRY(work(tx));
    if (key) TRY(keep_reply(tx, *key, reply));
    return Done{std::move(reply), false};
  });
  if (!done) co_return refuse(done.error());
  co_return to_response(done->reply, done->is_repeated);
}

}  // namespace gannet::api
