// A plain consent banner as shops write it themselves. The script element's data attributes configure it:
//   data-tags       URLs of scripts that need consent
//   data-lies       the reject button loads them as well
//   data-layers=2   reject only in the settings layer; data-layers=0: no reject button at all
//   data-reload     the page reloads after accept instead of loading the tags at once
//   data-delay      milliseconds until the banner appears
//   data-root       "shadow": inside an open shadow root
//   data-text, data-accept, data-reject   what it says and what its buttons say
(() => {
  const options = document.currentScript.dataset;
  const rejectText = options.reject ?? "Reject all";
  const load = () => {
    for (const url of options.tags.split(" ").filter(Boolean)) {
      const tag = document.createElement("script");
      tag.src = url;
      document.body.append(tag);
    }
  };
  const decide = answer => {
    document.cookie = `shop_consent=${answer}; path=/; max-age=${180 * 86400}; samesite=lax`;
    host.remove();
    if (answer === "yes" && "reload" in options) location.reload();
    else if (answer === "yes" || "lies" in options) load();
  };
  const button = (text, action) => Object.assign(document.createElement("button"), {textContent: text, onclick: action});
  const host = document.createElement("div");

  const settings = box => {
    box.replaceChildren("Choose what we may store. Necessary cookies are always on. ",
      button(rejectText, () => decide("no")), button("Save my choice", () => decide("no")));
    box.querySelector("button").className = "reject";
  };
  const show = () => {
    const root = options.root === "shadow" ? host.attachShadow({mode: "open"}) : host;
    const box = document.createElement("div");
    box.setAttribute("role", "dialog");
    box.setAttribute("aria-label", "Cookie consent");
    box.style.cssText = "position:fixed;bottom:0;left:0;right:0;padding:20px;background:#eee;z-index:1000";
    box.append(options.text ?? "We and our partners use cookies for analytics and advertising. ",
      button(options.accept ?? "Accept all", () => decide("yes")));
    box.lastChild.className = "accept";
    if (options.layers === "2") {
      box.append(button("Settings", () => settings(box)));
      box.lastChild.className = "settings";
    } else if (options.layers !== "0") {
      box.append(button(rejectText, () => decide("no")));
      box.lastChild.className = "reject";
    }
    root.append(box);
    document.body.append(host);
  };

  const answer = /(?:^|; )shop_consent=(\w+)/.exec(document.cookie)?.[1];
  if (answer === "yes" || (answer && "lies" in options)) load();
  else if (!answer) setTimeout(show, Number(options.delay ?? 0));
})();
