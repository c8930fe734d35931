// A small consent manager with a real TCF API, built on the IAB's own libraries; its vendor list is fictitious.
import {CmpApi} from "@iabtcf/cmpapi";
import {GVL, TCModel, TCString} from "@iabtcf/core";
import stub from "@iabtcf/stub";

stub();
const app = document.getElementById("app");
const api = new CmpApi(31, 2, true);
const numbers = (last, make) => Object.fromEntries(Array.from({length: last}, (_, i) => [i + 1, make(i + 1)]));
const named = last => numbers(last, id => ({id, name: `number ${id}`, description: "", illustrations: []}));
const vendor = id => ({id, name: `vendor ${id}`, purposes: [1, 2, 3, 4], legIntPurposes: [7, 9], flexiblePurposes: [], specialPurposes: [],
                       features: [], specialFeatures: [], policyUrl: "", usesCookies: true, cookieMaxAgeSeconds: 0});
const list = new GVL({gvlSpecificationVersion: 3, vendorListVersion: 48, tcfPolicyVersion: 5, lastUpdated: "2026-01-01T00:00:00Z",
                      purposes: named(11), specialPurposes: named(3), features: named(3), specialFeatures: named(2), stacks: {},
                      dataCategories: {}, vendors: numbers(6, vendor)});

const load = () => document.body.append(Object.assign(document.createElement("script"), {src: app.dataset.tag}));

const decide = agreed => {
  const model = new TCModel(list);
  model.cmpId = 31;
  model.cmpVersion = 2;
  model.isServiceSpecific = true;
  model.consentLanguage = "EN";
  model.publisherCountryCode = "DE";
  if (agreed) {
    model.setAllPurposeConsents();
    model.setAllPurposeLegitimateInterests();
    model.setAllVendorConsents();
    model.setAllVendorLegitimateInterests();
    model.vendorsDisclosed.set([1, 2, 3, 4, 5, 6]);
  }
  const text = TCString.encode(model);
  document.cookie = `euconsent-v2=${text}; path=/; max-age=${365 * 86400}; samesite=lax; secure`;
  app.replaceChildren();
  api.update(text, false);
  if (agreed) load();
};

const kept = /(?:^|; )euconsent-v2=([^;]+)/.exec(document.cookie)?.[1];
if (kept) {
  api.update(kept, false);
  if (TCString.decode(kept).purposeConsents.has(1)) load();
} else {
  api.update("", true);
  const button = (text, name, action) => Object.assign(document.createElement("button"), {textContent: text, className: name, onclick: action});
  const box = document.createElement("div");
  box.id = "tcf-banner";
  box.style.cssText = "position:fixed;inset:auto 0 0 0;padding:20px;background:#eee";
  box.append("We and our 6 partners store and access information on your device. ",
             button("Accept all", "tcf-accept", () => decide(true)), button("Reject all", "tcf-reject", () => decide(false)));
  app.append(box);
}
