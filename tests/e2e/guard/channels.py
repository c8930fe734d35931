"""Every way known to us in which a page can make Chromium reach for an address. Each channel has a canary of its own."""

from dataclasses import dataclass

from .canaries import Canary

PAGE_HOST = "guard.test"
REBOUND_HOST = "rebound.test"


@dataclass(frozen=True)
class Channel:
    """`code` is the body of an async JavaScript function with NAME (host and port of the canary by name), LITERAL (by address) and PORT."""

    name: str
    code: str
    address: str = ""
    """Of its canary; empty for one of the canaries' own network."""
    protocol: str = "tcp"
    asks_proxy: bool = True
    """Reaches the proxy, so that gannet's check of the address is what stops it. The others end within Chromium."""
    is_implemented: bool = True
    """By chromium-headless-shell; what is not is still watched."""

    @property
    def host(self) -> str:
        return f"{self.name.replace(' ', '-')}.test"


_WORKER = "URL.createObjectURL(new Blob([`%s`], {type: 'text/javascript'}))"
_FRAME = "await frame('https://LITERAL/');"

# gannet closes a popup at once, in a race with its request: several popups leave no doubt whether one can get through.
CHANNELS = (
    Channel("fetch", "await fetch('https://NAME/', {mode: 'no-cors'}).catch(() => 0); await fetch('https://LITERAL/', {mode: 'no-cors'}).catch(() => 0);"),
    Channel("redirect", "await fetch('/redirect?to=https://NAME/', {mode: 'no-cors'}).catch(() => 0);"
                        "await fetch('/redirect?to=https://LITERAL/', {mode: 'no-cors'}).catch(() => 0);"),
    Channel("websocket", "for (const host of ['NAME', 'LITERAL']) await new Promise(done => {"
                         "const socket = new WebSocket(`wss://${host}/`); socket.onclose = socket.onerror = done; });"),
    Channel("event source", "for (const host of ['NAME', 'LITERAL']) await new Promise(done => {"
                            "const source = new EventSource(`https://${host}/`); source.onerror = () => { source.close(); done(); }; });"),
    Channel("worker", f"await answer(new Worker({_WORKER % 'FETCH.then(() => postMessage(0))'}));"),
    Channel("shared worker", f"await answer(new SharedWorker({_WORKER % 'onconnect = event => FETCH.then(() => event.ports[0].postMessage(0))'}).port);"),
    Channel("service worker", "const {port1, port2} = new MessageChannel(); await navigator.serviceWorker.register('/service_worker.js?host=NAME');"
                              "(await navigator.serviceWorker.ready).active.postMessage(0, [port2]); await answer(port1);"),
    Channel("iframe", _FRAME),
    Channel("iframe loopback", _FRAME, "127.0.0.1"),
    Channel("iframe loopback6", _FRAME, "::1"),
    Channel("image", "await load(Object.assign(new Image(), {src: 'https://LITERAL/'}));"),
    Channel("stylesheet", "await load(Object.assign(document.createElement('link'), {rel: 'stylesheet', href: 'https://LITERAL/'}));"),
    Channel("iframe localhost", "await frame('https://localhost:PORT/');", "127.0.0.1"),
    Channel("preconnect", "hint({rel: 'preconnect', href: 'https://NAME/'}); hint({rel: 'preconnect', href: 'https://LITERAL/'});",
            asks_proxy=False, is_implemented=False),
    Channel("prefetch", "hint({rel: 'prefetch', href: 'https://LITERAL/', as: 'script'});"),
    Channel("preload", "hint({rel: 'preload', href: 'https://LITERAL/', as: 'script'});"),
    Channel("speculation prefetch", "speculate('prefetch', 'https://LITERAL/');", asks_proxy=False),
    Channel("speculation prerender", "speculate('prerender', 'https://LITERAL/');", asks_proxy=False),
    Channel("favicon", "hint({rel: 'icon', href: 'https://LITERAL/icon.png'});", asks_proxy=False, is_implemented=False),
    Channel("popup", "for (let i = 0; i < 15; ++i) { open('https://LITERAL/'); await new Promise(done => setTimeout(done, 50)); }",
            asks_proxy=False),
    Channel("download", "document.body.append(Object.assign(document.createElement('iframe'), {name: 'download'}));"
                        "click({href: 'https://LITERAL/file.bin', download: 'file.bin', target: 'download'});"),
    Channel("ping", "click({href: '#here', ping: 'https://LITERAL/'});"),
    Channel("beacon", "navigator.sendBeacon('https://LITERAL/', 'x');"),
    Channel("csp report", "await frame('/csp?to=https://LITERAL/');"),
    Channel("form", "const form = Object.assign(document.createElement('form'), {action: 'https://LITERAL/', target: 'formframe', method: 'post'});"
                    "document.body.append(Object.assign(document.createElement('iframe'), {name: 'formframe'}), form); form.submit();"),
    Channel("stun", "await gather({urls: 'stun:LITERAL'});", protocol="udp", asks_proxy=False),
    Channel("turn tcp", "await gather({urls: 'turn:LITERAL?transport=tcp', username: 'u', credential: 'c'});"),
    Channel("webtransport", "const session = new WebTransport('https://LITERAL/'); session.closed.catch(() => 0); await session.ready.catch(() => 0);",
            protocol="udp", asks_proxy=False),
    Channel("quic", "await fetch('https://LITERAL/', {mode: 'no-cors'}).catch(() => 0);", protocol="udp", asks_proxy=False),
)

# The load event of a frame that moves to another process can get lost in Chromium: that its document is out of reach tells as well.
_HELPERS = """
const frame = source => new Promise(done => {
  const element = Object.assign(document.createElement('iframe'), {src: source, onload: done});
  document.body.append(element);
  const look = setInterval(() => { if (!element.contentDocument) { clearInterval(look); done(); } }, 50);
});
const load = element => new Promise(done => { element.onload = element.onerror = done; document.body.append(element); });
const answer = port => new Promise(done => { port.onmessage = port.onerror = done; });
const hint = attributes => document.head.append(Object.assign(document.createElement('link'), attributes));
const click = attributes => { const anchor = Object.assign(document.createElement('a'), attributes); document.body.append(anchor); anchor.click(); };
const speculate = (kind, url) => document.head.append(Object.assign(document.createElement('script'),
  {type: 'speculationrules', textContent: JSON.stringify({[kind]: [{source: 'list', urls: [url], eagerness: 'immediate'}]})}));
const gather = server => new Promise(done => {
  const connection = new RTCPeerConnection({iceServers: [server]});
  connection.onicegatheringstatechange = () => connection.iceGatheringState === 'complete' && done();
  connection.createDataChannel('x');
  connection.createOffer().then(offer => connection.setLocalDescription(offer));
});
"""


def page(channels: tuple[Channel, ...], canaries: dict[str, Canary]) -> str:
    """A document that tries all channels at once. It reports each end to /ended and does not finish loading before /hold answers."""
    tries = "\n".join(
        f"run({channel.name!r}, async () => {{ {_fill(channel.code, channel, canaries[channel.name])} }});" for channel in channels)
    return f"""<!doctype html><title>Channels</title><link rel="icon" href="data:,"><img src="/hold">
<body><script>{_HELPERS}
const run = async (name, attempt) => {{
  let outcome = 'ended';
  try {{ await attempt(); }} catch (error) {{ outcome = String(error); }}
  fetch('/ended?' + new URLSearchParams({{name, outcome}}));
}};
{tries}</script>"""


def _fill(code: str, channel: Channel, canary: Canary) -> str:
    fetch = "Promise.allSettled([fetch('https://NAME/', {mode: 'no-cors'}), fetch('https://LITERAL/', {mode: 'no-cors'})])"
    return (code.replace("FETCH", fetch).replace("NAME", f"{channel.host}:{canary.port}").replace("LITERAL", canary.literal)
            .replace("PORT", str(canary.port)))
