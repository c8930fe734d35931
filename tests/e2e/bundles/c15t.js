// A shop's use of c15t: the React banner in offline mode, the advertising tag bound to the marketing purpose.
import {ConsentBanner, ConsentDialog, ConsentManagerProvider, policyPackPresets} from "@c15t/react";
import {createElement} from "react";
import {createRoot} from "react-dom/client";

const app = document.getElementById("app");
const options = {
  mode: "offline",
  offlinePolicy: {policyPacks: [policyPackPresets.europeOptIn()]},
  overrides: {country: "DE", language: "en"},
  consentCategories: ["necessary", "marketing"],
  scripts: [{id: "adnet", src: app.dataset.tag, category: "marketing"}],
};
createRoot(app).render(createElement(ConsentManagerProvider, {options}, createElement(ConsentBanner), createElement(ConsentDialog)));
