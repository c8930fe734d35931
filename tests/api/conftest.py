"""A real server of the API on each database, and a client that holds every answer to the OpenAPI document."""

import http.client
import json
import os
import pathlib
import re
import subprocess
from dataclasses import dataclass

import jsonschema
import pytest

PACKAGES = pathlib.Path(os.environ["NPM_PACKAGES"])


FORMATS = jsonschema.FormatChecker(formats=["uuid"])


@FORMATS.checks("date-time")
def is_date_time(value):
    return not isinstance(value, str) or re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", value) is not None


@dataclass
class Reply:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    def json(self):
        return json.loads(self.body)

    def field_errors(self):
        return {error["field"]: error["message"] for error in self.json()["error"]["details"].get("errors", [])}


class Server:
    def __init__(self, engine):
        swagger_ui = PACKAGES / "swagger-ui-dist@5.35.0" / "package"
        self.process = subprocess.Popen([os.environ["API_TEST_SERVER"], engine, str(swagger_ui)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True)
        self.engine = engine
        self.about = json.loads(self.process.stdout.readline())
        self.host = self.about["url"].removeprefix("http://")
        self.document = json.loads(self.request("GET", "/openapi.json").body)

    def command(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def stop(self):
        self.process.stdin.close()
        assert self.process.wait(timeout=60) == 0

    def request(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection(self.host, timeout=60)
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        reply = Reply(response.status, response.headers, response.read())
        connection.close()
        return reply

    def ask(self, method, path, body=None, token="admin", headers=None):
        """A request with a token of the server's, by name, or any other text; None for none. The answer must be one of the document's."""
        sent = dict(headers or {})
        if token is not None:
            sent.setdefault("Authorization", f"Bearer {self.about.get(token, token)}")
        if body is not None and not isinstance(body, (str, bytes)):
            body = json.dumps(body)
        if body is not None:
            sent.setdefault("Content-Type", "application/json")
        reply = self.request(method, path, body, sent)
        self.check(method, path, reply)
        return reply

    def operation(self, method, path):
        wanted = path.partition("?")[0].split("/")
        best = None
        for template, operations in self.document["paths"].items():
            parts = template.split("/")
            if len(parts) != len(wanted) or method.lower() not in operations:
                continue
            if all(a == b or (a.startswith("{") and b) for a, b in zip(parts, wanted)):
                if best is None or template.count("{") < best[0].count("{"):
                    best = (template, operations[method.lower()])
        return best[1] if best else None

    def check(self, method, path, reply):
        """The status is declared, and the body is what the document says."""
        kind = (reply.headers.get("Content-Type") or "").partition(";")[0]
        operation = self.operation("GET" if method == "HEAD" else method, path)
        if operation is None:
            assert reply.status in (404, 405), f"{method} {path}: {reply.status} of an operation that the document lacks"
            self.validate(reply.json(), {"$ref": "#/components/schemas/Problem"})
            return
        assert str(reply.status) in operation["responses"], f"{method} {path}: {reply.status} is not declared: {reply.body[:300]}"
        response = operation["responses"][str(reply.status)]
        if "$ref" in response:
            response = self.document["components"]["responses"][response["$ref"].rpartition("/")[2]]
        if "content" not in response:
            assert reply.body == b"", f"{method} {path}: {reply.status} has a body that is not declared"
            return
        if method == "HEAD":
            return
        if kind == "application/json" or kind == "application/problem+json":
            assert kind in response["content"], f"{method} {path}: {reply.status} as {kind} is not declared"
            self.validate(reply.json(), response["content"][kind]["schema"])

    def validate(self, value, schema):
        resolver = jsonschema.RefResolver("", self.document)
        jsonschema.Draft202012Validator(schema, resolver=resolver, format_checker=FORMATS).validate(value)


@pytest.fixture(scope="session", params=["sqlite", "postgres"])
def server(request):
    running = Server(request.param)
    yield running
    running.stop()


@pytest.fixture
def schedule():
    """Example 1 of guide 000."""
    return {
        "domain": "https://example.com", "domain_config_id": "550e8400-e29b-41d4-a716-446655440000", "scan_type": "quick",
        "scan_params": {"custom_pages": ["/", "/about", "/privacy", "/terms"]}, "frequency": "daily",
        "time_config": {"hour": 9, "minute": 0}, "enabled": True,
    }
