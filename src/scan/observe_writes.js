// Reports every script write of cookies and storage without replacing anything the page can see: breakpoints with a condition on
// the native functions (debug/undebug are the inspector's command-line API). The condition reports and answers false, and pauses are
// skipped anyway, so nothing ever stops. The name below lives in the document's global lexical scope: it is no property of window, and
// a page would have to guess it. console.debug is taken before the page's first script; its report carries a stack that the page
// cannot forge. undebug comes first, or same-process child frames are missed (they share the native function's breakpoint).
const GANNET_NAME = (() => {
  const report = console.debug;
  const {apply} = Reflect;
  const {setPrototypeOf} = Object;
  const NativeMap = Map;
  const put = Map.prototype.set;
  const isError = Error.isError ?? (() => false);
  // The console makes a text of an object, which runs code of the page: getters of Symbol.toStringTag and of indices, toString of
  // dates. As the entry of a map without prototype it is previewed and nothing runs. Errors alone are described with their getters.
  const wrap = (value) => {
    if (typeof value !== 'object' && typeof value !== 'function') return value;
    if (value === null || isError(value)) return undefined;
    const holder = setPrototypeOf(new NativeMap(), null);
    apply(put, holder, [0, value]);
    return holder;
  };
  const arm = (native, method) => {
    if (typeof native !== 'function') return;
    undebug(native);
    debug(native, `GANNET_NAME('${method}', this, arguments)`);
  };
  const prototype = (name) => (typeof globalThis[name] === 'function' ? globalThis[name].prototype : {});
  const cookie = Object.getOwnPropertyDescriptor(prototype('Document'), 'cookie');
  if (cookie) arm(cookie.set, 'document.cookie');
  arm(prototype('CookieStore').set, 'cookieStore.set');
  arm(prototype('CookieStore').delete, 'cookieStore.delete');
  arm(prototype('Storage').setItem, 'setItem');
  arm(prototype('IDBFactory').open, 'indexedDB.open');
  arm(prototype('CacheStorage').open, 'caches.open');
  arm(prototype('ServiceWorkerContainer').register, 'serviceWorker.register');
  // The native getter refuses what is no node: a setter called on anything else writes nothing.
  const node_type = Object.getOwnPropertyDescriptor(prototype('Node'), 'nodeType')?.get;
  const is_node = (receiver) => {
    try {
      return apply(node_type, receiver, []) > 0;
    } catch {
      return false;
    }
  };
  return (method, receiver, parameters) => {
    if (method === 'document.cookie' && !is_node(receiver)) return false;
    // A parameter that was not given would be looked up in Object.prototype, where a page may wait for it.
    const {length} = parameters;
    report('GANNET_TOKEN', method, length > 0 ? wrap(parameters[0]) : undefined, length > 1 ? wrap(parameters[1]) : undefined);
    return false;
  };
})();
