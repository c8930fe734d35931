// Looks for an observer of cookie and storage writes in every way known to us, and tells the server what it saw. A check is a number
// or a text that must be the same with and without an observer. `look` runs in frames of another site as well.
'use strict';

const look = () => {
  const seen = {};
  // Counts how often the page's own code runs during a write; only the write itself may run it.
  const traps = (name, attempt) => {
    let hits = '';
    try { attempt((what = 'x') => { hits += `${String(what)} `; }); } catch (error) { hits += `${error.name}: ${error.message}`; }
    seen[`trap ${name}`] = () => hits;
  };
  const trapping = (target, hit) => new Proxy(target, new Proxy({}, {
    get: (_, trap) => (object, key, ...rest) => { hit(`${trap} ${typeof key === 'object' ? '' : String(key)}`); return Reflect[trap](object, key, ...rest); },
  }));
  const values = {
    'toString': (hit) => ({toString() { hit(new Error().stack.split('\n').length); return 'a=1'; }}),
    'valueOf': (hit) => ({[Symbol.toPrimitive](hint) { hit(hint); return 'a=1'; }}),
    'proxy': (hit) => trapping({name: 'a', value: '1', toString: () => 'a=1'}, hit),
    'prototype proxy': (hit) => Object.create(trapping({toString: () => 'a=1'}, hit)),
    'getters': (hit) => ({
      get name() { hit('name'); return 'a'; }, get value() { hit('value'); return '1'; }, get length() { hit('length'); return 1; },
      get constructor() { hit('constructor'); return Object; }, get then() { hit('then'); }, get toJSON() { hit('toJSON'); },
      get nodeType() { hit('nodeType'); }, get splice() { hit('splice'); }, get [Symbol.toStringTag]() { hit('tag'); return 'T'; },
      toString: () => 'a=1'}),
    'array': (hit) => Object.defineProperty(Object.assign(['x'], {toString: () => 'a=1'}), '1', {get() { hit('1'); }, enumerable: true}),
    'error': (hit) => {
      class Own extends Error {
        get name() { hit('name'); return 'n'; }
        get message() { hit('message'); return 'm'; }
        toString() { return 'a=1'; }
      }
      return Object.defineProperty(new Own(), 'stack', {get() { hit('stack'); }});
    },
    'error with a proxy above it': (hit) => Object.setPrototypeOf(new Error(), trapping({toString: () => 'a=1'}, hit)),
    'date': (hit) => Object.assign(new Date(NaN), {toString() { hit('toString'); return 'a=1'; }, toISOString() { hit('iso'); }}),
    'regexp': (hit) => Object.defineProperties(/a/, {flags: {get() { hit('flags'); }}, source: {get() { hit('source'); }}, toString: {value: () => 'a=1'}}),
    'map': (hit) => Object.defineProperties(new Map([[1, 1]]), {size: {get() { hit('size'); }}, toString: {value: () => 'a=1'}}),
    'function': (hit) => Object.defineProperties(() => 0, {name: {get() { hit('name'); }}, toString: {value() { hit('toString'); return 'a=1'; }}}),
    'string object': (hit) => Object.assign(new String('a=1'), {toString() { hit('toString'); return 'a=1'; }, valueOf() { hit('valueOf'); return 'a=1'; }}),
    'element': (hit) => Object.defineProperties(document.createElement('i'), {id: {get() { hit('id'); }}, toString: {value: () => 'a=1'}}),
  };
  for (const [name, value] of Object.entries(values)) {
    traps(`document.cookie = ${name}`, (hit) => { document.cookie = value(hit); });
    traps(`localStorage.setItem ${name}`, (hit) => { localStorage.setItem('a', value(hit)); });
    traps(`cookieStore.set ${name}`, (hit) => { window.cookieStore?.set(value(hit)).catch(() => 0); });
  }
  const write = () => {
    document.cookie = 'b=1';
    localStorage.setItem('b', '1');
    window.cookieStore?.delete('b').catch(() => 0);
    indexedDB.open('b');
  };
  traps('prepareStackTrace', (hit) => {
    Error.prepareStackTrace = () => { hit(); return ''; };
    document.cookie = values.error(() => 0);
    try { Object.getOwnPropertyDescriptor(Document.prototype, 'cookie').set.call({}, 'a=b'); } catch { /* as it should */ }
    write();
    delete Error.prepareStackTrace;
  });
  traps('Object.prototype', (hit) => {
    const names = ['0', '1', '2', 'length', 'preview', 'callee', 'description', 'objectId', 'subtype', 'apply', 'get', 'set'];
    for (const name of names) {
      Object.defineProperty(Object.prototype, name, {configurable: true, get() { hit(name); },
                                                     set(value) { hit(`set ${name}`); Object.defineProperty(this, name, {value, writable: true, configurable: true}); }});
    }
    try { write(); } finally { for (const name of names) delete Object.prototype[name]; }
  });
  const replacing = (name, object, keys) => traps(name, (hit) => {
    const natives = keys.map((key) => [key, Object.getOwnPropertyDescriptor(object, key)]);
    for (const [key, native] of natives) {
      Object.defineProperty(object, key, {...native, value(...rest) { hit(key); return native.value.apply(this, rest); }});
    }
    // The descriptors were made before: nothing of our own may call what is replaced.
    try { write(); } finally { for (const [key, native] of natives) Object.defineProperty(object, key, native); }
  });
  replacing('console', console, Object.keys(console).filter((key) => typeof console[key] === 'function'));
  replacing('Function.prototype', Function.prototype, ['call', 'bind']);
  replacing('Reflect', Reflect, ['apply', 'get', 'getPrototypeOf', 'setPrototypeOf', 'ownKeys']);
  replacing('Map.prototype', Map.prototype, ['set', 'get', 'has']);
  replacing('Object', Object, ['setPrototypeOf', 'getOwnPropertyDescriptor', 'keys']);
  replacing('JSON', JSON, ['stringify', 'parse']);
  replacing('Error', Error, ['captureStackTrace']);

  const failure = (name, attempt) => {
    try { attempt(); } catch (error) { seen[`failure ${name}`] = `${error.name} ${error.message} ${error.stack.split('\n').length} ${error.constructor?.name}`; }
  };
  failure('foreign receiver', () => Object.getOwnPropertyDescriptor(Document.prototype, 'cookie').set.call({}, 'a=b'));
  failure('foreign proxy', () => Object.getOwnPropertyDescriptor(Document.prototype, 'cookie').set.call(new Proxy(document, {}), 'a=b'));
  failure('own error', () => { document.cookie = {toString() { throw new RangeError('own'); }}; });
  failure('symbol', () => { document.cookie = Symbol('own'); });
  failure('no argument', () => localStorage.setItem('only'));
  window.cookieStore?.set().catch((error) => { seen['failure cookieStore.set without arguments'] = `${error.name} ${error.message}`; });

  const text = (value) => typeof value === 'function'
    ? `${Function.prototype.toString.call(value)} ${value.name} ${value.length} ${Reflect.ownKeys(value).map(String)} ${Object.isExtensible(value)}` : typeof value;
  for (const name of ['Document', 'HTMLDocument', 'CookieStore', 'Storage', 'IDBFactory', 'CacheStorage', 'ServiceWorkerContainer', 'Map']) {
    const object = window[name]?.prototype;
    for (const key of object ? Reflect.ownKeys(object) : []) {
      const {get, set, value, ...flags} = Object.getOwnPropertyDescriptor(object, key);
      seen[`shape ${name}.${String(key)}`] = `${text(get)} ${text(set)} ${text(value)} ${JSON.stringify(flags)}`;
    }
  }
  for (const [name, object] of Object.entries({window, document, console, Error, Reflect, Map, 'Function.prototype': Function.prototype,
                                               'Object.prototype': Object.prototype, 'Document.prototype': Document.prototype})) {
    seen[`names ${name}`] = Reflect.ownKeys(object).map(String).join();
  }
  seen['names of the command line'] = [typeof debug, typeof undebug, typeof $_, typeof monitorEvents, typeof getEventListeners].join();
  return Object.fromEntries(Object.entries(seen).map(([name, value]) => [name, typeof value === 'function' ? value() : value]));
};

// What a document written, framed or navigated by its parent tells the parent: errors above all.
const lookIntoFrames = async () => {
  const seen = {};
  const add = (attributes) => {
    const frame = Object.assign(document.createElement('iframe'), attributes);
    const loaded = new Promise((done) => { frame.onload = done; });
    document.body.append(frame);
    return [frame, loaded];
  };
  const [reused, isLoaded] = add({src: '/empty'});
  const errors = [];
  reused.contentWindow.marker = 1;
  reused.contentWindow.addEventListener('error', (event) => errors.push(event.message));
  await isLoaded;
  reused.contentDocument.cookie = 'frame=1';
  seen['frame reuses its first window'] = String(reused.contentWindow.marker);
  const [written] = add({});
  written.contentDocument.open();
  written.contentWindow.addEventListener('error', (event) => errors.push(event.message));
  written.contentDocument.write('<script>document.cookie = "written=1"<\/script>');
  written.contentDocument.close();
  await add({srcdoc: '<script>onerror = (error) => parent.postMessage(error, "*"); document.cookie = "srcdoc=1"<\/script>'})[1];
  seen['frame errors'] = errors.join();
  for (const [name, frame] of Object.entries({reused, written})) {
    seen[`frame names ${name}`] = Reflect.ownKeys(frame.contentWindow).map(String).join();
  }
  const said = new Promise((done) => { addEventListener('message', (event) => event.data.sandboxed && done(event.data.sandboxed)); });
  add({sandbox: 'allow-scripts', srcdoc: `<script>try { document.cookie = 'a=1'; } catch (error) {
    parent.postMessage({sandboxed: error.name + error.message + error.stack.split('\\n').length}, '*'); }<\/script>`});
  seen['frame sandboxed'] = await said;
  return seen;
};

const lookIntoAnotherSite = async (url) => {
  const said = new Promise((done) => { addEventListener('message', (event) => event.data.crossSite && done(event.data.crossSite)); });
  document.body.append(Object.assign(document.createElement('iframe'), {src: url}));
  return Object.fromEntries(Object.entries(await said).map(([name, value]) => [`another site: ${name}`, value]));
};

const measure = async () => {
  const times = {};
  const take = (name, act) => {
    const begin = performance.now();
    for (let i = 0; i < 1000; ++i) act(i);
    times[name] = performance.now() - begin;
  };
  take('document.cookie writes', (i) => { document.cookie = `timed=${i}; path=/`; });
  take('localStorage.setItem calls', (i) => localStorage.setItem('timed', `${i}`));
  take('document.cookie reads', () => document.cookie);
  const begin = performance.now();
  for (let i = 0; i < 1000; ++i) await 0;
  times['awaits'] = performance.now() - begin;
  take('debugger statements', () => { debugger; });
  return times;
};

const describeBrowser = async () => ({
  webdriver: navigator.webdriver,
  userAgent: navigator.userAgent,
  languages: navigator.languages,
  hints: await navigator.userAgentData.getHighEntropyValues(['fullVersionList']),
});

// Not an observer of writes, but a debugger at all: the inspector describes an error that the page itself logs.
const lookForInspector = () => {
  let hits = 0;
  Error.prepareStackTrace = () => { ++hits; return ''; };
  console.debug(new Error());
  delete Error.prepareStackTrace;
  return hits;
};
