"""Real web applications from Debian, run by PHP's own server behind the test server, which logs what they set."""

import http.client
import re
import shutil
import subprocess
from pathlib import Path

from harness.server import Request, Response
from harness.truth import DAY, Cookie, Site, Truth

_SKIPPED_HEADERS = {"connection", "content-length", "date", "set-cookie", "transfer-encoding"}


class PhpApplication:
    """One application at `home`; it runs between start() and stop()."""

    def __init__(self, home: str):
        self.home = Path(home)
        self._process: subprocess.Popen | None = None
        self._port = 0

    def start(self, folder: Path) -> None:
        """`folder` is empty and takes what the application writes."""
        prepend = self.prepare(folder)
        options = ["-d", f"session.save_path={folder}", "-d", "display_errors=0", "-d", f"auto_prepend_file={prepend or ''}"]
        self._process = subprocess.Popen(["php", *options, "-S", "127.0.0.1:0", "-t", str(self.home)],
                                         stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
        line = self._process.stderr.readline()
        found = re.search(r"http://127\.0\.0\.1:(\d+)\) started", line)
        assert found, f"php -S says: {line}{self._process.stderr.read()}"
        self._port = int(found[1])
        self._drain = subprocess.Popen(["cat"], stdin=self._process.stderr, stdout=subprocess.DEVNULL)

    def stop(self) -> None:
        self._process.kill()
        self._process.communicate()
        self._drain.wait()

    def prepare(self, folder: Path) -> Path | None:
        """Makes the application's own files; returns a script that PHP runs first."""
        return None

    def route(self, request: Request) -> Response:
        """Forwards to PHP and back, cookies apart, so that the log has them."""
        exchange = request.exchange
        target = exchange.path + ("?" + "&".join(f"{k}={v}" for k, v in exchange.query.items()) if exchange.query else "")
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        connection.request(exchange.method, target, body=exchange.body or None, headers=exchange.headers)
        reply = connection.getresponse()
        headers = {name: value for name, value in reply.getheaders() if name.lower() not in _SKIPPED_HEADERS}
        kind = headers.pop("Content-Type", headers.pop("Content-type", "application/octet-stream"))
        return Response(reply.read(), type=kind, status=reply.status, cookies=reply.headers.get_all("Set-Cookie") or [], headers=headers)


class DokuWiki(PhpApplication):
    """With its configuration and pages in the test's folder and no user accounts."""

    def prepare(self, folder: Path) -> Path:
        settings, data = folder / "conf", folder / "data"
        for name in ("attic", "cache", "index", "locks", "log", "media", "media_attic", "media_meta", "meta", "pages", "tmp"):
            (data / name).mkdir(parents=True)
        (data / "pages" / "start.txt").write_text("====== Welcome ======\n\nA page of a real wiki.\n")
        shutil.copytree("/etc/dokuwiki", settings, ignore=shutil.ignore_patterns("*.auth.php"))
        (settings / "local.php").write_text(f"<?php $conf['title'] = 'Test wiki'; $conf['savedir'] = '{data}'; $conf['useacl'] = 0;")
        prepend = folder / "prepend.php"
        prepend.write_text(f"<?php define('DOKU_CONF', '{settings}/');")
        return prepend


DOKUWIKI = DokuWiki("/usr/share/dokuwiki")
ADMINER = PhpApplication("/usr/share/adminer")


def _site(name: str, application: PhpApplication, path: str, *cookies: Cookie, third_parties: dict[str, str] | None = None) -> Site:
    host = f"{name}.test"
    return Site(name, host, {(host, "/*"): application.route},
                {"untouched": Truth(cookies=cookies, third_parties=third_parties or {}),
                 "rejected": Truth("no_banner", cookies=cookies, third_parties=third_parties or {})},
                scheme="http", path=path, is_plain_visit=False)


_ADMINER = "http://adminer.test/adminer.php"

SITES = [
    _site("dokuwiki", DOKUWIKI, "/doku.php",
          Cookie("DokuWiki", "dokuwiki.test", "http://dokuwiki.test/doku.php", http_only=True)),
    _site("adminer", ADMINER, "/adminer.php",
          Cookie("adminer_sid", "adminer.test", _ADMINER, path="/adminer.php", http_only=True),
          Cookie("adminer_key", "adminer.test", _ADMINER, path="/adminer.php", http_only=True, same_site="Lax"),
          Cookie("adminer_version", "adminer.test", _ADMINER, kind="script", lifetime=DAY),
          third_parties={"adminer.org": "S0"}),
]
