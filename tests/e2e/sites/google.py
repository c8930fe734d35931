"""A shop with Google Consent Mode: gtag commands, and hits that say what was agreed, to a host that plays Google's."""

from harness.server import Response, Routes
from harness.truth import DAY, Cookie, Site, Truth, session_cookie

from .pieces import fresh, page, script

_HOST = "shop-google.test"
_CODE = f"""
window.dataLayer = window.dataLayer || [];
function gtag() {{ dataLayer.push(arguments); }}
gtag("consent", "default", {{ad_storage: "denied", analytics_storage: "denied", region: ["DE", "FR"]}});
gtag("consent", "update", {{analytics_storage: "granted"}});
gtag("js", new Date());
document.cookie = "_ga=GA1.1.{fresh()}; path=/; max-age={730 * DAY}";
const hit = "https://www.google-analytics.com:{{{{https}}}}/g/collect?v=2&tid=G-TEST&gcs=G101&gcd=13p3t3p2p5l1&cid=1.2";
fetch(hit, {{method: "POST", mode: "no-cors", keepalive: true}});
"""

_ROUTES: Routes = {(_HOST, "/"): page('<script src="/measure.js"></script>'), (_HOST, "/measure.js"): script(_CODE),
                   ("www.google-analytics.com", "/g/collect"): lambda request: Response("", status=204)}
SITES = [Site("google", _HOST, _ROUTES, {"untouched": Truth(
    cookies=(session_cookie(f"https://{_HOST}"),
             Cookie("_ga", _HOST, f"https://{_HOST}/measure.js", kind="script", lifetime=730 * DAY)),
    third_parties={"google-analytics.com": "S0"})})]
