"""Fixtures of the end-to-end tests."""

import os
import re
import shutil
from pathlib import Path

import pytest
from harness.chromium import Chromium
from harness.gannet import ROOT, Gannet, binary
from harness.packages import prepare
from harness.server import TestServer
from harness.servers import Postgres, Redis
from sites import load_routes, load_sites
from sites.pages import UNTRUSTED_HOSTS


def pytest_addoption(parser):
    parser.addoption("--reference", action="store_true", help="also check, with Chromium alone, that the sites do what they declare")
    parser.addoption("--kills", type=int, default=5, help="how many scans test_killed_scans_leave_no_half_result kills")


def pytest_configure(config):
    config.addinivalue_line("markers", "reference: checks the sites themselves; runs with --reference only")


def pytest_collection_modifyitems(config, items):
    if not config.getoption("--reference"):
        asked = [item for item in items if not item.get_closest_marker("reference")]
        config.hook.pytest_deselected(items=[item for item in items if item not in asked])
        items[:] = asked


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    prepare()
    routes = load_routes()
    hosts = {host for host, _ in routes}
    played = TestServer(tmp_path_factory.mktemp("authority"), routes, hosts - set(UNTRUSTED_HOSTS))
    authority = played.authority
    played.use_certificate("expired.test", authority.leaf(["expired.test"], not_before="20200101000000Z", not_after="20200201000000Z"))
    played.use_certificate("selfsigned.test", authority.self_signed(["selfsigned.test"]))
    played.use_certificate("wrongname.test", authority.leaf(["another.test"]))
    played.start()
    yield played
    played.stop()


@pytest.fixture(scope="module")
def postgres():
    started = Postgres()
    yield started
    started.close()


@pytest.fixture(scope="module")
def redis():
    started = Redis()
    yield started
    started.close()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    if call.when == "call":
        item.has_failed = outcome.get_result().failed


@pytest.fixture
def gannet(server, tmp_path, request):
    assert binary().is_file(), f"{binary()} is missing: build it (./test e2e does), or name it in GANNET"
    runner = Gannet(server, tmp_path / "data")
    yield runner
    runner.close()
    if getattr(request.node, "has_failed", False):
        name = re.sub(r"[^\w.-]+", "_", request.node.nodeid)
        folder = Path(os.environ.get("GANNET_TEST_EVIDENCE", ROOT / "var" / "test-evidence")) / name
        shutil.rmtree(folder, ignore_errors=True)
        runner.keep_evidence(folder)


@pytest.fixture
def reference(server):
    browser = Chromium(server.certificate)
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def sites():
    return load_sites()
