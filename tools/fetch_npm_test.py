"""fetch_npm against a registry of its own on loopback: what it brings, what it refuses, and that it never leaves half a package."""

import base64
import contextlib
import functools
import hashlib
import http.server
import io
import os
import pathlib
import tarfile
import tempfile
import threading
import unittest
import unittest.mock

from load_tool import load_tool

fetch_npm = load_tool("fetch_npm")


def tarball(*members):
    """A tarball of (name, content, type, mode)."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content, kind, mode in members:
            entry = tarfile.TarInfo(name)
            entry.type, entry.mode, entry.size, entry.linkname = kind, mode, len(content), "/etc/passwd"
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def integrity_of(content):
    return "sha512-" + base64.b64encode(hashlib.sha512(content).digest()).decode()


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


class FetchNpmTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        (self.folder / "registry").mkdir()
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(QuietHandler, directory=self.folder / "registry"))
        threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        self.environment = {"npm_config_registry": f"http://127.0.0.1:{server.server_port}/", "HOME": str(self.folder)}

    def publish(self, content, path="@scope/tool/-/tool-1.2.3.tgz"):
        target = self.folder / "registry" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)

    def fetch(self, *lines):
        """(exit status, standard error)"""
        (self.folder / "lock").write_text("\n".join(lines) + "\n")
        words = io.StringIO()
        with unittest.mock.patch.dict(os.environ, self.environment), contextlib.redirect_stderr(words):
            status = fetch_npm.main([str(self.folder / "lock"), str(self.folder / "out")])
        return status, words.getvalue()

    def files(self):
        out = self.folder / "out"
        return sorted(str(path.relative_to(out)) for path in out.rglob("*") if path.is_file())

    def test_brings_a_scoped_package_once(self):
        content = tarball(("package/bin/run", b"#!", tarfile.REGTYPE, 0o700), ("package/data.json", b"{}", tarfile.REGTYPE, 0o600))
        self.publish(content)
        line = f"@scope/tool@1.2.3 {integrity_of(content)} MIT  # What it is for."
        self.assertEqual(self.fetch(line), (0, "fetching @scope/tool@1.2.3 (MIT)\n"))
        place = "@scope/tool@1.2.3/"
        self.assertEqual(self.files(), [place + "integrity", place + "package/bin/run", place + "package/data.json"])
        self.assertEqual((self.folder / "out" / place / "package/bin/run").stat().st_mode & 0o777, 0o755)
        self.assertEqual((self.folder / "out" / place / "package/data.json").stat().st_mode & 0o777, 0o644)
        self.assertEqual(self.fetch(line), (0, ""))

    def test_refuses_what_the_lock_does_not_pin(self):
        self.publish(tarball(("package/a", b"evil", tarfile.REGTYPE, 0o644)))
        status, words = self.fetch(f"@scope/tool@1.2.3 {integrity_of(b'good')}")
        self.assertEqual(status, 3)
        self.assertIn("nothing was unpacked", words)
        self.assertEqual(self.files(), [])

    def test_a_changed_pin_replaces_what_is_there(self):
        for text in (b"old", b"new"):
            content = tarball(("package/a", text, tarfile.REGTYPE, 0o644))
            self.publish(content)
            self.assertEqual(self.fetch(f"@scope/tool@1.2.3 {integrity_of(content)}")[0], 0)
        self.assertEqual((self.folder / "out/@scope/tool@1.2.3/package/a").read_bytes(), b"new")

    def test_refuses_members_that_leave_the_folder(self):
        good = ("package/a", b"a", tarfile.REGTYPE, 0o644)
        for name, kind in (("package/../../b", tarfile.REGTYPE), ("/etc/b", tarfile.REGTYPE), ("package/link", tarfile.SYMTYPE),
                           ("package/hard", tarfile.LNKTYPE), ("top", tarfile.REGTYPE)):
            with self.subTest(name):
                content = tarball(good, (name, b"", kind, 0o644))
                self.publish(content)
                status, words = self.fetch(f"@scope/tool@1.2.3 {integrity_of(content)}")
                self.assertEqual(status, 3)
                self.assertIn("refusing to unpack", words)
                self.assertEqual(self.files(), [])

    def test_a_missing_package_is_named(self):
        status, words = self.fetch(f"tool@1.2.3 {integrity_of(b'')}")
        self.assertEqual(status, 3)
        self.assertRegex(words, r"cannot fetch http://127.0.0.1:\d+/tool/-/tool-1.2.3.tgz: HTTP Error 404")

    def test_a_wrong_lock_line_is_named(self):
        for line in ("tool 1.2.3", "tool@^1.2.3 sha512-x", "../tool@1.2.3 sha512-x", "tool@1.2.3 sha1-x"):
            with self.subTest(line):
                status, words = self.fetch("# head", line)
                self.assertEqual(status, 3)
                self.assertIn("lock:2: ", words)

    def test_the_registry_is_npms(self):
        package, scoped = fetch_npm.Package("tool", "1.0.0", "sha512-"), fetch_npm.Package("@scope/tool", "1.0.0", "sha512-")
        (self.folder / ".npmrc").write_text("# registry=https://no.test\nregistry = https://file.test/\n@scope:registry=https://scope.test\n")
        settings = fetch_npm.npmrc_settings(self.folder)
        self.assertEqual(fetch_npm.registry_for(package, {}, settings), "https://file.test")
        self.assertEqual(fetch_npm.registry_for(package, {"npm_config_registry": "https://env.test"}, settings), "https://env.test")
        self.assertEqual(fetch_npm.registry_for(scoped, {"npm_config_registry": "https://env.test"}, settings), "https://scope.test")
        self.assertEqual(fetch_npm.registry_for(package, {}, {}), "https://registry.npmjs.org")


if __name__ == "__main__":
    unittest.main()
