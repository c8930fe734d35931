"""What several sites are built of."""

import secrets
from pathlib import Path

from harness.server import Request, Response, Route, visitor_cookie
from harness.truth import Cookie

TEXT = Path(__file__).parent / "text"


def fresh() -> str:
    """A value that no other write has: found again anywhere, it has leaked."""
    return secrets.token_hex(16)


def page(body: str, *, head: str = "", title: str = "Test shop", secure: bool = True, cookies: tuple[Cookie, ...] = (),
         status: int = 200, headers: dict[str, str] | None = None) -> Route:
    """A document with the session cookie for new visitors and `cookies` on every answer."""
    document = (f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title><link rel="icon" href="data:,">'
                f"{head}</head><body>{body}</body></html>")

    def route(request: Request) -> Response:
        lines = [cookie.line(fresh()) for cookie in cookies]
        if "sid" not in request.exchange.cookies:
            flags = "; Secure" if secure else ""
            lines.insert(0, f"{visitor_cookie(request.visitor)}; Path=/; HttpOnly; SameSite=Lax{flags}")
        return Response(request.fill(document), cookies=lines, status=status, headers=headers or {})

    return route


def script(text: str, *cookies: Cookie) -> Route:
    return lambda request: Response(request.fill(text), type="text/javascript", cookies=[c.line(fresh()) for c in cookies])


def text_file(name: str) -> str:
    return (TEXT / name).read_text()


def pixel(*cookies: Cookie) -> Route:
    """A transparent GIF of one pixel."""
    gif = bytes.fromhex("47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b")
    return lambda request: Response(gif, type="image/gif", cookies=[c.line(fresh()) for c in cookies])
