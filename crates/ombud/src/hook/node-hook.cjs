'use strict';
// Re-addresses requests for known model providers to the gateway, in plain HTTP on loopback. No TLS is intercepted.
//
// OMBUD_HOOK is JSON: {"gateway": "http://127.0.0.1:PORT", "hosts": {"HOST": "PROVIDER", …}}. A request for
// https://HOST/path goes to GATEWAY/p/PROVIDER/path with every header as it was except Host, and with the header
// `x-ombud-host: HOST`. Proxies and agents of the client are not used for it. What does not look as expected is left
// alone: the CONNECT proxy catches it.

const HOST_HEADER = 'x-ombud-host';

/** The contract, or null if there is none that can be read. */
function load() {
  try {
    const { gateway, hosts } = JSON.parse(process.env.OMBUD_HOOK);
    const base = new URL(gateway);
    return { base, hosts: new Map(Object.entries(hosts).map(([host, id]) => [host.toLowerCase(), id])) };
  } catch {
    return null;
  }
}

const contract = load();

/** Where the requests for a host go: {name, prefix}, or null if it is not a known provider's. */
function find(hostname, port) {
  const host = String(hostname || '').toLowerCase().replace(/\.$/, '');
  const name = [`${host}:${port}`, host].find((key) => contract.hosts.has(key));
  return name ? { name, prefix: `/p/${contract.hosts.get(name)}` } : null;
}

/** The same URL at the gateway, or null. */
function readdressed(url) {
  const route = /^(https?|wss?):$/.test(url.protocol) ? find(url.hostname, url.port) : null;
  return route && { route, url: new URL(contract.base.origin + route.prefix + url.pathname + url.search) };
}

function guarded(patch) {
  try {
    patch();
  } catch {
    // The child must run as it would without us.
  }
}

function patchFetch() {
  const original = globalThis.fetch;
  if (typeof original !== 'function') return;
  const fetch = function fetch(input, init) {
    const aimed = aimFetch(input, init);
    return aimed ? original(aimed.input, aimed.init).then(showing(aimed.shown)) : original(input, init);
  };
  Object.defineProperty(globalThis, 'fetch', { value: fetch, writable: true, enumerable: true, configurable: true });
}

/** The answer shows the address that the client wrote. */
const showing = (url) => (response) => {
  guarded(() => Object.defineProperty(response, 'url', { value: url, configurable: true }));
  return response;
};

function aimFetch(input, init) {
  try {
    const isRequest = typeof Request === 'function' && input instanceof Request;
    const here = new URL(isRequest ? input.url : String(input));
    const there = readdressed(here);
    if (!there) return null;
    // As in the standard, headers of `init` replace those of a Request as a whole.
    const headers = new Headers((init && init.headers) || (isRequest ? input.headers : undefined));
    headers.set(HOST_HEADER, there.route.name);
    const aimed = isRequest ? new Request(there.url, input) : there.url;
    return { input: aimed, init: { ...init, headers }, shown: here.href };
  } catch {
    return null;
  }
}

/** The three spellings of http.request's arguments, as one options object; null if it is none of them. */
function requestOptions(args, protocol) {
  const list = [...args];
  const callback = typeof list[list.length - 1] === 'function' ? list.pop() : undefined;
  const [first, second] = list;
  if (typeof first === 'string' || first instanceof URL) {
    const url = first instanceof URL ? first : new URL(first);
    const { hostname, port, pathname, search, username, password } = url;
    const auth = username || password ? `${decodeURIComponent(username)}:${decodeURIComponent(password)}` : undefined;
    const parsed = { protocol: url.protocol, hostname, host: hostname, path: pathname + search, auth };
    return { callback, options: { ...parsed, ...(port ? { port } : {}), ...second } };
  }
  return first && typeof first === 'object' ? { callback, options: { protocol, ...first } } : null;
}

function replaceHeaders(headers, there) {
  const own = { Host: contract.base.host, [HOST_HEADER]: there.name };
  const replaced = (name) => /^(host|proxy-authorization|x-ombud-host)$/i.test(String(name));
  if (Array.isArray(headers)) {
    const pairs = Array.isArray(headers[0]) ? headers : pairsOf(headers);
    return [...pairs.filter(([name]) => !replaced(name)), ...Object.entries(own)].flat();
  }
  return { ...Object.fromEntries(Object.entries(headers || {}).filter(([name]) => !replaced(name))), ...own };
}

const pairsOf = (flat) => flat.flatMap((name, at) => (at % 2 ? [] : [[name, flat[at + 1]]]));

/** Options for the gateway, or null. A target in the absolute form, as a proxy gets it, counts for its own host. */
function aimRequest(options) {
  const { hostname, host, port, path = '/' } = options;
  const absolute = /^https?:\/\//i.test(path) ? new URL(path) : null;
  const plainHost = hostname || String(host || '').replace(/:\d+$/, '');
  const route = absolute ? find(absolute.hostname, absolute.port) : find(plainHost, port);
  if (!route) return null;
  const target = absolute ? absolute.pathname + absolute.search : path;
  const { servername, socketPath, createConnection, lookup, localAddress, family, defaultPort, _defaultAgent, ...rest } = options;
  return {
    ...rest,
    protocol: 'http:',
    hostname: contract.base.hostname,
    host: contract.base.hostname,
    port: contract.base.port,
    path: route.prefix + target,
    headers: replaceHeaders(options.headers, route),
    agent: options.agent === false ? false : directAgent(),
  };
}

/**
 * Some clients (axios before CONNECT support) hand an https:// target to an HTTP proxy as it is, which would make the
 * proxy read it. Where that proxy is the one from the environment, a tunnel is asked for instead.
 */
function aimTunnel(options) {
  if (!/^https:\/\//i.test(options.path || '')) return null;
  const proxy = new URL(process.env.HTTPS_PROXY || process.env.https_proxy);
  const { hostname, host, port, auth, agent, headers, ...rest } = options;
  if ((hostname || host) !== proxy.hostname || String(port) !== proxy.port) return null;
  const url = new URL(options.path);
  const own = Object.fromEntries(
    Object.entries(headers || {}).filter(([name]) => !/^(host|proxy-authorization)$/i.test(name)),
  );
  return {
    ...rest,
    protocol: 'https:',
    hostname: url.hostname,
    port: url.port || 443,
    path: url.pathname + url.search,
    headers: { ...own, Host: url.host },
    agent: tunnelAgent(proxy),
  };
}

function tunnelAgent(proxy) {
  const { Agent } = require('node:https');
  const made = new Agent();
  made.createConnection = (options, done) => {
    const credential = decodeURIComponent(`${proxy.username}:${proxy.password}`);
    const asked = require('node:http').request({
      method: 'CONNECT',
      hostname: proxy.hostname,
      port: proxy.port,
      path: `${options.host}:${options.port}`,
      headers: { 'Proxy-Authorization': `Basic ${Buffer.from(credential).toString('base64')}` },
      agent: false,
    });
    asked.once('error', done);
    asked.once('connect', (answer, socket) => {
      if (answer.statusCode !== 200) return done(new Error(`the proxy answered ${answer.statusCode}`));
      const name = require('node:net').isIP(options.host) ? undefined : options.host;
      return done(null, require('node:tls').connect({ ...options, socket, servername: options.servername || name }));
    });
    asked.end();
  };
  return made;
}

let agent;
function directAgent() {
  const http = require('node:http');
  agent = agent || new http.Agent({ keepAlive: true });
  return agent;
}

function patchHttp() {
  const http = require('node:http');
  const https = require('node:https');
  const send = http.request;
  const sendSecurely = https.request;
  for (const [module, protocol] of [[http, 'http:'], [https, 'https:']]) {
    const original = module.request;
    const request = function request(...args) {
      const aimed = aimArguments(args, protocol);
      if (!aimed) return original.apply(this, args);
      return (aimed.secure ? sendSecurely : send).call(aimed.secure ? https : http, aimed.options, aimed.callback);
    };
    module.request = request;
    module.get = function get(...args) {
      const outgoing = request.apply(this, args);
      outgoing.end();
      return outgoing;
    };
  }
  require('node:module').syncBuiltinESMExports();
}

/** The gateway speaks HTTP/1.1: a session of HTTP/2 with a known provider would go past it, so it is refused. */
function patchHttp2() {
  const http2 = require('node:http2');
  const original = http2.connect;
  http2.connect = function connect(authority, ...rest) {
    const there = aimSession(authority, rest[0]);
    if (!there) return original.call(this, authority, ...rest);
    throw pastUs('an HTTP/2 session', 'HTTP/2 会话', there, 'ERR_OMBUD_HTTP2');
  };
  require('node:module').syncBuiltinESMExports();
}

function pastUs(en, zh, { hostname, gateway }, code) {
  return Object.assign(
    new Error(
      `Ombud: ${en} with ${hostname} would go past Ombud, so it was not opened. Use fetch or node:https, or send to ${gateway}. ` +
        `与 ${hostname} 的 ${zh}会绕过 Ombud，未建立；请改用 fetch 或 node:https，或把请求发往 ${gateway}。`,
    ),
    { code },
  );
}

function aimSession(authority, options) {
  try {
    const url = new URL(String(authority));
    const { host, port } = (typeof options === 'object' && options) || {};
    const [hostname, number] = [url.hostname || host, url.port || String(port || '')];
    const route = find(hostname, number) || (host && find(host, number));
    return route && { hostname, gateway: contract.base.origin + route.prefix };
  } catch {
    return null;
  }
}

/** The same for Node's own WebSocket, which uses neither a proxy nor node:https. */
function patchWebSocket() {
  const own = Object.getOwnPropertyDescriptor(globalThis, 'WebSocket');
  if (!own) return;
  const put = (value) =>
    Object.defineProperty(globalThis, 'WebSocket', { value, writable: true, enumerable: own.enumerable, configurable: true });
  // Node loads it when it is first asked for, and so do we.
  const get = () => {
    const original = own.get ? own.get.call(globalThis) : own.value;
    if (typeof original !== 'function') return original;
    const watched = new Proxy(original, {
      construct(target, given, made) {
        const there = aimSession(given[0]);
        if (there) throw pastUs('a WebSocket', 'WebSocket 连接', there, 'ERR_OMBUD_WEBSOCKET');
        return Reflect.construct(target, given, made);
      },
    });
    put(watched);
    return watched;
  };
  Object.defineProperty(globalThis, 'WebSocket', { get, set: put, enumerable: own.enumerable, configurable: true });
}

function aimArguments(args, protocol) {
  try {
    const read = requestOptions(args, protocol);
    const options = read && aimRequest(read.options);
    if (options) return { options, callback: read.callback };
    const tunnelled = read && aimTunnel(read.options);
    return tunnelled && { options: tunnelled, callback: read.callback, secure: true };
  } catch {
    return null;
  }
}

const READDRESSED = Symbol('ombud');

/** The npm package undici: every way to send ends in a dispatcher's `dispatch`. */
function patchUndici(undici) {
  const base = undici.Agent && Object.getPrototypeOf(undici.Agent.prototype);
  if (!base || typeof base.dispatch !== 'function' || base.dispatch[READDRESSED]) return;
  let direct;
  const nodes = nodesDispatcher(undici);
  for (const type of [base, undici.ProxyAgent && undici.ProxyAgent.prototype, nodes]) {
    if (!type || !ownsDispatch(type) || type.dispatch[READDRESSED]) continue;
    const original = type.dispatch;
    type.dispatch = function dispatch(options, handler) {
      const aimed = aimDispatch(this, options);
      if (!aimed) return original.call(this, options, handler);
      // A plain Agent goes anywhere and has the client's timeouts; others are bound to a proxy or to one origin. Node's own
      // exempts the gateway from proxies by NO_PROXY.
      if (this instanceof undici.Agent || type === nodes) return original.call(this, aimed, handler);
      direct = direct || new undici.Agent();
      return direct.dispatch(aimed, handler);
    };
    type.dispatch[READDRESSED] = true;
  }
  // What a test mocks stays mocked: a MockAgent hands on to an Agent inside it.
  const mock = undici.MockAgent && undici.MockAgent.prototype;
  if (!mock) return;
  const mocked = mock.dispatch;
  mock.dispatch = function dispatch(options, handler) {
    return mocked.call(this, { ...options, [READDRESSED]: true }, handler);
  };
}

const ownsDispatch = (type) => Object.prototype.hasOwnProperty.call(type, 'dispatch');

/**
 * Where `dispatch` of Node's own dispatcher is defined, or null. If Node's copy of undici was used before the package was
 * loaded, the package sends with that dispatcher.
 */
function nodesDispatcher(undici) {
  let type = typeof undici.getGlobalDispatcher === 'function' ? undici.getGlobalDispatcher() : null;
  if (type instanceof undici.Dispatcher) return null;
  while (type && !ownsDispatch(type)) type = Object.getPrototypeOf(type);
  return type;
}

function aimDispatch(dispatcher, options) {
  try {
    const origin = options[READDRESSED] ? null : options.origin || originOf(dispatcher);
    if (!origin) return null;
    const url = new URL(origin);
    if (url.origin === contract.base.origin) return { ...options, [READDRESSED]: true };
    const route = find(url.hostname, url.port);
    if (!route) return null;
    const { servername, ...rest } = options;
    const headers = replaceHeaders(plainHeaders(options.headers), route);
    const path = route.prefix + options.path;
    return { ...rest, origin: contract.base.origin, path, headers, [READDRESSED]: true };
  } catch {
    return null;
  }
}

/** The origin that a Client or Pool of undici is bound to; it keeps it under a symbol. */
function originOf(dispatcher) {
  const key = Object.getOwnPropertySymbols(dispatcher).find((symbol) => symbol.description === 'url');
  return key && dispatcher[key] && dispatcher[key].origin;
}

/** Headers given as a Map or Headers, as an object; other forms as they are. */
const plainHeaders = (headers) =>
  headers && !Array.isArray(headers) && typeof headers[Symbol.iterator] === 'function'
    ? Object.fromEntries(headers)
    : headers;

function patchLoader() {
  const Module = require('node:module');
  const original = Module._load;
  Module._load = function load(request, ...rest) {
    const loaded = original.call(this, request, ...rest);
    if (typeof request === 'string' && /(^|[\\/])undici([\\/]|$)/.test(request)) guarded(() => patchUndici(loaded));
    return loaded;
  };
}

if (contract) {
  guarded(patchFetch);
  guarded(patchHttp);
  guarded(patchHttp2);
  guarded(patchWebSocket);
  guarded(patchLoader);
}
