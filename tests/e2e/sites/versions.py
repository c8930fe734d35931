"""A site in several versions. A test says which one is live, scans, says the next one, and compares."""

import secrets

from harness.server import Request, Response, Route, Routes
from harness.truth import DAY, Cookie

from .pieces import fresh, page, script

HOST = "versions.test"
URL_PIXEL = "https://stats.metrics.example:{{https}}/p.gif?v={{v}}"


def _own(name: str, **attributes) -> Cookie:
    return Cookie(name, HOST, f"https://{HOST}/", lifetime=DAY, **attributes)


_PREFS_LAX, _PREFS_STRICT, _OLD = _own("prefs", same_site="Lax"), _own("prefs", same_site="Strict"), _own("old")

# What the second version adds: a cookie that Gannet's data sets know, and a third party.
_TRACKER = f'<script>document.cookie = "_ga=GA1.1.{fresh()}; path=/; max-age=9000000"</script><img src="{URL_PIXEL}">'
_NEVER_RESTS = '<script src="/ask.js?v={{v}}"></script>'

_VERSIONS: dict[str, Route] = {
    "first": page("<h1>First</h1>", cookies=(_PREFS_LAX, _OLD)),
    "second": page(f"<h1>Second</h1>{_TRACKER}", cookies=(_PREFS_STRICT,)),
    "second, never at rest": page(f"<h1>Second</h1>{_TRACKER}{_NEVER_RESTS}", cookies=(_PREFS_STRICT,)),
}
_live = "first"


def make_live(version: str) -> None:
    global _live
    assert version in _VERSIONS
    _live = version


def _answer(request: Request) -> Response:
    """Each answer has a cookie whose name no other answer has."""
    response = _VERSIONS[_live](request)
    response.cookies.append(f"cart_{secrets.token_hex(6)}={fresh()}; Path=/; Secure")
    return response


ROUTES: Routes = {
    (HOST, "/"): _answer,
    (HOST, "/ask.js"): script('setInterval(() => fetch("/ping?v={{v}}"), 100);'),
    (HOST, "/ping"): script(""),
}
