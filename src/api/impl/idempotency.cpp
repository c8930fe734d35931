#include "api/impl/idempotency.hpp"

#include "base/sha256.hpp"
#include "base/text.hpp"

namespace gannet::api {
namespace {

constexpr std::size_t k_key_bytes_max = 200;
constexpr std::chrono::hours k_kept_for{24};

}  // namespace

std::expected<std::optional<RequestKey>, Problem> request_key(const Call& call) {
  const auto given = call.request.headers.find("Idempotency-Key");
  if (!given) return std::nullopt;
  // The draft writes it as a structured-field string, clients mostly as plain text.
  auto text = trim(*given);
  if (text.size() >= 2 && text.starts_with('"') && text.ends_with('"')) text = text.substr(1, text.size() - 2);
  if (text.empty() || text.size() > k_key_bytes_max)
    return std::unexpected(
        Problem{.status = 400, .detail = fmt::format("Idempotency-Key must have 1 to {} characters", k_key_bytes_max)});
  return RequestKey{.organisation = call.principal.organisation,
                    .caller = call.principal.rate_bucket(),
                    .key = std::string(text),
                    .fingerprint = sha256_hex(call.request.method + '\n' + call.request.path + '\n' + call.request.query + '\n' +
                                              call.request.body)};
}

Result<std::optional<KeptReply>> begin_request(db::Tx& tx, const RequestKey& key) {
  const auto now = TRY(tx.query_one<Instant>("SELECT gannet_now()")).value();
  TRY(tx.execute("DELETE FROM api_replies WHERE organisation_id = $1 AND caller = $2 AND request_key = $3 AND created_at < $4",
                 key.organisation, key.caller, key.key, now - k_kept_for));
  const auto made = TRY(tx.execute(
      "INSERT INTO api_replies (organisation_id, caller, request_key, fingerprint, created_at) VALUES ($1, $2, $3, $4, $5) "
      "ON CONFLICT DO NOTHING",
      key.organisation, key.caller, key.key, key.fingerprint, now));
  if (made == 1) return std::nullopt;
  const auto fingerprint = TRY(tx.query_one<std::string>(
      "SELECT fingerprint FROM api_replies WHERE organisation_id = $1 AND caller = $2 AND request_key = $3", key.organisation,
      key.caller, key.key));
  if (fingerprint != key.fingerprint)
    return fail(ErrorKind::invalid, "this Idempotency-Key was used for another request; take a new one");
  return tx.query_one<KeptReply>(
      "SELECT status, body, location, etag FROM api_replies WHERE organisation_id = $1 AND caller = $2 AND request_key = $3",
      key.organisation, key.caller, key.key);
}

Result<void> keep_reply(db::Tx& tx, const RequestKey& key, const KeptReply& reply) {
  TRY(
      tx.execute("UPDATE api_replies SET status = $4, body = $5, location = $6, etag = $7 "
                 "WHERE organisation_id = $1 AND caller = $2 AND request_key = $3",
                 key.organisation, key.caller, key.key, reply.status, reply.body, reply.location, reply.etag));
  return {};
}

Result<std::int64_t> prune_replies(db::Tx& tx, int limit) {
  const auto now = TRY(tx.query_one<Instant>("SELECT gannet_now()")).value();
  return tx.execute(
      "DELETE FROM api_replies WHERE (organisation_id, caller, request_key) IN "
      "(SELECT organisation_id, caller, request_key FROM api_replies WHERE created_at < $1 LIMIT $2)",
      now - k_kept_for, limit);
}

net::HttpResponse to_response(const KeptReply& reply, bool is_repeated) {
  auto response = json_response(reply.status, reply.body);
  if (!reply.location.empty()) response.headers.add("Location", reply.location);
  if (!reply.etag.empty()) response.headers.add("ETag", reply.etag);
  if (is_repeated) response.headers.add("Idempotent-Replayed", "true");
  return response;
}

}  // namespace gannet::api
