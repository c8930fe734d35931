"""Scans that are asked for, and profiles."""

import http.client
import json
import uuid


def ask_for(server, **changes):
    reply = server.ask("POST", "/api/v1/scans", {"domain": "https://example.com", **changes})
    assert reply.status == 201, reply.body
    return reply.json()


def test_a_scan_is_queued_and_shown(server):
    made = ask_for(server, domain="Example.com/shop", scan_mode="deep", params={"max_pages": 3})
    assert made["status"] == "pending" and made["domain"] == "example.com" and made["start_url"] == "https://example.com/shop"
    path = f"/api/v1/scans/{made['scan_id']}"
    assert server.ask("GET", path).json() == made
    assert server.ask("GET", path + "/progress").json()["status"] == "pending"
    listed = server.ask("GET", "/api/v1/scans?status=pending&scan_mode=deep&domain=EXAMPLE").json()
    assert made["scan_id"] in [scan["scan_id"] for scan in listed["items"]]
    for scope in ("reader", "nobody"):
        assert server.ask("POST", "/api/v1/scans", {"domain": "example.com"}, token=scope).status == 403
    assert server.ask("GET", path, token="other_admin").status == 404
    assert server.ask("GET", f"/api/v1/scans/{uuid.uuid4()}").status == 404


def test_a_wrong_scan_is_refused_and_the_field_named(server):
    assert server.ask("POST", "/api/v1/scans", {}).field_errors()["domain"] == "is missing"
    for body in ({"domain": "ftp://x"}, {"domain": "example.com", "scan_mode": "wide"}, {"domain": "example.com", "params": 1}, {"domain": "a b"}):
        assert server.ask("POST", "/api/v1/scans", body).status == 422, body
    assert server.ask("GET", "/api/v1/scans?status=odd").status == 422


def test_a_scan_that_waits_is_cancelled_and_then_deleted(server):
    path = f"/api/v1/scans/{ask_for(server)['scan_id']}"
    assert server.ask("POST", path + "/cancel").json()["status"] == "cancelled"
    assert server.ask("POST", path + "/cancel").status == 409
    assert server.ask("DELETE", path).status == 204
    assert server.ask("GET", path).status == 404


def test_what_ended_without_success_is_resumed_as_a_scan_of_its_own(server):
    first = ask_for(server, domain="example.com", params={"max_retries": 1})
    path = f"/api/v1/scans/{first['scan_id']}"
    assert server.ask("POST", path + "/resume").status == 409, "it has not ended"
    cancelled = server.ask("POST", path + "/cancel").json()
    key = {"Idempotency-Key": uuid.uuid4().hex}
    resumed = server.ask("POST", path + "/resume", headers=key)
    assert resumed.status == 201 and resumed.headers["Location"] == f"/api/v1/scans/{resumed.json()['scan_id']}"
    second = resumed.json()
    assert second["scan_id"] != first["scan_id"] and second["status"] == "pending"
    assert {name: second[name] for name in ("domain", "start_url", "domain_config_id", "scan_mode", "params")} == \
           {name: first[name] for name in ("domain", "start_url", "domain_config_id", "scan_mode", "params")}
    assert server.ask("GET", path).json() == cancelled, "what it was stays"
    assert server.ask("POST", path + "/resume", headers=key).json()["scan_id"] == second["scan_id"]
    entry = server.ask("GET", f"/api/v1/audit?resource_id={first['scan_id']}&action=scan.resume").json()["items"][0]
    assert entry["details"] == {"scan_id": second["scan_id"]}
    assert server.ask("POST", path + "/resume", token="other_admin").status == 404
    assert server.ask("POST", path + "/resume", token="reader").status == 403


def test_a_cursor_stays_right_while_scans_are_added(server):
    domain = f"{uuid.uuid4().hex[:10]}.example"
    made = [ask_for(server, domain=domain)["scan_id"] for _ in range(5)]
    list_from = lambda cursor: server.ask("GET", f"/api/v1/scans?domain={domain}&page_size=2{cursor}").json()
    page, seen = list_from(""), []
    while True:
        seen += [scan["scan_id"] for scan in page["items"]]
        assert page["has_next"] == (page["next_cursor"] is not None)
        if page["next_cursor"] is None:
            break
        ask_for(server, domain=domain)
        page = list_from(f"&cursor={page['next_cursor']}")
        assert page["has_prev"]
    assert seen == made[::-1]
    for wrong in ("cursor=x", "cursor=1.2", f"cursor=12x.{made[0]}", f"page=2&cursor=12.{made[0]}"):
        assert "cursor" in server.ask("GET", f"/api/v1/scans?{wrong}").field_errors()


def test_the_newest_scan_of_a_domain_is_found_by_its_domain(server):
    domain = f"{uuid.uuid4().hex[:10]}.example"
    made = ask_for(server, domain=domain)
    assert server.ask("DELETE", f"/api/v1/scans/by-domain?domain=https://{domain}").status == 204
    assert server.ask("GET", f"/api/v1/scans/{made['scan_id']}").json()["status"] == "cancelled"
    assert server.ask("DELETE", "/api/v1/scans/by-domain?domain=nobody.example").status == 404
    assert server.ask("DELETE", "/api/v1/scans/by-domain").status == 422


def test_a_stream_tells_the_progress_and_closes(server):
    made = ask_for(server)
    connection = http.client.HTTPConnection(server.host, timeout=60)
    connection.request("GET", f"/api/v1/scans/{made['scan_id']}/stream", headers={"Authorization": f"Bearer {server.about['admin']}"})
    response = connection.getresponse()
    assert response.status == 200 and response.headers["Content-Type"] == "text/event-stream"
    first = response.readline() + response.readline()
    assert first.startswith(b"event: progress\ndata: {") and json.loads(first.split(b"data: ")[1])["status"] == "pending"
    assert server.ask("POST", f"/api/v1/scans/{made['scan_id']}/cancel").status == 202
    rest = response.read().decode()
    assert '"status":"cancelled"' in rest and rest.endswith("event: close\ndata: {}\n\n")
    connection.close()


def test_a_batch_queues_what_is_right_and_says_what_is_not(server):
    reply = server.ask("POST", "/api/v1/scans/batch", {"domains": ["https://a.example", "b.example", "ftp://c.example"]})
    assert reply.status == 202
    done = reply.json()
    assert (done["total"], done["queued"], done["failed"]) == (3, 2, 1)
    assert [result["error"] is None for result in done["results"]] == [True, True, False]
    assert server.ask("POST", "/api/v1/scans/batch", {"domains": []}).status == 422
    assert server.ask("POST", "/api/v1/scans/batch", {"domains": ["a.example"] * 11}).status == 422


def test_profiles_are_made_changed_and_deleted(server):
    name = uuid.uuid4().hex
    made = server.ask("POST", "/api/v1/profiles", {"name": name, "scan_mode": "deep", "config": {"max_pages": 5}})
    assert made.status == 201 and made.json()["config"] == {"max_pages": 5}
    path = made.headers["Location"]
    assert server.ask("POST", "/api/v1/profiles", {"name": name}).status == 409
    tag = server.ask("GET", path).headers["ETag"]
    changed = server.ask("PUT", path, {"name": name, "config": {}}, headers={"If-Match": tag})
    assert changed.status == 200 and changed.json()["version"] > made.json()["version"]
    assert server.ask("PUT", path, {"name": name}, headers={"If-Match": tag}).status == 412
    assert name in [profile["name"] for profile in server.ask("GET", "/api/v1/profiles").json()]
    assert server.ask("GET", path, token="other_admin").status == 404
    assert server.ask("DELETE", path).status == 204 and server.ask("GET", path).status == 404


def test_a_report_waits_for_the_end_of_its_scan(server):
    path = f"/api/v1/reports/{ask_for(server)['scan_id']}"
    assert server.ask("GET", path).status == 409
    assert server.ask("GET", path, token="reader").status == 403
    assert server.ask("GET", f"/api/v1/reports/{uuid.uuid4()}").status == 404
