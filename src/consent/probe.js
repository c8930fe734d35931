// Runs in the page's own world: asks the consent platform's public interfaces what it now believes. Reads only. Everything it returns
// comes from the page and is judged in C++ (impl/proof.hpp).
(async () => {
  const TEXT_MAX = 20000;
  const COMMANDS_MAX = 200;
  const ITEMS_MAX = 2000;
  const text = (value) => (typeof value === 'string' ? value.slice(0, TEXT_MAX) : '');
  const attempt = (read) => {
    try {
      return read() ?? null;
    } catch {
      return null;
    }
  };
  const ask = (start) => new Promise((resolve) => {
    const timer = setTimeout(() => resolve(null), 600);
    attempt(() => start((value) => {
      clearTimeout(timer);
      resolve(value ?? null);
    }));
  });

  const read_tcf = async () => {
    if (typeof window.__tcfapi !== 'function') return null;
    let data = await ask((done) => window.__tcfapi('getTCData', 2, (value, ok) => done(ok ? value : null)));
    // getTCData left the specification with TCF 2.2; the listener is what remains.
    data ??= await ask((done) => window.__tcfapi('addEventListener', 2, (value, ok) => {
      done(ok ? value : null);
      if (value?.listenerId !== undefined) window.__tcfapi('removeEventListener', 2, () => {}, value.listenerId);
    }));
    if (!data) return null;
    const granted = (purposes) => Object.keys(purposes ?? {}).filter((id) => purposes[id] === true).map(Number).slice(0, 50);
    return {
      string: text(data.tcString), event: text(data.eventStatus), applies: data.gdprApplies !== false,
      consents: granted(data.purpose?.consents), interests: granted(data.purpose?.legitimateInterests),
    };
  };

  const read_gpp = async () => {
    if (typeof window.__gpp !== 'function') return null;
    const data = await ask((done) => window.__gpp('ping', (value, ok) => done(ok ? value : null)));
    return data ? { string: text(data.gppString), sections: (data.applicableSections ?? []).map(Number).slice(0, 50) } : null;
  };

  // {name, answered, granted, denied}: how many optional services or categories stand on either side.
  const tally = (name, answered, choices) => {
    const values = choices.slice(0, ITEMS_MAX);
    return { name, answered: !!answered, granted: values.filter((on) => on).length, denied: values.filter((on) => !on).length };
  };
  const readers = [
    () => window.Cookiebot?.consent && tally('Cookiebot', window.Cookiebot.hasResponse,
      ['preferences', 'statistics', 'marketing'].map((kind) => window.Cookiebot.consent[kind])),
    () => {
      if (typeof window.OnetrustActiveGroups !== 'string') return null;
      const active = window.OnetrustActiveGroups.split(',').filter((group) => group);
      const all = window.OneTrust?.GetDomainData?.()?.Groups ?? [];
      const optional = all.filter((group) => group.Status !== 'always active').map((group) => group.CustomGroupId || group.OptanonGroupId);
      return tally('OneTrust', window.OneTrust?.IsAlertBoxClosed?.() ?? true, optional.map((group) => active.includes(group)));
    },
    () => {
      const manager = window.klaro?.getManager?.();
      if (!manager) return null;
      const optional = (manager.config.services ?? manager.config.apps ?? []).filter((service) => !service.required);
      return tally('klaro', manager.confirmed, optional.map((service) => manager.consents[service.name]));
    },
    () => {
      const state = window.tarteaucitron?.state;
      const jobs = window.tarteaucitron?.job;
      if (!state || !jobs) return null;
      const optional = [...new Set(jobs)].filter((job) => window.tarteaucitron.services[job]?.needConsent !== false);
      return tally('tarteaucitron', optional.every((job) => state[job] === true || state[job] === false), optional.map((job) => state[job] === true));
    },
    () => {
      const preferences = window.CookieConsent?.validConsent && window.CookieConsent.getUserPreferences?.();
      if (!preferences) return null;
      const refused = preferences.rejectedCategories.map(() => false);
      const readonly = preferences.acceptType === 'necessary';
      const agreed = readonly ? [] : preferences.acceptedCategories.map(() => true);
      return tally('vanilla-cookieconsent', window.CookieConsent.validConsent(), [...agreed, ...refused]);
    },
    () => {
      const purposes = window.Didomi?.getCurrentUserStatus?.()?.purposes;
      return purposes && tally('Didomi', !window.Didomi.shouldConsentBeCollected?.(), Object.values(purposes).map((purpose) => purpose.enabled));
    },
    () => {
      const services = window.UC_UI?.isInitialized?.() && window.UC_UI.getServicesBaseInfo?.();
      return services && tally('Usercentrics', !window.UC_UI.isConsentRequired?.(),
        services.filter((service) => !service.isEssential).map((service) => service.consent?.status));
    },
    () => {
      const consent = window.Shopify?.customerPrivacy?.currentVisitorConsent?.();
      if (!consent) return null;
      const kinds = ['marketing', 'analytics', 'preferences'].map((kind) => consent[kind]);
      return tally('Shopify', kinds.every((kind) => kind !== ''), kinds.map((kind) => kind === 'yes'));
    },
  ];

  // gtag pushes its arguments object; only calls of the consent command are of interest.
  const read_gtag = () => (Array.isArray(window.dataLayer) ? window.dataLayer : [])
    .filter((entry) => entry && entry[0] === 'consent' && typeof entry[1] === 'string' && typeof entry[2] === 'object' && entry[2])
    .slice(0, COMMANDS_MAX)
    .map((entry) => ({
      command: entry[1].slice(0, 20),
      types: Object.fromEntries(Object.entries(entry[2]).filter(([, value]) => typeof value === 'string').slice(0, 30)
        .map(([key, value]) => [key.slice(0, 60), value.slice(0, 20)])),
      regions: (Array.isArray(entry[2].region) ? entry[2].region : []).slice(0, 300).map((region) => String(region).slice(0, 20)),
    }));

  const [tcf, gpp] = await Promise.all([read_tcf().catch(() => null), read_gpp().catch(() => null)]);
  return { tcf, gpp, platforms: readers.map(attempt).filter((state) => state), gtag: attempt(read_gtag) ?? [] };
})()
