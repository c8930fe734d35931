"""Fixtures of the end-to-end tests."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import fetch_packages
from harness.chromium import Chromium
from harness.gannet import ROOT, Gannet, binary
from harness.server import TestServer
from sites import load_routes, load_sites

sys.path.insert(0, str(Path(__file__).parent))


def pytest_addoption(parser):
    parser.addoption("--reference", action="store_true",
                     help="check that the sites do what they declare, with Chromium alone and without gannet")


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    subprocess.run([sys.executable, str(Path(fetch_packages.__file__))], check=True)
    routes = load_routes()
    played = TestServer(tmp_path_factory.mktemp("authority"), routes, {host for host, _ in routes})
    played.start()
    yield played
    played.stop()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    if call.when == "call":
        item.has_failed = outcome.get_result().failed


@pytest.fixture
def gannet(server, tmp_path, request):
    assert binary().is_file(), f"{binary()} is missing: build it (./run), or name it in GANNET"
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
