"""What gannet says when it cannot do what it was asked: what, why, and what would be right, with the documented exit code."""

import json
import socket

import pytest
from harness.gannet import EXIT_FAILED, EXIT_USAGE

WRONG_USE = {
    "bad scheme": (["scan", "ftp://shop.test/"], ["ftp://shop.test", "http"]),
    "no host": (["scan", "https:///path"], ["host"]),
    "space in host": (["scan", "https://sh op.test/"], ["sh op.test"]),
    "unknown option": (["scan", "https://shop.test/", "--bogus"], ["--bogus", "--help"]),
    "unknown command": (["scna", "https://shop.test/"], ["scna", "--help"]),
    "no URL": (["scan"], ["URL", "--help"]),
    "unknown state": (["scan", "https://shop.test/", "--states", "maybe"], ["maybe", "untouched", "rejected", "accepted"]),
    "unknown format": (["scan", "https://shop.test/", "--format", "xml"], ["xml", "json"]),
    "unknown severity": (["scan", "https://shop.test/", "--fail-on", "awful"], ["awful", "high"]),
    "unknown policy": (["scan", "https://shop.test/", "--third-party-cookies", "perhaps"], ["perhaps", "allow", "block"]),
    "bad network": (["scan", "https://shop.test/", "--allow-net", "127.0.0.0/99"], ["127.0.0.0/99"]),
    "bad resolve": (["scan", "https://shop.test/", "--resolve", "shop.test"], ["shop.test", "HOST:PORT:ADDR"]),
    "missing parameter file": (["scan", "https://shop.test/", "--params", "/nowhere/params.json"],
                               ["/nowhere/params.json", "No such file"]),
    "missing authority": (["scan", "https://shop.test/", "--ca", "/nowhere/ca.pem"], ["/nowhere/ca.pem", "No such file"]),
    "page of another scheme": (["scan", "https://shop.test/", "--page", "javascript:alert(1)"], ["javascript:"]),
}


@pytest.mark.parametrize("arguments, words", WRONG_USE.values(), ids=WRONG_USE)
def test_wrong_use_is_named_and_ends_with_2(arguments, words, gannet):
    run = gannet.run(*arguments, seconds=20)
    assert run.exit_code == EXIT_USAGE, run
    assert run.stdout == ""
    assert [word for word in words if word not in run.stderr] == [], run


@pytest.mark.parametrize("content, words", [("{", ["not JSON at line 1"]), ('{"timeout": 4}', ["timeout", "5000", "120000"]),
                                            ('{"tiemout": 1}', ["tiemout", "timeout"]),
                                            ('{"max_retries": "many"}', ["max_retries", "0", "5"])])
def test_wrong_parameter_file_is_named_with_what_is_right(content, words, gannet, tmp_path):
    path = tmp_path / "params.json"
    path.write_text(content)
    run = gannet.run("scan", "https://shop.test/", "--params", str(path), seconds=20)
    assert run.exit_code == EXIT_USAGE, run
    assert [word for word in [str(path), *words] if word not in run.stderr] == [], run


def _fails(gannet, url, *arguments, words, environment=None):
    """A scan that cannot see its page: exit code 3, the words in the document's reason or on standard error."""
    gannet.server.log.restart()
    run = gannet.run("scan", url, "--format", "json", "--states", "untouched", *arguments, environment=environment)
    said = run.stderr
    if run.stdout:
        document = json.loads(run.stdout)
        assert document["status"] == "failed", run
        said += document["reason"] + "".join(page["reason"] for state in document["states"].values() for page in state["pages"])
    assert run.exit_code == EXIT_FAILED, run
    assert [word for word in words if word.lower() not in said.lower()] == [], run


def test_missing_browser_is_named(gannet):
    _fails(gannet, "https://plain.test/", words=["/nonexistent/chromium", "does not exist", "chromium-headless-shell"],
           environment={"GANNET_BROWSER": "/nonexistent/chromium"})


def test_host_that_does_not_resolve_is_named(gannet):
    _fails(gannet, "https://nobody.invalid/", words=["nobody.invalid", "DNS"])


def test_closed_port_is_a_refused_connection(gannet):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        _fails(gannet, f"https://plain.test:{port}/", *gannet.site_arguments(), words=["plain.test", "refused"])


@pytest.mark.parametrize("host", ["127.0.0.1", "plain.test", "localhost"])
def test_private_address_is_refused_unless_allowed(host, gannet):
    _fails(gannet, f"http://{host}:{gannet.server.http_port}/", "--resolve", "plain.test:*:127.0.0.1", words=["127.0.0.1", "--allow-net"])
    assert gannet.server.log.exchanges() == []


@pytest.mark.parametrize("host, why", [("expired.test", "expired"), ("selfsigned.test", "authority"), ("wrongname.test", "name")])
def test_untrusted_certificate_is_a_result_with_its_reason(host, why, gannet):
    _fails(gannet, gannet.url(host), *gannet.site_arguments(), words=["certificate", why])
    assert gannet.server.log.exchanges(host=host) == []


def test_unknown_authority_is_not_trusted(gannet):
    _fails(gannet, gannet.url("plain.test"), "--resolve", "*:*:127.0.0.1", "--allow-net", "127.0.0.0/8", words=["certificate", "--ca"])


def test_output_file_that_cannot_be_written_is_known_before_the_scan(gannet):
    gannet.server.log.restart()
    run = gannet.run("scan", gannet.url("plain.test"), *gannet.site_arguments(), "--out", "/nowhere/out.json")
    assert run.exit_code in (EXIT_USAGE, EXIT_FAILED)
    assert "/nowhere/out.json" in run.stderr
    assert gannet.server.log.exchanges() == []


def test_no_address_outside_the_allowed_set_is_contacted_by_a_page(gannet, sites):
    # The start page's server is allowed by its own address; the third parties resolve to one that is not.
    gannet.server.log.restart()
    site = sites["leaky"]
    run = gannet.run("scan", gannet.url(site.host), "--format", "json", "--states", "untouched",
                     "--ca", str(gannet.server.authority.certificate), "--resolve", f"{site.host}:*:127.0.0.1",
                     "--resolve", "*:*:127.0.0.2", "--allow-net", "127.0.0.1/32")
    document = gannet.read_document(run)
    assert gannet.server.log.hosts() == {site.host}
    assert document["states"]["untouched"]["requests"]["failed"] >= 1
