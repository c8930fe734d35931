// The advertising tag of the fictitious network "adnet": writes in every way a tag can.
(() => {
  const own = new URL(document.currentScript.src);
  const visitor = own.searchParams.get("v");
  const id = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), b => b.toString(16).padStart(2, "0")).join("");

  document.cookie = `_adnet=${id()}; path=/; max-age=${730 * 86400}; samesite=lax`;
  cookieStore.set({name: "_adnet_cs", value: id(), path: "/", sameSite: "lax", expires: Date.now() + 30 * 86400 * 1000});
  localStorage.setItem("adnet_profile", id());
  sessionStorage.setItem("adnet_tab", id());
  const opening = indexedDB.open("adnet_db", 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore("events").put(id(), "first");

  const blank = document.createElement("iframe");
  document.body.append(blank);
  blank.contentDocument.cookie = `_adnet_blank=${id()}; path=/`;

  const frame = url => {
    const element = document.createElement("iframe");
    element.src = url;
    document.body.append(element);
  };
  frame(`/widget.html?v=${visitor}`);
  frame(`https://sync.metrics.example:${own.port}/sync.html?v=${visitor}`);
  new Image().src = `https://stats.metrics.example:${own.port}/p.gif?v=${visitor}&page=${encodeURIComponent(location.pathname)}`;
})();
