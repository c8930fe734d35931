// The shop's side of a banner that lives in a cross-site iframe: it keeps the choice and loads the tags.
(() => {
  const {tags, frame} = document.currentScript.dataset;
  const load = () => document.body.append(Object.assign(document.createElement("script"), {src: tags}));
  const answer = /(?:^|; )shop_consent=(\w+)/.exec(document.cookie)?.[1];
  if (answer === "yes") load();
  if (answer) return;
  const element = Object.assign(document.createElement("iframe"), {src: frame, title: "Cookie consent"});
  element.style.cssText = "position:fixed;bottom:0;left:0;width:100%;height:200px;border:0;background:#fff";
  document.body.append(element);
  addEventListener("message", event => {
    if (event.source !== element.contentWindow) return;
    document.cookie = `shop_consent=${event.data}; path=/; max-age=${180 * 86400}; samesite=lax`;
    element.remove();
    if (event.data === "yes") load();
  });
})();
