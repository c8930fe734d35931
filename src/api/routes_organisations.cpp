// Organisations: an administrator of the default one looks after all of them, everybody else sees and renames their own.
#include "api/impl/context.hpp"
#include "identity/organisations.hpp"

namespace gannet::api {
namespace {

using identity::AccessScope;
using identity::Organisation;

void write_organisation(JsonWriter& json, const Organisation& organisation) {
  json.field("organization_id", organisation.id.to_string());
  optional_field(json, "external_id", organisation.external_id.empty() ? std::nullopt : std::optional(organisation.external_id));
  json.field("name", organisation.name);
  json.field("enabled", organisation.enabled);
  json.field("created_at", format_instant(organisation.created_at));
}

bool looks_after_all(const Call& call) {
  return call.principal.organisation == default_organisation() && call.principal.scopes.allows(AccessScope::admin);
}

std::unexpected<Problem> only_for_the_default_one() {
  return refuse(Problem{.status = 403, .detail = "only an administrator of the default organisation may do this"});
}

aio::Task<Reply> list_organisations(const Context& context, Call& call) {
  auto found = co_await context.parts.database.read(
      call.scope,
      [own = call.principal.organisation, is_all = looks_after_all(call)](db::Tx& tx) -> Result<std::vector<Organisation>> {
        if (is_all) return identity::list_organisations(tx);
        const auto organisation = TRY(identity::find_organisation(tx, own));
        return organisation ? std::vector{*organisation} : std::vector<Organisation>();
      });
  if (!found) co_return refuse(found.error());
  co_return array_response(*found, write_organisation);
}

aio::Task<Reply> create_organisation(const Context& context, Call& call) {
  if (!looks_after_all(call)) co_return only_for_the_default_one();
  auto body = BodyReader::parse(call.request);
  if (!body) co_return refuse(std::move(body.error()));
  const auto text = body->required_text("organization_id", {.min = 1, .max = 255});
  const auto name = body->required_text("name", {.min = 1, .max = 255});
  if (auto problem = body->finish()) co_return refuse(std::move(*problem));
  const auto id = identity::organisation_id_of(text);
  auto made = co_await context.parts.database.write(
      call.scope,
      [id, text, name,
       event = audit(call, "organisation.create", "organisation", id.to_string())](db::Tx& tx) -> Result<Organisation> {
        if (TRY(identity::find_organisation(tx, id)))
          return fail(ErrorKind::conflict, "there is an organisation {} already", text);
        auto organisation = TRY(identity::ensure_organisation(tx, text, name));
        TRY(identity::record_audit(tx, event));
        return organisation;
      });
  if (!made) co_return refuse(made.error());
  co_return json_object(201, [&](JsonWriter& json) { write_organisation(json, *made); });
}

aio::Task<Reply> change_organisation(const Context& context, Call& call) {
  const auto id = path_id<OrganisationId>(call, "organization_id");
  if (!id) co_return refuse(id.error());
  if (!looks_after_all(call) && *id != call.principal.organisation) co_return not_found("organisation", id->to_string());
  auto body = BodyReader::parse(call.request);
  if (!body) co_return refuse(std::move(body.error()));
  const identity::OrganisationChange change{.name = body->text("name", {.min = 1, .max = 255}),
                                            .enabled = body->boolean("enabled")};
  if (auto problem = body->finish()) co_return refuse(std::move(*problem));
  if (change.enabled && !looks_after_all(call)) co_return only_for_the_default_one();
  auto changed = co_await context.parts.database.write(
      call.scope,
      [id = *id, change,
       event = audit(call, "organisation.update", "organisation", id->to_string())](db::Tx& tx) -> Result<Organisation> {
        auto organisation = TRY(identity::update_organisation(tx, id, change));
        TRY(identity::record_audit(tx, event));
        return organisation;
      });
  if (!changed) co_return refuse(changed.error());
  context.parts.authenticator.forget();
  co_return json_object(200, [&](JsonWriter& json) { write_organisation(json, *changed); });
}

}  // namespace

std::vector<Route> organisation_routes(const Context& context) {
  const auto route = [&](std::string_view method, std::string_view path, std::string_view id, std::string_view summary,
                         std::string_view body, Answer answer, Operation operation) {
    return Route{.method = method,
                 .path = path,
                 .id = id,
                 .tag = "organizations",
                 .summary = summary,
                 .scope = method == "GET" ? AccessScope::users_read : AccessScope::admin,
                 .body = body,
                 .answers = {answer},
                 .handler = bind(context, operation)};
  };
  return {
      route("GET", "/api/v1/organizations", "list_organizations",
            "All organisations for an administrator of the default one, for others their own", "",
            {200, "Organisations by name.", "Organizations"}, list_organisations),
      route("POST", "/api/v1/organizations", "create_organization", "Make an organisation", "OrganizationRequest",
            {201, "The organisation.", "Organization"}, create_organisation),
      route("PATCH", "/api/v1/organizations/{organization_id}", "update_organization",
            "Rename an organisation, or keep all of its people and keys out", "OrganizationChange",
            {200, "The organisation.", "Organization"}, change_organisation),
  };
}

}  // namespace gannet::api
