"""The reference: Chromium driven over its debugging pipe with as little as can be, to prove that sites do what they declare.

No attribution, no consent detection, no network guard: a page, clicks by known selectors, and the jar at the end of each phase."""

import base64
import hashlib
import json
import os
import select
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

_CLICK = """(selector => {
  const find = root => {
    const hit = root.querySelector(selector);
    if (hit && (hit.offsetWidth || hit.getClientRects().length)) return hit;
    for (const element of root.querySelectorAll('*')) {
      const found = element.shadowRoot && find(element.shadowRoot);
      if (found) return found;
    }
    return null;
  };
  const hit = find(document);
  if (hit) hit.click();
  return Boolean(hit);
})(%s)"""


class Chromium:
    """One browser with one fresh profile; `close()` removes both. Every wait has a deadline."""

    def __init__(self, certificate: Path, *, seconds: float = 60):
        self._end = time.monotonic() + seconds
        self._folder = tempfile.mkdtemp(prefix="reference-browser.")
        preferences = Path(self._folder, "Default", "Preferences")
        preferences.parent.mkdir()
        preferences.write_text(json.dumps({"profile": {"cookie_controls_mode": 0, "block_third_party_cookies": False}}))
        to_browser, self._write = os.pipe()
        self._read, from_browser = os.pipe()
        self._process = subprocess.Popen(
            ["bash", "-c", f'exec "$@" 3<&{to_browser} 4>&{from_browser}', "bash", "chromium-headless-shell", "--no-sandbox",
             "--remote-debugging-pipe", "--site-per-process", "--disable-blink-features=AutomationControlled", "--disable-quic",
             f"--user-data-dir={self._folder}", "--host-resolver-rules=MAP * 127.0.0.1", "--window-size=1366,768",
             f"--ignore-certificate-errors-spki-list={public_key_hash(certificate)}", "about:blank"],
            pass_fds=(to_browser, from_browser), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_browser)
        os.close(from_browser)
        self._buffer = b""
        self._id = 0
        self._replies: dict[int, dict] = {}
        self._contexts: dict[tuple[str, int], dict] = {}
        self._sessions: list[str] = []
        self.refused: set[tuple[str, str]] = set()
        """Name and Chromium's reason of each cookie that a response could not set."""
        self.requested: list[str] = []
        """URL of each request that a page made, and of each document."""
        self._busy: set[str] = set()
        self._changed_at = time.monotonic()
        agent = self.call("Browser.getVersion")["userAgent"].replace("HeadlessChrome", "Chrome")
        self.context = self.call("Target.createBrowserContext")["browserContextId"]
        target = self.call("Target.createTarget", {"url": "about:blank", "browserContextId": self.context})["targetId"]
        self.page = self.call("Target.attachToTarget", {"targetId": target, "flatten": True})["sessionId"]
        self._agent = agent
        self._arm(self.page)

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._read)
        os.close(self._write)
        shutil.rmtree(self._folder, ignore_errors=True)

    def call(self, method: str, params: dict | None = None, session: str | None = None) -> dict:
        """The result of one command; events that arrive before it are taken in."""
        wanted = self._send(method, params or {}, session)
        while wanted not in self._replies:
            if self._next(self._end - time.monotonic()) is None:
                raise TimeoutError(f"{method}: no reply in time")
        reply = self._replies.pop(wanted)
        if "error" in reply:
            raise RuntimeError(f"{method}: {reply['error']['message']}")
        return reply["result"]

    def open(self, url: str) -> None:
        self.call("Page.navigate", {"url": url}, self.page)
        self.settle()

    def reload(self) -> None:
        self.call("Page.reload", {}, self.page)
        self.settle()

    def scroll(self) -> None:
        self.call("Runtime.evaluate", {"expression": "window.scrollTo(0, document.documentElement.scrollHeight)"}, self.page)
        self.settle()

    def click(self, selector: str) -> None:
        """Clicks the first visible match in any frame, through open shadow roots; waits for it to appear."""
        expression = _CLICK % json.dumps(selector)
        while True:
            for (session, context), _ in list(self._contexts.items()):
                try:
                    done = self.call("Runtime.evaluate", {"expression": expression, "contextId": context, "userGesture": True}, session)
                except RuntimeError:
                    continue
                if done["result"].get("value"):
                    self.settle()
                    return
            if time.monotonic() > self._end:
                raise TimeoutError(f"no visible {selector}")
            self._next(0.2)

    def evaluate(self, expression: str) -> object:
        done = self.call("Runtime.evaluate", {"expression": expression, "awaitPromise": True, "returnByValue": True}, self.page)
        return done["result"].get("value")

    def cookies(self) -> list[dict]:
        return self.call("Storage.getCookies", {"browserContextId": self.context})["cookies"]

    def settle(self, quiet: float = 0.7, limit: float = 10) -> None:
        """Until no request was in flight and none began for `quiet` seconds; at most `limit` (some requests never end)."""
        self._changed_at = time.monotonic()
        end = self._changed_at + limit
        while time.monotonic() < min(self._changed_at + quiet, end):
            if self._next(0.1) is None and self._busy:
                self._changed_at = max(self._changed_at, time.monotonic() - quiet / 2)

    def _arm(self, session: str) -> None:
        self._sessions.append(session)
        for method, params in (("Network.enable", {}), ("Page.enable", {}), ("Runtime.enable", {}),
                               ("Emulation.setUserAgentOverride", {"userAgent": self._agent}),
                               ("Target.setAutoAttach", {"autoAttach": True, "waitForDebuggerOnStart": True, "flatten": True}),
                               ("Runtime.runIfWaitingForDebugger", {})):
            self._send(method, params, session)  # A worker's session knows fewer domains and may never answer.

    def _send(self, method: str, params: dict, session: str | None) -> int:
        self._id += 1
        message = {"id": self._id, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        return self._id

    def _next(self, seconds: float) -> dict | None:
        """The next message, None after `seconds`. Events change what the browser is known to do."""
        end = time.monotonic() + max(seconds, 0)
        while b"\0" not in self._buffer:
            if not select.select([self._read], [], [], max(end - time.monotonic(), 0))[0]:
                return None
            chunk = os.read(self._read, 1 << 20)
            if not chunk:
                raise ConnectionError("the reference browser has ended")
            self._buffer += chunk
        line, _, self._buffer = self._buffer.partition(b"\0")
        message = json.loads(line)
        if "method" in message:
            self._on_event(message)
        else:
            self._replies[message["id"]] = message
        return message

    def _on_event(self, message: dict) -> None:
        method, params, session = message["method"], message["params"], message.get("sessionId", "")
        if method == "Target.attachedToTarget" and params["sessionId"] not in self._sessions and session:
            self._arm(params["sessionId"])
        elif method == "Runtime.executionContextCreated":
            self._contexts[(session, params["context"]["id"])] = params["context"]
        elif method == "Runtime.executionContextDestroyed":
            self._contexts.pop((session, params["executionContextId"]), None)
        elif method == "Network.responseReceivedExtraInfo":
            for blocked in params["blockedCookies"]:
                name = blocked["cookieLine"].partition("=")[0]
                self.refused |= {(name, reason) for reason in blocked["blockedReasons"]}
        elif method == "Page.javascriptDialogOpening":
            self._send("Page.handleJavaScriptDialog", {"accept": False}, session)
        elif method in ("Network.requestWillBeSent", "Network.loadingFinished", "Network.loadingFailed"):
            self._changed_at = time.monotonic()
            # A frame of another process begins its request in its parent's session and ends it in its own.
            if method == "Network.requestWillBeSent":
                self.requested.append(params["request"]["url"])
                self._busy.add(params["requestId"])
            else:
                self._busy.discard(params["requestId"])
        elif method == "Target.detachedFromTarget":
            self._contexts = {k: v for k, v in self._contexts.items() if k[0] != params["sessionId"]}


def public_key_hash(certificate: Path) -> str:
    """Base64 of SHA-256 over the public key: what the command line calls the SPKI hash."""
    public = subprocess.run(["openssl", "x509", "-in", str(certificate), "-pubkey", "-noout"], check=True, capture_output=True).stdout
    der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "der"], check=True, capture_output=True, input=public).stdout
    return base64.b64encode(hashlib.sha256(der).digest()).decode()
