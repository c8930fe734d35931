"""Who may do what: every defect of the described service in this matter has its test here."""

import base64
import json
import uuid

import pytest


def test_nothing_but_the_service_itself_is_open(server):
    for path, operations in server.document["paths"].items():
        for method, operation in operations.items():
            if method == "parameters" or operation["security"] == []:
                continue
            where = path.replace("{schedule_id}", str(uuid.uuid4())).replace("{", "").replace("}", "")
            reply = server.ask(method.upper(), where, None, token=None)
            assert reply.status == 401, f"{method} {path}: {reply.status}"
            assert reply.headers["WWW-Authenticate"].startswith("Bearer")
    open_paths = {path for path, operations in server.document["paths"].items() for name, operation in operations.items()
                  if name != "parameters" and operation["security"] == []}
    assert open_paths == {"/", "/health", "/live", "/ready", "/api/v1/health", "/metrics", "/openapi.json", "/docs", "/docs/{file}",
                          "/api/v1/auth/login", "/api/v1/auth/refresh"}


@pytest.mark.parametrize("token", ["expired", "", "x", "a.b.c", "eyJhbGciOiJub25lIn0.e30."])
def test_a_bad_token_is_401(server, token):
    reply = server.ask("GET", "/api/v1/schedules", token=token)
    assert reply.status == 401 and reply.json()["error"]["code"] == "AUTHENTICATION_ERROR"


def test_a_token_signed_by_nobody_is_refused(server):
    header, payload, _ = server.about["admin"].split(".")
    none = base64.urlsafe_b64encode(json.dumps({"alg": "none", "typ": "JWT"}).encode()).decode().rstrip("=")
    for forged in (f"{none}.{payload}.", f"{none}.{payload}", f"{header}.{payload}.", f"{header}.{payload}.AAAA"):
        assert server.ask("GET", "/api/v1/schedules", token=forged).status == 401


def test_other_schemes_are_401(server):
    for value in ("Basic cm9vdDpyb290", "bearer", "Token x"):
        assert server.ask("GET", "/api/v1/schedules", headers={"Authorization": value}).status == 401
    assert server.ask("GET", "/api/v1/schedules", token=None, headers={"X-API-Key": "x" * 64}).status == 401


def test_a_missing_scope_is_403_and_named(server, schedule):
    refused = server.ask("POST", "/api/v1/schedules", schedule, token="reader")
    assert refused.status == 403 and "schedules:write" in refused.json()["detail"]
    assert 'scope="schedules:write"' in refused.headers["WWW-Authenticate"]
    assert server.ask("GET", "/api/v1/schedules", token="reader").status == 200
    assert server.ask("GET", "/api/v1/schedules", token="nobody").status == 403
    assert server.ask("GET", "/api/v1/audit", token="writer").status == 403
    assert server.ask("GET", "/api/v1/users", token="writer").status == 403


def test_another_organisation_sees_nothing_of_it(server, schedule):
    made = server.ask("POST", "/api/v1/schedules", schedule).json()
    path = f"/api/v1/schedules/{made['schedule_id']}"
    for method, end, body in (("GET", "", None), ("PATCH", "", {"name": "x"}), ("PUT", "", {"name": "x"}), ("DELETE", "", None), ("POST", "/run", None),
                              ("POST", "/enable", None), ("POST", "/pause", {}), ("GET", "/executions", None), ("GET", "/fires", None)):
        assert server.ask(method, path + end, body, token="other_admin").status == 404, f"{method} {end}"
    assert made["schedule_id"] not in server.ask("GET", "/api/v1/schedules?page_size=100", token="other_admin").body.decode()
    assert server.ask("GET", path).status == 200
    users = server.ask("GET", "/api/v1/users", token="other_admin").json()
    assert users["items"] == []
    user = server.ask("GET", "/api/v1/users").json()["items"][0]
    assert server.ask("GET", f"/api/v1/users/{user['user_id']}", token="other_admin").status == 404
    key = server.ask("POST", "/api/v1/api-keys", {"name": "k", "scopes": ["schedules:read"]}).json()
    assert server.ask("DELETE", f"/api/v1/api-keys/{key['key_id']}", token="other_admin").status == 404


def log_in(server, email, password, **headers):
    return server.ask("POST", "/api/v1/auth/login", {"email": email, "password": password}, token=None, headers=headers)


def test_a_login_needs_the_right_password_and_says_how_many_tries_are_left(server):
    wrong = log_in(server, "root@example.com", "anything")
    assert wrong.status == 401 and wrong.json()["error"]["details"]["attempts_left"] >= 1
    right = log_in(server, server.about["admin_email"], server.about["admin_password"])
    assert right.status == 200 and right.json()["token_type"] == "bearer" and right.json()["expires_in"] == 900
    assert right.headers["Cache-Control"] == "no-store"
    me = server.ask("GET", "/api/v1/auth/me", token=right.json()["access_token"]).json()
    assert me["email"] == "root@example.com" and me["role"] == "admin"
    assert log_in(server, "root@example.com", "").status == 422


def test_five_failures_lock_whether_or_not_the_user_exists(server):
    email = f"{uuid.uuid4().hex}@example.com"
    statuses = [log_in(server, email, "Wrong-Password-1").status for _ in range(6)]
    assert statuses[:4] == [401] * 4 and statuses[-1] == 423
    locked = log_in(server, email, "Wrong-Password-1")
    assert locked.json()["error"]["code"] == "ACCOUNT_LOCKED" and int(locked.headers["Retry-After"]) > 0


def test_an_administrator_ends_a_lock(server):
    user = new_user(server)
    path = f"/api/v1/users/{user['user_id']}/unlock"
    while log_in(server, user["email"], "Wrong-Password-1").status != 423:
        pass
    assert log_in(server, user["email"], user["password"]).status == 423
    assert server.ask("POST", path, token="writer").status == 403
    assert server.ask("POST", path, token="other_admin").status == 404
    assert log_in(server, user["email"], user["password"]).status == 423
    assert server.ask("POST", path).status == 204
    assert log_in(server, user["email"], user["password"]).status == 200
    assert server.ask("GET", f"/api/v1/audit?action=auth.unlock&resource_id={user['user_id']}").json()["items"]


def test_organisations_are_made_renamed_and_disabled_by_those_who_look_after_all(server):
    text = f"org-{uuid.uuid4().hex[:8]}"
    made = server.ask("POST", "/api/v1/organizations", {"organization_id": text, "name": "Shop"})
    assert made.status == 201 and made.json()["external_id"] == text and made.json()["enabled"]
    path = f"/api/v1/organizations/{made.json()['organization_id']}"
    assert server.ask("POST", "/api/v1/organizations", {"organization_id": text, "name": "Again"}).status == 409
    assert server.ask("POST", "/api/v1/organizations", {"name": ""}).field_errors().keys() == {"organization_id", "name"}
    assert server.ask("PATCH", path, {"name": "Shops"}).json()["name"] == "Shops"
    assert made.json()["organization_id"] in [one["organization_id"] for one in server.ask("GET", "/api/v1/organizations").json()]
    assert server.ask("PATCH", path, {"enabled": False}).json()["enabled"] is False
    me = server.ask("GET", "/api/v1/auth/me").json()["organization_id"]
    assert server.ask("PATCH", f"/api/v1/organizations/{me}", {"enabled": False}).status == 422, "the default one"


def test_an_organisation_sees_and_renames_itself_alone(server):
    other = server.ask("GET", "/api/v1/auth/me", token="other_admin").json()["organization_id"]
    me = server.ask("GET", "/api/v1/auth/me").json()["organization_id"]
    assert {one["organization_id"] for one in server.ask("GET", "/api/v1/organizations", token="other_admin").json()} <= {other}
    assert server.ask("POST", "/api/v1/organizations", {"organization_id": "x", "name": "X"}, token="other_admin").status == 403
    assert server.ask("PATCH", f"/api/v1/organizations/{me}", {"name": "X"}, token="other_admin").status == 404
    assert server.ask("PATCH", f"/api/v1/organizations/{other}", {"enabled": False}, token="other_admin").status == 403
    assert server.ask("GET", "/api/v1/organizations", token="reader").status == 403


def new_user(server, role="viewer"):
    email = f"{uuid.uuid4().hex}@example.com"
    made = server.ask("POST", "/api/v1/users", {"email": email, "role": role})
    assert made.status == 201
    return made.json()


def test_a_new_user_must_change_the_password_first(server):
    user = new_user(server)
    tokens = log_in(server, user["email"], user["password"]).json()
    assert tokens["must_change_password"] and tokens["scopes"] == []
    assert server.ask("GET", "/api/v1/schedules", token=tokens["access_token"]).status == 403
    change = {"old_password": user["password"], "new_password": "Another-Horse-8"}
    changed = server.ask("POST", "/api/v1/auth/password", change, token=tokens["access_token"])
    assert changed.status == 200 and "schedules:read" in changed.json()["scopes"]
    assert server.ask("GET", "/api/v1/schedules", token=changed.json()["access_token"]).status == 200
    weak = {"old_password": "Another-Horse-8", "new_password": "short"}
    assert server.ask("POST", "/api/v1/auth/password", weak, token=changed.json()["access_token"]).status == 422


def test_a_refresh_token_is_spent_once_and_a_logout_ends_it(server):
    first = log_in(server, server.about["admin_email"], server.about["admin_password"]).json()
    second = server.ask("POST", "/api/v1/auth/refresh", {"refresh_token": first["refresh_token"]}, token=None)
    assert second.status == 200
    assert server.ask("POST", "/api/v1/auth/refresh", {"refresh_token": first["refresh_token"]}, token=None).status == 401
    assert server.ask("POST", "/api/v1/auth/refresh", {"refresh_token": second.json()["refresh_token"]}, token=None).status == 401, "reuse ends all"
    third = log_in(server, server.about["admin_email"], server.about["admin_password"]).json()
    assert server.ask("POST", "/api/v1/auth/logout", {}, token=third["access_token"]).status == 204
    assert server.ask("POST", "/api/v1/auth/refresh", {"refresh_token": third["refresh_token"]}, token=None).status == 401
    assert server.ask("GET", "/api/v1/auth/me", token=third["access_token"]).status == 401


def test_nobody_gives_away_scopes_that_they_do_not_have(server):
    refused = server.ask("POST", "/api/v1/api-keys", {"name": "k", "scopes": ["admin"]}, token="writer")
    assert refused.status == 403
    user = new_user(server, "user")
    tokens = log_in(server, user["email"], user["password"]).json()
    token = server.ask("POST", "/api/v1/auth/password", {"old_password": user["password"], "new_password": "Another-Horse-8"},
                       token=tokens["access_token"]).json()["access_token"]
    assert server.ask("POST", "/api/v1/api-keys", {"name": "k", "scopes": ["users:write"]}, token=token).status == 403
    assert server.ask("POST", "/api/v1/api-keys", {"name": "k", "scopes": ["schedules:raed"]}, token=token).status == 422
    made = server.ask("POST", "/api/v1/api-keys", {"name": "k", "scopes": ["schedules:read"]}, token=token)
    assert made.status == 201
    assert server.ask("PATCH", f"/api/v1/api-keys/{made.json()['key_id']}", {"scopes": ["admin"]}, token=token).status == 403


def test_an_api_key_works_is_shown_once_rotated_and_revoked(server):
    made = server.ask("POST", "/api/v1/api-keys", {"name": "ci", "scopes": ["schedules:read"], "rate_limit": 50}).json()
    use = lambda key: server.ask("GET", "/api/v1/schedules", token=None, headers={"X-API-Key": key})
    reply = use(made["key"])
    assert reply.status == 200 and reply.headers["X-RateLimit-Limit"] == "50"
    path = f"/api/v1/api-keys/{made['key_id']}"
    assert made["key"] not in server.ask("GET", path).body.decode()
    assert server.ask("GET", path).json()["last_used_at"] is not None
    assert made["key"] not in server.ask("GET", "/api/v1/api-keys").body.decode()
    rotated = server.ask("POST", path + "/rotate").json()
    assert use(made["key"]).status == 401 and use(rotated["key"]).status == 200
    assert server.ask("PATCH", path, {"enabled": False}).status == 200 and use(rotated["key"]).status == 401
    assert server.ask("PATCH", path, {"enabled": True}).status == 200 and use(rotated["key"]).status == 200
    assert server.ask("DELETE", path).status == 204 and use(rotated["key"]).status == 401
    assert server.ask("POST", path + "/rotate").status == 409
    past = {"name": "old", "scopes": ["schedules:read"], "expires_at": "2001-01-01T00:00:00Z"}
    assert server.ask("POST", "/api/v1/api-keys", past).status == 422


def test_a_key_has_a_limit_of_its_own(server):
    made = server.ask("POST", "/api/v1/api-keys", {"name": "few", "scopes": ["schedules:read"], "rate_limit": 3}).json()
    replies = [server.ask("GET", "/api/v1/schedules", token=None, headers={"X-API-Key": made["key"]}) for _ in range(5)]
    assert [reply.status for reply in replies] == [200, 200, 200, 429, 429]
    limited = replies[-1]
    assert int(limited.headers["Retry-After"]) > 0 and limited.json()["error"]["code"] == "RATE_LIMIT_EXCEEDED"
    assert limited.headers["RateLimit-Policy"] == '"requests";q=3;w=60' and limited.headers["X-RateLimit-Remaining"] == "0"


def test_what_is_done_is_in_the_audit_trail(server, schedule):
    made = server.ask("POST", "/api/v1/schedules", schedule, headers={"X-Request-ID": "trail-1", "User-Agent": "tests"}).json()
    server.ask("DELETE", f"/api/v1/schedules/{made['schedule_id']}")
    entries = server.ask("GET", f"/api/v1/audit?resource_id={made['schedule_id']}").json()["items"]
    assert [entry["action"] for entry in entries] == ["schedule.delete", "schedule.create"]
    assert entries[1]["request_id"] == "trail-1" and entries[1]["user_agent"] == "tests" and entries[1]["ip"] == "127.0.0.1"
    assert server.ask("GET", "/api/v1/audit?action=auth.login&limit=1").json()["next_cursor"] is not None
    assert server.ask("GET", "/api/v1/audit?status=odd").status == 422


def test_a_forged_forwarded_address_changes_nothing(server, schedule):
    headers = {"X-Forwarded-For": "203.0.113.7", "X-Real-IP": "203.0.113.7", "Forwarded": "for=203.0.113.7"}
    made = server.ask("POST", "/api/v1/schedules", schedule, headers=headers).json()
    entry = server.ask("GET", f"/api/v1/audit?resource_id={made['schedule_id']}").json()["items"][0]
    assert entry["ip"] == "127.0.0.1"


def test_users_are_made_changed_and_deleted(server):
    user = new_user(server)
    path = f"/api/v1/users/{user['user_id']}"
    assert server.ask("POST", "/api/v1/users", {"email": user["email"]}).status == 409
    assert server.ask("POST", "/api/v1/users", {"email": "no address"}).status == 422
    assert server.ask("PATCH", path, {"role": "user", "name": "N"}).json()["role"] == "user"
    assert server.ask("PATCH", path, {"role": "king"}).field_errors() == {"role": "must be admin, user or viewer"}
    assert server.ask("PATCH", path, {"enabled": False}).status == 200
    assert log_in(server, user["email"], user["password"]).status == 403
    assert server.ask("POST", path + "/password").json()["password"] != user["password"]
    assert server.ask("DELETE", path).status == 204 and server.ask("GET", path).status == 404
