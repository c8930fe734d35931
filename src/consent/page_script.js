// Runs in Gannet's isolated world of one frame, which the page cannot see. Collects what could be a consent banner, clicks what the
// caller chose, and tells whether an element is still there. It decides nothing: that is done in C++ (impl/banner.hpp).
// Evaluates to the one instance per document; elements are named by handles that live as long as the document.
(() => {
  if (globalThis.gannetConsent) return globalThis.gannetConsent;

  const ELEMENTS_MAX = 30000;
  const CANDIDATES_MAX = 40;
  const BUTTONS_MAX = 40;
  const SWITCHES_MAX = 80;
  const TEXT_MAX = 3000;
  const LABEL_MAX = 160;
  const CLICKABLE = 'button, a, input[type=button], input[type=submit], [role=button], [role=link], [onclick]';
  const SWITCH = 'input[type=checkbox], [role=switch], [role=checkbox]';
  const NOT_CONTENT = new Set(['SCRIPT', 'STYLE', 'TEMPLATE', 'LINK', 'META', 'NOSCRIPT', 'HEAD', 'TITLE']);

  // Handles of one document mean nothing in the next: they start anywhere.
  const handle_base = Math.floor(Math.random() * 9e8);
  const elements = [];
  const handles = new WeakMap();
  const clicked = [];
  const is_top = window.top === window;

  const handle_of = (element) => {
    if (!element) return null;
    if (!handles.has(element)) {
      handles.set(element, handle_base + elements.length);
      elements.push(element);
    }
    return handles.get(element);
  };
  const element_of = (handle) => elements[handle - handle_base];

  // Every element below `root` in tree order, through open shadow roots; `root` itself is left out.
  const all_below = (root) => {
    const found = [];
    const pending = [root];
    while (pending.length > 0 && found.length < ELEMENTS_MAX) {
      const walker = document.createTreeWalker(pending.shift(), NodeFilter.SHOW_ELEMENT);
      for (let node = walker.nextNode(); node && found.length < ELEMENTS_MAX; node = walker.nextNode()) {
        found.push(node);
        if (node.shadowRoot) pending.push(node.shadowRoot);
      }
    }
    return found;
  };
  // Found once per call from C++: pages with many components make the search dear.
  let shadow_roots = [];
  const find_shadow_roots = () => {
    shadow_roots = all_below(document).filter((element) => element.shadowRoot).map((element) => element.shadowRoot);
  };
  const shadow_roots_below = (root) =>
    root === document ? shadow_roots : shadow_roots.filter((shadow) => contains(root, shadow.host));
  const select_below = (root, selector) => {
    const found = [...root.querySelectorAll(selector)];
    for (const shadow of shadow_roots_below(root)) found.push(...shadow.querySelectorAll(selector));
    return [...new Set(found)];
  };
  const parent_of = (element) => element.assignedSlot ?? element.parentElement ?? element.getRootNode().host ?? null;
  const contains = (outer, inner) => {
    for (let node = inner; node; node = parent_of(node)) if (node === outer) return true;
    return false;
  };

  const clean = (text, limit) => (text ?? '').replace(/\s+/g, ' ').trim().slice(0, limit);
  const text_of = (element, limit) => {
    let text = element.innerText ?? '';
    for (const shadow of shadow_roots_below(element)) {
      for (const child of shadow.children) if (!NOT_CONTENT.has(child.tagName)) text += ' ' + (child.innerText ?? '');
      if (text.length > 4 * limit) break;
    }
    return clean(text, limit);
  };
  const label_of = (element) =>
    text_of(element, LABEL_MAX) || clean(element.value, LABEL_MAX) || clean(element.getAttribute('aria-label'), LABEL_MAX) ||
    clean(element.title, LABEL_MAX) || clean(element.querySelector('img[alt]')?.alt, LABEL_MAX);

  const is_shown = (element) => {
    if (!element?.isConnected) return false;
    if (!element.checkVisibility({ opacityProperty: true, visibilityProperty: true, contentVisibilityAuto: true })) return false;
    const box = element.getBoundingClientRect();
    return box.width >= 2 && box.height >= 2;
  };
  // Some part of it can be brought before a reader's eyes: fixed things only where they are, others by scrolling.
  const is_reachable = (element) => {
    if (!is_shown(element)) return false;
    const box = element.getBoundingClientRect();
    for (let node = element; node; node = parent_of(node)) {
      if (getComputedStyle(node).position === 'fixed') {
        return box.right > 1 && box.bottom > 1 && box.left < innerWidth - 1 && box.top < innerHeight - 1;
      }
    }
    return box.right + scrollX > 1 && box.bottom + scrollY > 1;
  };

  const leaves_document = (element) => {
    const link = element.closest('a[href], area[href]');
    if (!link) return false;
    const target = new URL(link.href, document.baseURI);
    if (target.protocol === 'javascript:') return false;
    return target.href.split('#')[0] !== location.href.split('#')[0];
  };
  const submits_form = (element) => {
    const form = element.form ?? element.closest('form');
    if (!form || element.type === 'button') return false;
    return form.querySelector('input[type=password], input[type=email], input[type=text], input[type=search], input[type=tel], textarea') !== null;
  };

  const describe_button = (element) => ({
    handle: handle_of(element),
    text: label_of(element),
    leaves: leaves_document(element),
    submits: submits_form(element),
    // Opens a part of the banner: a heading, however it reads.
    expands: element.hasAttribute('aria-expanded') || element.getAttribute('role') === 'tab',
    disabled: element.disabled === true || element.getAttribute('aria-disabled') === 'true',
  });
  const buttons_in = (root) => {
    let found = select_below(root, CLICKABLE).filter(is_shown);
    if (found.length === 0) {
      // Plain elements made into buttons by a listener show it by the pointer they ask for.
      found = all_below(root).filter((element) => element.childElementCount === 0 && clean(element.textContent, 80).length > 0 &&
        is_shown(element) && getComputedStyle(element).cursor === 'pointer');
    }
    const outermost = found.filter((element) => !found.some((other) => other !== element && contains(other, element)));
    return outermost.slice(0, BUTTONS_MAX).map(describe_button);
  };

  // Why an element could be a banner; null when nothing speaks for it.
  const reason_for = (element, words) => {
    if (NOT_CONTENT.has(element.tagName) || element === document.body || element === document.documentElement) return null;
    const role = element.getAttribute('role');
    if (role === 'dialog' || role === 'alertdialog' || element.getAttribute('aria-modal') === 'true') return 'dialog';
    if (element.tagName === 'DIALOG' && element.open) return 'dialog';
    if (element.offsetParent === null && getComputedStyle(element).position === 'fixed') return 'layer';
    const named = `${element.id} ${element.getAttribute('class') ?? ''} ${element.getAttribute('aria-label') ?? ''}`.toLowerCase();
    if (!words.some((word) => named.includes(word))) return null;
    return getComputedStyle(element).position === 'sticky' ? 'layer' : 'name';
  };

  const frame_state = () => new Promise((resolve) => {
    const size = { shown: is_top || (innerWidth > 40 && innerHeight > 20), painted: true };
    if (is_top || !size.shown) return resolve(size);
    // A child frame cannot read its parent, but may ask whether it reaches the screen (Intersection Observer, version 2).
    const observer = new IntersectionObserver((entries) => {
      observer.disconnect();
      const last = entries[entries.length - 1];
      resolve({ ...size, shown: last.isIntersecting, painted: last.isVisible ?? true });
    }, { trackVisibility: true, delay: 100 });
    observer.observe(document.documentElement);
    setTimeout(() => resolve(size), 500);
  });

  const candidates = (platforms, words) => {
    const reasons = new Map();
    for (const element of all_below(document)) {
      const reason = reason_for(element, words);
      if (reason) reasons.set(element, reason);
    }
    const names = new Map();
    for (const [name, selector] of platforms) {
      for (const element of select_below(document, selector)) {
        names.set(element, name);
        if (!reasons.has(element)) reasons.set(element, 'platform');
      }
    }
    if (!is_top && document.body) reasons.set(document.body, 'frame');
    const platform_of = (element) => {
      for (let node = element; node; node = parent_of(node)) if (names.has(node)) return names.get(node);
      for (const [known, name] of names) if (contains(element, known)) return name;
      return '';
    };
    const found = [];
    for (const [element, reason] of reasons) {
      if (found.length >= CANDIDATES_MAX) break;
      if (!is_reachable(element)) continue;
      const buttons = buttons_in(element);
      if (buttons.length === 0) continue;
      found.push({ handle: handle_of(element), reason, platform: platform_of(element), text: text_of(element, TEXT_MAX), buttons });
    }
    return found;
  };

  const hit_point = (element) => {
    const inside = () => {
      const box = element.getBoundingClientRect();
      for (const [x, y] of [[0.5, 0.5], [0.25, 0.5], [0.75, 0.5], [0.5, 0.25], [0.5, 0.75]]) {
        const left = box.left + box.width * x;
        const top = box.top + box.height * y;
        let target = document.elementFromPoint(left, top);
        while (target?.shadowRoot) {
          const deeper = target.shadowRoot.elementFromPoint(left, top);
          if (!deeper || deeper === target) break;
          target = deeper;
        }
        if (target && contains(element, target)) return { x: left, y: top };
      }
      return null;
    };
    let point = inside();
    if (!point) {
      element.scrollIntoView({ block: 'center', inline: 'center', behavior: 'instant' });
      point = inside();
    }
    return point;
  };
  const dispatch_press = (element, point) => {
    const common = { bubbles: true, cancelable: true, composed: true, view: window, clientX: point.x, clientY: point.y, button: 0 };
    const pointer = { ...common, pointerId: 1, pointerType: 'mouse', isPrimary: true };
    element.dispatchEvent(new PointerEvent('pointerover', pointer));
    element.dispatchEvent(new MouseEvent('mouseover', common));
    element.dispatchEvent(new PointerEvent('pointerdown', { ...pointer, buttons: 1 }));
    element.dispatchEvent(new MouseEvent('mousedown', { ...common, buttons: 1 }));
    element.focus?.({ preventScroll: true });
    element.dispatchEvent(new PointerEvent('pointerup', pointer));
    element.dispatchEvent(new MouseEvent('mouseup', common));
    element.click();
  };

  // One step of a site selector in `roots`: {css, text, exact}. A text without css means a clickable with that text.
  const fold = (text) => clean(text, 1000).normalize('NFKC').toLowerCase();
  const match_step = (root, step) => {
    let found = select_below(root, step.css || CLICKABLE);
    if (step.text) {
      const wanted = fold(step.text);
      found = found.filter((element) => {
        const text = fold(step.css ? text_of(element, 1000) : label_of(element));
        return step.exact ? text === wanted : text.includes(wanted);
      });
    }
    return found;
  };
  const find_chain = (chain) => {
    let roots = [document];
    for (let index = 0; index < chain.length; ++index) {
      const found = roots.flatMap((root) => match_step(root, chain[index]));
      if (index + 1 === chain.length) return { element: found.find(is_shown) ?? null };
      const frame = found.find((element) => element.tagName === 'IFRAME' || element.tagName === 'FRAME');
      if (frame) return { element: null, continues_in_frames: index + 1 };
      roots = found;
    }
    return { element: null };
  };

  // Clicks by others (the rules) are seen here, so that the record can name the button.
  window.addEventListener('click', (event) => {
    const target = event.composedPath()[0];
    if (!(target instanceof Element) || clicked.length >= 100) return;
    const button = target.closest(CLICKABLE) ?? target;
    clicked.push({ handle: handle_of(button), text: label_of(button) });
  }, true);

  return globalThis.gannetConsent = {
    async collect({ platforms, words }) {
      const frame = await frame_state();
      find_shadow_roots();
      return { frame, candidates: frame.shown ? candidates(platforms, words) : [] };
    },
    async see(handle) {
      const frame = await frame_state();
      const element = element_of(handle);
      return { known: element !== undefined, visible: frame.shown && is_reachable(element), painted: frame.painted };
    },
    click(handle) {
      const element = element_of(handle);
      if (!element?.isConnected) return { clicked: false, reason: 'it is no longer in the page' };
      if (!is_shown(element)) return { clicked: false, reason: 'it is not visible' };
      const point = hit_point(element);
      if (!point) return { clicked: false, reason: 'something else covers it' };
      dispatch_press(element, point);
      return { clicked: true, text: label_of(element) };
    },
    find({ chain }) {
      try {
        find_shadow_roots();
        const { element, continues_in_frames } = find_chain(chain);
        if (!element) return { handle: null, text: '', continues_in_frames: continues_in_frames ?? null };
        return { handle: handle_of(element), text: label_of(element), continues_in_frames: null };
      } catch (error) {
        return { error: String(error.message).slice(0, 300) };
      }
    },
    contains(outer, inner) {
      return contains(element_of(outer), element_of(inner));
    },
    switches(handle) {
      const root = element_of(handle);
      if (!root) return [];
      find_shadow_roots();
      return select_below(root, SWITCH).slice(0, SWITCHES_MAX).map((element) => ({
        handle: handle_of(element),
        on: element.checked === true || element.getAttribute('aria-checked') === 'true',
        locked: element.disabled === true || element.readOnly === true || element.getAttribute('aria-disabled') === 'true',
      }));
    },
    // Switches are often drawn by their label while the input has no size: no hit test.
    flip(handle) {
      element_of(handle)?.click();
    },
    clicks() {
      return clicked;
    },
  };
})()
