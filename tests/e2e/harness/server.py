"""One threaded HTTP and HTTPS server on 127.0.0.1 that plays all test hosts and logs every exchange."""

import base64
import hashlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from .certificates import CertificateAuthority, Leaf
from .log import Exchange, ServerLog, parse_cookie_header

VISITOR_COOKIE = "sid"
_VISITOR_LENGTH_BASE = 20


@dataclass
class Request:
    """What a route is called with. `server` gives ports and the time the connection's own thread may block until."""

    exchange: Exchange
    server: "TestServer"
    connection: socket.socket

    @property
    def visitor(self) -> int:
        """Number of the browser context that asks: from its session cookie, else from the `v` of the URL, else a new one."""
        return self.exchange.visitor or 0

    def fill(self, text: str) -> str:
        """Replaces {{http}} and {{https}} by the ports and {{v}} by the visitor."""
        return (text.replace("{{https}}", str(self.server.https_port)).replace("{{http}}", str(self.server.http_port))
                .replace("{{v}}", str(self.visitor)))


@dataclass
class Response:
    """`body` None: the route has written to the connection itself, which is then closed."""

    body: bytes | str | None = ""
    type: str = "text/html; charset=utf-8"
    status: int = 200
    cookies: list[str] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)


Route = Callable[[Request], Response]
Routes = dict[tuple[str, str], Route]


def visitor_cookie(visitor: int) -> str:
    """The necessary session cookie of test sites. Its length tells the visitor, so that a report's value size tells which part of the
    log belongs to which consent state."""
    return f"{VISITOR_COOKIE}={str(visitor).rjust(_VISITOR_LENGTH_BASE + visitor, 'v')}"


def visitor_of_value_size(size_bytes: int) -> int:
    return size_bytes - _VISITOR_LENGTH_BASE


def _visitor_of(cookies: dict[str, str], query: dict[str, str]) -> int | None:
    text = cookies.get(VISITOR_COOKIE, "").lstrip("v") or query.get("v", "")
    return int(text) if text.isdecimal() else None


class TestServer:
    """Owns both listeners and the log. Routes are looked up by (host, path), then by the longest (host, prefix ending in '/*')."""

    __test__ = False

    def __init__(self, folder: Path, routes: Routes, hosts: Iterable[str]):
        self.log = ServerLog()
        self.authority = CertificateAuthority(folder)
        self._routes = routes
        good = self.authority.leaf(sorted(set(hosts)))
        self.certificate = good.certificate
        self._contexts = {"": _context(good)}
        self._http = _Listener(self, "http", None)
        self._https = _Listener(self, "https", self._contexts[""])
        self._contexts[""].sni_callback = self._choose_certificate

    @property
    def http_port(self) -> int:
        return self._http.server_address[1]

    @property
    def https_port(self) -> int:
        return self._https.server_address[1]

    def use_certificate(self, host: str, leaf: Leaf) -> None:
        """Answers for `host` with another certificate than the good one."""
        self._contexts[host] = _context(leaf)

    def start(self) -> None:
        for listener in (self._http, self._https):
            threading.Thread(target=listener.serve_forever, daemon=True).start()

    def stop(self) -> None:
        for listener in (self._http, self._https):
            listener.shutdown()
            listener.server_close()

    def route(self, host: str, path: str) -> Route | None:
        if found := self._routes.get((host, path)):
            return found
        prefix = path
        while "/" in prefix:
            prefix = prefix.rpartition("/")[0]
            if found := self._routes.get((host, prefix + "/*")):
                return found
        return None

    def _choose_certificate(self, connection: ssl.SSLObject, name: str | None, _context: ssl.SSLContext) -> None:
        if name in self._contexts:
            connection.context = self._contexts[name]


def _context(leaf: Leaf) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(leaf.certificate, leaf.key)
    return context


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, owner: TestServer, scheme: str, tls: ssl.SSLContext | None):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.owner = owner
        self.scheme = scheme
        self.tls = tls

    def finish_request(self, request, client_address):
        request.settimeout(60)
        if self.tls is not None:
            request = self.tls.wrap_socket(request, server_side=True)
        super().finish_request(request, client_address)
        request.close()

    def handle_error(self, request, client_address):
        """A browser that goes away is no event; a fault of a route is answered with 500 by the handler."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Listener

    def do_GET(self):
        owner = self.server.owner
        exchange = self._read()
        route = owner.route(exchange.host, exchange.path)
        if exchange.visitor is None and "text/html" in exchange.headers.get("accept", ""):
            exchange = replace(exchange, visitor=owner.log.next_visitor())
        try:
            response = route(Request(exchange, owner, self.connection)) if route else Response("not here", status=404)
        except Exception as error:
            owner.log.add(replace(exchange, status=500))
            self.close_connection = True
            self.send_error(500, f"{type(error).__name__}: {error}")
            raise
        owner.log.add(replace(exchange, status=response.status, set_cookies=tuple(response.cookies)))
        self._write(response)

    do_POST = do_PUT = do_DELETE = do_OPTIONS = do_HEAD = do_GET

    def _read(self) -> Exchange:
        headers = {name.lower(): value for name, value in self.headers.items()}
        url = urlsplit(self.path)
        query = dict(parse_qsl(url.query, keep_blank_values=True))
        cookies = parse_cookie_header(headers.get("cookie", ""))
        return Exchange(at=time.monotonic(), scheme=self.server.scheme, host=headers.get("host", "").partition(":")[0],
                        method=self.command, path=url.path, query=query, headers=headers,
                        body=self.rfile.read(int(headers.get("content-length", "0"))), cookies=cookies,
                        visitor=_visitor_of(cookies, query))

    def _write(self, response: Response) -> None:
        if response.body is None:
            self.close_connection = True
            return
        body = response.body.encode() if isinstance(response.body, str) else response.body
        self.send_response(response.status)
        self.send_header("Content-Type", response.type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        for line in response.cookies:
            self.send_header("Set-Cookie", line)
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format, *arguments):
        """The exchange log is kept by the server's owner; nothing goes to stderr."""


def accept_websocket(request: Request) -> None:
    """Answers the handshake of RFC 6455 and sends one text message. The route then returns Response(body=None)."""
    key = request.exchange.headers["sec-websocket-key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
    accept = base64.b64encode(hashlib.sha1(key.encode()).digest()).decode()
    request.connection.sendall(
        f"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n".encode()
        + b"\x81\x05hello")
