#!/usr/bin/env python3
"""Plays all test sites until interrupted and prints how to open them: ./serve.py [SITE…]"""

import shlex
import signal
import sys
import tempfile
from pathlib import Path

from harness.chromium import public_key_hash
from harness.packages import prepare
from harness.server import TestServer
from sites import load_routes, load_sites


def main(names: list[str]) -> int:
    sites = load_sites()
    if unknown := [name for name in names if name not in sites]:
        print(f"no site {', '.join(unknown)}; there are {', '.join(sorted(sites))}", file=sys.stderr)
        return 2
    prepare()
    routes = load_routes()
    with tempfile.TemporaryDirectory() as folder:
        server = TestServer(Path(folder), routes, {host for host, _ in routes})
        server.start()
        browser = ["chromium", "--user-data-dir=" + folder + "/profile", "--host-resolver-rules=MAP * 127.0.0.1",
                   "--ignore-certificate-errors-spki-list=" + public_key_hash(server.certificate)]
        print("certificate authority:", server.authority.certificate)
        print("a browser that reaches them:", shlex.join(browser))
        for name in names or sorted(sites):
            site = sites[name]
            port = server.https_port if site.scheme == "https" else server.http_port
            print(f"  {name}: {site.scheme}://{site.host}:{port}{site.path}")
        try:
            signal.pause()
        except KeyboardInterrupt:
            print(server.log.text())
        server.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
