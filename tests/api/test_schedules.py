"""Schedules as guide 000 prints them, and what else they can do."""

import subprocess
import uuid

import pytest

EXAMPLES = {
    "daily": {"scan_type": "quick", "scan_params": {"custom_pages": ["/", "/about", "/privacy", "/terms"]}, "frequency": "daily",
              "time_config": {"hour": 9, "minute": 0}},
    "weekly": {"scan_type": "deep", "scan_params": {"max_pages": 10000, "chunk_size": 1000, "browser_pool_size": 5, "pages_per_browser": 20},
               "frequency": "weekly", "time_config": {"day_of_week": "monday", "hour": 2, "minute": 0}},
    "hourly": {"scan_type": "quick", "scan_params": {"custom_pages": ["/checkout", "/cart"]}, "frequency": "hourly", "time_config": {"minute": 0}},
}
GUIDE = {"domain": "https://example.com", "domain_config_id": "550e8400-e29b-41d4-a716-446655440000", "enabled": True}


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_examples_of_guide_000_answer_201_and_read_back_unchanged(server, example):
    sent = {**GUIDE, **EXAMPLES[example]}
    made = server.ask("POST", "/api/v1/schedules", sent)
    assert made.status == 201
    read = server.ask("GET", made.headers["Location"]).json()
    assert {name: read[name] for name in sent} == sent
    assert read == made.json()
    assert read["last_run"] is None and read["last_status"] is None and read["next_run"] > read["created_at"]
    assert len(read["next_fires"]) == 5


def test_the_curl_lines_of_guide_000_run_as_printed(server):
    lines = f'''curl -sS -X POST http://localhost:8000/api/v1/schedules \\
  -H "Authorization: Bearer YOUR_TOKEN" \\
  -H "Content-Type: application/json" \\
  -d '{{
    "domain": "https://example.com",
    "domain_config_id": "550e8400-e29b-41d4-a716-446655440000",
    "scan_type": "quick",
    "scan_params": {{
      "custom_pages": ["/", "/about", "/privacy", "/terms"]
    }},
    "frequency": "daily",
    "time_config": {{
      "hour": 9,
      "minute": 0
    }},
    "enabled": true
  }}' -w ' %{{http_code}}'
curl -sS http://localhost:8000/api/v1/schedules?enabled=true \\
  -H "Authorization: Bearer YOUR_TOKEN" -w ' %{{http_code}}'
curl -sS "http://localhost:8000/api/v1/schedules?scan_type=deep" \\
  -H "Authorization: Bearer YOUR_TOKEN" -w ' %{{http_code}}'
'''
    script = lines.replace("http://localhost:8000", server.about["url"]).replace("YOUR_TOKEN", server.about["admin"])
    output = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=60, check=True).stdout
    assert "} 201" in output and output.count("} 200") == 2


def make(server, **changes):
    reply = server.ask("POST", "/api/v1/schedules", {**GUIDE, **EXAMPLES["daily"], **changes})
    assert reply.status == 201, reply.body
    return reply.json()


def test_lists_are_filtered_paged_and_newest_first(server):
    config = str(uuid.uuid4())
    made = [make(server, domain_config_id=config, enabled=number % 2 == 0, scan_type="deep" if number == 3 else "quick") for number in range(5)]
    ids = [row["schedule_id"] for row in reversed(made)]
    page = server.ask("GET", f"/api/v1/schedules?domain_config_id={config}&page_size=2").json()
    assert [row["schedule_id"] for row in page["items"]] == ids[:2]
    assert (page["total"], page["has_next"], page["has_prev"]) == (5, True, False)
    last = server.ask("GET", f"/api/v1/schedules?domain_config_id={config}&page_size=2&page=3").json()
    assert [row["schedule_id"] for row in last["items"]] == ids[4:] and not last["has_next"] and last["has_prev"]
    assert len(server.ask("GET", f"/api/v1/schedules?domain_config_id={config}&enabled=true").json()["items"]) == 3
    assert len(server.ask("GET", f"/api/v1/schedules?domain_config_id={config}&scan_type=deep").json()["items"]) == 1
    assert server.ask("GET", "/api/v1/schedules?page_size=100").status == 200
    for bad in ("page_size=101", "page=0", "enabled=maybe", "scan_type=wide", "enabeld=true"):
        assert server.ask("GET", f"/api/v1/schedules?{bad}").status == 422, bad


def test_a_domain_is_one_however_it_is_written_and_echoed_as_sent(server):
    host = f"{uuid.uuid4().hex[:12]}.example"
    with_scheme, bare = make(server, domain=f"https://{host}"), make(server, domain=host)
    assert with_scheme["domain"] == f"https://{host}" and bare["domain"] == host
    found = server.ask("GET", f"/api/v1/schedules?domain={host.upper()}").json()
    assert found["total"] == 2


def test_a_site_id_that_is_no_uuid_is_echoed_and_found(server):
    name = f"abc-{uuid.uuid4().hex[:8]}"
    assert make(server, domain_config_id=name)["domain_config_id"] == name
    assert server.ask("GET", f"/api/v1/schedules?domain_config_id={name}").json()["total"] == 1


@pytest.mark.parametrize("changes, field", [
    ({"time_config": {"hour": 24, "minute": 0}}, "hour"),
    ({"time_config": {"hour": "nine"}}, "hour"),
    ({"time_config": "09:00"}, "time_config"),
    ({"frequency": "fortnightly"}, "frequency"),
    ({"frequency": "weekly", "time_config": {"day_of_week": "monday", "day": "tuesday"}}, "day"),
    ({"timezone": "Europe/Atlantis"}, "zone"),
    ({"domain": "ftp://example.com"}, "domain"),
    ({"domain": ""}, "domain"),
    ({"scan_type": "wide"}, "scan_type"),
    ({"scan_params": []}, "scan_params"),
    ({"enabled": "yes"}, "enabled"),
    ({"profile_id": "p1"}, "profile_id"),
    ({"domian": "x"}, "domian"),
    ({"jitter_seconds": -1}, "jitter_seconds"),
])
def test_a_wrong_field_is_refused_and_named(server, changes, field):
    reply = server.ask("POST", "/api/v1/schedules", {**GUIDE, **EXAMPLES["daily"], **changes})
    assert reply.status == 422
    problem = reply.json()
    assert field in problem["detail"], problem
    assert problem["error"]["code"] == "VALIDATION_ERROR" and problem["error"]["request_id"] == reply.headers["X-Request-ID"]


def test_all_missing_fields_are_named_at_once(server):
    errors = server.ask("POST", "/api/v1/schedules", {}).field_errors()
    assert {"domain", "domain_config_id", "frequency", "time_config"} <= set(errors)


def test_an_edit_is_checked_as_merged_and_changes_the_next_run(server):
    made = make(server)
    path = f"/api/v1/schedules/{made['schedule_id']}"
    edited = server.ask("PATCH", path, {"time_config": {"hour": 10, "minute": 30}})
    assert edited.status == 200 and edited.json()["time_config"] == {"hour": 10, "minute": 30}
    assert edited.json()["next_run"] != made["next_run"]
    assert edited.json()["version"] > made["version"]
    assert server.ask("PATCH", path, {"frequency": "weekly"}).field_errors().keys() == {"time_config.day_of_week"}, "the row lacks a day"
    weekly = server.ask("PUT", path, {"frequency": "weekly", "time_config": {"day": "Monday", "hour": 2, "minute": 0}})
    assert weekly.status == 200 and weekly.json()["time_config"]["day_of_week"] == "monday"
    assert server.ask("PATCH", path, {"time_config": {"hour": 99}}).status == 422
    assert server.ask("PUT", path, {}).status == 400
    assert server.ask("PATCH", path, {"scan_params": {"max_pages": 7}}).json()["scan_params"] == {"max_pages": 7}


def test_two_who_edit_at_once_do_not_overwrite_each_other(server):
    made = make(server)
    path = f"/api/v1/schedules/{made['schedule_id']}"
    tag = server.ask("GET", path).headers["ETag"]
    assert server.ask("PATCH", path, {"name": "first"}, headers={"If-Match": tag}).status == 200
    late = server.ask("PATCH", path, {"name": "second"}, headers={"If-Match": tag})
    assert late.status == 412 and late.json()["error"]["code"] == "PRECONDITION_FAILED"
    newest = server.ask("GET", path)
    assert newest.json()["name"] == "first"
    assert server.ask("GET", path, headers={"If-None-Match": newest.headers["ETag"]}).status == 304
    assert server.ask("PATCH", path, {"name": "third"}, headers={"If-Match": "W/" + newest.headers["ETag"]}).status == 200


def test_a_request_with_a_key_is_done_once(server):
    config, key = str(uuid.uuid4()), uuid.uuid4().hex
    body = {**GUIDE, **EXAMPLES["daily"], "domain_config_id": config}
    first = server.ask("POST", "/api/v1/schedules", body, headers={"Idempotency-Key": key})
    again = server.ask("POST", "/api/v1/schedules", body, headers={"Idempotency-Key": f'"{key}"'})
    assert (first.status, again.status) == (201, 201)
    assert again.json() == first.json() and again.headers["Location"] == first.headers["Location"]
    assert "Idempotent-Replayed" not in first.headers and again.headers["Idempotent-Replayed"] == "true"
    assert server.ask("GET", f"/api/v1/schedules?domain_config_id={config}").json()["total"] == 1
    other = server.ask("POST", "/api/v1/schedules", {**body, "name": "x"}, headers={"Idempotency-Key": key})
    assert other.status == 422
    refused = server.ask("POST", "/api/v1/schedules", {**body, "frequency": "x"}, headers={"Idempotency-Key": key + "2"})
    assert refused.status == 422
    assert server.ask("POST", "/api/v1/schedules", body, headers={"Idempotency-Key": key + "2"}).status == 201, "a refusal is not kept"
    assert server.ask("POST", "/api/v1/schedules", body, headers={"Idempotency-Key": "x" * 201}).status == 400


def test_enable_disable_pause_and_resume(server):
    path = f"/api/v1/schedules/{make(server)['schedule_id']}"
    off = server.ask("POST", path + "/disable").json()
    assert not off["enabled"] and off["next_fires"] == []
    assert server.ask("POST", path + "/enable").json()["enabled"]
    held = server.ask("POST", path + "/pause", {"reason": "relaunch"}).json()
    assert held["paused"] and held["pause_reason"] == "relaunch" and held["next_fires"] == []
    assert not server.ask("POST", path + "/resume").json()["paused"]


def test_all_are_paused_and_resumed(server):
    path = f"/api/v1/schedules/{make(server)['schedule_id']}"
    assert server.ask("POST", "/api/v1/schedules/pause", {"reason": "holiday"}).json()["changed"] >= 1
    assert server.ask("GET", path).json()["pause_reason"] == "holiday"
    assert server.ask("POST", "/api/v1/schedules/resume").json()["changed"] >= 1
    assert not server.ask("GET", path).json()["paused"]


def test_a_deleted_schedule_is_gone(server):
    path = f"/api/v1/schedules/{make(server)['schedule_id']}"
    assert server.ask("DELETE", path).status == 204
    for method, end in (("GET", ""), ("DELETE", ""), ("POST", "/run"), ("POST", "/enable"), ("GET", "/executions"), ("GET", "/fires"), ("GET", "/next")):
        assert server.ask(method, path + end).status == 404, end


def test_a_run_now_leaves_a_true_history(server):
    made = make(server)
    path = f"/api/v1/schedules/{made['schedule_id']}"
    fire = server.ask("POST", path + "/run", headers={"Idempotency-Key": "once"})
    assert fire.status == 202 and fire.json()["kind"] == "manual"
    assert server.ask("POST", path + "/run", headers={"Idempotency-Key": "once"}).json() == fire.json()
    execution = server.command("end success")
    assert server.command("end success") == "no job"
    runs = server.ask("GET", path + "/executions").json()
    assert [run["execution_id"] for run in runs] == [execution]
    assert runs[0]["status"] == "success" and runs[0]["completed_at"] >= runs[0]["started_at"]
    assert server.ask("GET", f"/api/v1/executions/{execution}").json() == runs[0]
    after = server.ask("GET", path).json()
    assert after["last_status"] == "success" and after["last_run"] is not None and after["next_run"] == made["next_run"]
    assert [entry["state"] for entry in server.ask("GET", path + "/fires").json()] == ["ended"]

    server.ask("POST", path + "/run")
    failed = server.command("end failed")
    run = server.ask("GET", f"/api/v1/executions/{failed}").json()
    assert run["status"] == "failed" and run["error_message"] == "the page did not answer" and run["error_details"] == {"kind": "timeout"}
    statistics = server.ask("GET", f"/api/v1/statistics?days=7&schedule_id={made['schedule_id']}").json()
    assert (statistics["total_executions"], statistics["successful"], statistics["failed"], statistics["success_rate"]) == (2, 1, 1, 50.0)
    assert {"avg_duration", "min_duration", "max_duration"} <= set(statistics)
    assert server.ask("GET", "/api/v1/executions?status=failed&hours=1").json()[0]["execution_id"] == failed
    assert server.ask("GET", f"/api/v1/executions/{uuid.uuid4()}").status == 404


def test_old_runs_are_deleted_and_those_of_others_stay(server):
    path = f"/api/v1/schedules/{make(server)['schedule_id']}"
    runs = []
    for _ in range(3):
        server.ask("POST", path + "/run")
        runs.append(server.command("end success"))
    for run in runs[:2]:
        assert server.command(f"age {run}") == "aged"
    assert server.ask("DELETE", "/api/v1/executions?days=90", token="reader").status == 403
    assert server.ask("DELETE", "/api/v1/executions").field_errors().keys() == {"days"}
    assert server.ask("DELETE", "/api/v1/executions?days=0").status == 422
    assert server.ask("DELETE", "/api/v1/executions?days=90", token="other_admin").json() == {"deleted": 0}
    assert server.ask("DELETE", "/api/v1/executions?days=101").json() == {"deleted": 0}
    assert server.ask("DELETE", "/api/v1/executions?days=90").json() == {"deleted": 2}
    assert [run["execution_id"] for run in server.ask("GET", path + "/executions").json()] == runs[2:]
    assert server.ask("GET", "/api/v1/audit?action=execution.cleanup").json()["items"][0]["details"] == {"days": 90, "deleted": 2}


def test_a_cursor_goes_through_all_runs(server):
    schedule = make(server)["schedule_id"]
    runs = []
    for _ in range(3):
        server.ask("POST", f"/api/v1/schedules/{schedule}/run")
        runs.append(server.command("end success"))
    where = f"/api/v1/executions?schedule_id={schedule}&limit=2"
    first = server.ask("GET", where)
    second = server.ask("GET", f"{where}&cursor={first.headers['X-Next-Cursor']}")
    assert [run["execution_id"] for run in first.json() + second.json()] == runs[::-1]
    assert "X-Next-Cursor" not in second.headers
    for wrong in ("cursor=x", f"offset=1&cursor={first.headers['X-Next-Cursor']}"):
        assert "cursor" in server.ask("GET", f"/api/v1/executions?{wrong}").field_errors()


def test_next_fires_come_with_the_offsets_of_the_zone(server):
    made = make(server, timezone="Asia/Kolkata")
    preview = server.ask("GET", f"/api/v1/schedules/{made['schedule_id']}/next?count=3").json()
    assert preview["timezone"] == "Asia/Kolkata"
    assert len(preview["next_fires"]) == 3 and all(at.endswith("T09:00:00+05:30") for at in preview["next_fires"])
    assert server.ask("GET", f"/api/v1/schedules/{made['schedule_id']}/next?count=0").status == 422


def test_a_backfill_wants_a_range_in_the_past(server):
    path = f"/api/v1/schedules/{make(server, frequency='hourly', time_config={'minute': 0})['schedule_id']}/backfill"
    assert server.ask("POST", path, {"from": "2026-01-01T00:00:00Z"}).field_errors() == {"until": "is missing"}
    assert server.ask("POST", path, {"from": "2999-01-01T00:00:00Z", "until": "2999-01-02T00:00:00Z"}).status == 422
    done = server.ask("POST", path, {"from": "2026-01-01T00:00:00Z", "until": "2026-01-01T02:00:00Z"})
    assert done.status == 202 and done.json() == {"queued": 3}


def test_many_are_changed_at_once(server):
    ids = [make(server)["schedule_id"] for _ in range(2)]
    missing = str(uuid.uuid4())
    done = server.ask("POST", "/api/v1/schedules/bulk", {"action": "pause", "reason": "x", "schedule_ids": [*ids, missing]}).json()
    assert done == {"changed": ids, "not_found": [missing]}
    assert all(server.ask("GET", f"/api/v1/schedules/{one}").json()["paused"] for one in ids)
    foreign = server.ask("POST", "/api/v1/schedules/bulk", {"action": "delete", "schedule_ids": ids}, token="other_admin").json()
    assert foreign == {"changed": [], "not_found": ids}
    assert server.ask("POST", "/api/v1/schedules/bulk", {"action": "delete", "schedule_ids": ids}).json()["changed"] == ids
    assert server.ask("POST", "/api/v1/schedules/bulk", {"action": "burn", "schedule_ids": ["x"]}).field_errors().keys() == {"action", "schedule_ids"}


def test_a_sync_without_a_feed_says_what_to_set(server):
    reply = server.ask("POST", "/api/v1/schedules/sync")
    assert reply.status == 409 and "API_URL" in reply.json()["detail"]
