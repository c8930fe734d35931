// Runs in the isolated world, before autoconsent's content script: what that script sends waits here until C++ takes it.
// Evaluates to the one bridge of the document.
(() => {
  if (globalThis.gannetAutoconsent) return globalThis.gannetAutoconsent;

  const WAITING_MAX = 500;
  const waiting = [];
  let wake = null;

  globalThis.autoconsentSendMessage = (message) => {
    if (waiting.length >= WAITING_MAX) return;
    // Reports are frequent and hold the whole state, which goes on changing: only what is used is kept.
    const { type, id, code, cmp, result, scheduleSelfTest, totalClicks, state } = message;
    waiting.push(type === 'report' ? { type, lifecycle: state.lifecycle, clicks: state.clicks }
                                   : { type, id, code, cmp, result, scheduleSelfTest, totalClicks });
    wake?.();
  };

  return globalThis.gannetAutoconsent = {
    // The messages so far, as soon as there is one or after `limit_ms`.
    async next(limit_ms) {
      if (waiting.length === 0) {
        await new Promise((resolve) => {
          wake = resolve;
          setTimeout(resolve, limit_ms);
        });
        wake = null;
      }
      return waiting.splice(0);
    },
    send(message) {
      void globalThis.autoconsentReceiveMessage?.(message);
    },
    // Of the patterns, the indices of those that match this document's URL, as autoconsent itself matches them.
    matching(patterns) {
      const found = [];
      patterns.forEach((pattern, index) => {
        try {
          if (location.href.match(pattern)) found.push(index);
        } catch {
          // A pattern this engine does not take matches nothing.
        }
      });
      return found;
    },
  };
})()
