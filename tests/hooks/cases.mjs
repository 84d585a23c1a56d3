// Clients as agents write them, each with a hard-coded provider address. Usage: node cases.mjs CASE.
// Packages are found through T_MODULES, a directory with node_modules.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import http from 'node:http';
import http2 from 'node:http2';
import https, { request as namedRequest } from 'node:https';
import { createRequire } from 'node:module';
import net from 'node:net';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';

const { T_GATEWAY: GATEWAY, T_OTHER: OTHER, T_PROXY: PROXY, T_MODULES: MODULES } = process.env;
const HERE = 'https://api.deepseek.com';
const CHAT = '/p/deepseek/chat/completions';
const headers = { Authorization: 'Bearer sk-test', 'Content-Type': 'application/json' };
const BODY = { model: 'm', messages: [{ role: 'user', content: 'hi' }] };
const body = JSON.stringify(BODY);
const streamed = JSON.stringify({ ...BODY, stream: true });

const require = createRequire(path.join(MODULES, 'package.json'));
const load = async (name) => import(pathToFileURL(require.resolve(name)).href);

/** Lets the gateway send the second half, over a bare socket that bypasses every patched library. */
function release() {
  const { hostname, port } = new URL(GATEWAY);
  const socket = net.connect(port, hostname, () => socket.write('GET /_release HTTP/1.1\r\nHost: x\r\n\r\n'));
  socket.on('data', () => socket.destroy());
}

async function collect(parts) {
  let text = '';
  for await (const part of parts) {
    text += Buffer.from(part).toString();
    if (!text.includes('second')) release();
  }
  assert.match(text, /second/);
}

const read = (answer) =>
  new Promise((resolve, reject) => {
    let text = '';
    answer.on('data', (part) => (text += part)).on('end', () => resolve(text)).on('error', reject);
  });

const sent = (outgoing, data) =>
  new Promise((resolve, reject) => {
    outgoing.on('response', (answer) => read(answer).then((text) => resolve({ answer, text })));
    outgoing.on('error', reject).end(data);
  });

const cases = {
  async fetch_string() {
    const answer = await fetch(`${HERE}/chat/completions?q=%2F`, { method: 'POST', headers, body });
    assert.equal((await answer.json()).object, 'chat.completion');
    assert.equal(answer.url, `${HERE}/chat/completions?q=%2F`);
    return [`${CHAT}?q=%2F`];
  },
  async fetch_request_object() {
    const request = new Request(new URL(`${HERE}/chat/completions`), { method: 'POST', headers, body });
    assert.equal((await fetch(request)).status, 200);
    return [CHAT];
  },
  async fetch_stream() {
    const answer = await fetch(`${HERE}/chat/completions`, { method: 'POST', headers, body: streamed });
    await collect(answer.body);
    return [CHAT];
  },
  async fetch_abort() {
    const stop = AbortSignal.abort();
    await assert.rejects(fetch(`${HERE}/chat/completions`, { method: 'POST', headers, body, signal: stop }), {
      name: 'AbortError',
    });
    await assert.rejects(fetch('not a url'), TypeError);
    return [];
  },
  async openai() {
    const { default: OpenAI } = await load('openai');
    const client = new OpenAI({ apiKey: 'sk-test', baseURL: HERE });
    assert.equal((await client.chat.completions.create(BODY)).choices[0].message.content, 'hello');
    const texts = [];
    for await (const event of await client.chat.completions.create({ ...BODY, stream: true })) {
      texts.push(event.choices[0].delta.content);
      if (texts.length === 1) release();
    }
    assert.deepEqual(texts, ['first', 'second']);
    return [CHAT, CHAT];
  },
  async axios() {
    const axios = require('axios');
    const answer = await axios.post(`${HERE}/chat/completions`, BODY, { headers, params: { q: 1 } });
    assert.equal(answer.data.object, 'chat.completion');
    await collect((await axios.post(`${HERE}/chat/completions`, streamed, { headers, responseType: 'stream' })).data);
    const own = { headers, proxy: false, httpsAgent: new https.Agent({ keepAlive: true }) };
    await axios.post(`${HERE}/chat/completions`, BODY, own);
    return [`${CHAT}?q=1`, CHAT, CHAT];
  },
  async axios_old_with_proxy_variables() {
    const axios = require('axios-old');
    const answer = await axios.post(`${HERE}/chat/completions`, BODY, { headers });
    assert.equal(answer.data.object, 'chat.completion');
    return [CHAT];
  },
  async axios_old_asks_for_a_tunnel() {
    // Without the hook, it would send https:// requests to the proxy in the clear.
    await assert.rejects(require('axios-old').get('https://other.example/x?q=1'), /the proxy answered 403/);
    return { gateway: [], proxy: ['CONNECT other.example:443'] };
  },
  async a_local_port() {
    assert.equal((await fetch('http://127.0.0.1:11434/api/tags')).status, 200);
    assert.equal((await sent(http.request('http://127.0.0.1:11434/api/tags'))).answer.statusCode, 200);
    return Array(2).fill('/p/ollama/api/tags');
  },
  async https_request_forms() {
    const url = `${HERE}/chat/completions`;
    const options = { method: 'POST', headers };
    const whole = { ...options, hostname: 'API.deepseek.com', path: '/chat/completions' };
    const agent = new https.Agent();
    for (const outgoing of [
      https.request(url, options),
      https.request(new URL(url), { ...options, agent, servername: 'api.deepseek.com' }),
      https.request({ ...whole, headers: { ...headers, host: 'api.deepseek.com' } }),
      https.request({ ...options, host: 'api.deepseek.com:443', port: 443, path: '/chat/completions', agent }),
      https.request({ ...whole, agent: false, headers: Object.entries(headers).flat() }),
      https.request({ ...whole, agent: false, _defaultAgent: https.globalAgent }),
      namedRequest(url, options),
    ]) {
      assert.equal(JSON.parse((await sent(outgoing, body)).text).object, 'chat.completion');
    }
    return Array(7).fill(CHAT);
  },
  async https_get_and_callback() {
    const answer = await new Promise((resolve) => https.get(`${HERE}/models`, { headers }, resolve));
    assert.equal(JSON.parse(await read(answer)).object, 'chat.completion');
    return ['/p/deepseek/models'];
  },
  async https_stream() {
    const outgoing = https.request(`${HERE}/chat/completions`, { method: 'POST', headers });
    const answer = await new Promise((resolve) => outgoing.on('response', resolve).end(streamed));
    await collect(answer);
    return [CHAT];
  },
  async node_fetch() {
    const { default: nodeFetch } = await load('node-fetch');
    const answer = await nodeFetch(`${HERE}/chat/completions`, { method: 'POST', headers, body });
    assert.equal((await answer.json()).object, 'chat.completion');
    return [CHAT];
  },
  async got() {
    const { default: got } = await load('got');
    const answer = await got.post(`${HERE}/chat/completions`, { headers, body, retry: { limit: 0 } }).json();
    assert.equal(answer.object, 'chat.completion');
    return [CHAT];
  },
  async undici_forms() {
    const undici = require('undici');
    const options = { method: 'POST', headers, body };
    const url = `${HERE}/chat/completions`;
    await (await undici.request(url, options)).body.json();
    await (await undici.fetch(url, options)).json();
    await (await new undici.Client(HERE).request({ ...options, path: '/chat/completions' })).body.json();
    await (await new undici.Pool(HERE).request({ ...options, path: '/chat/completions' })).body.json();
    const proxy = new undici.ProxyAgent(PROXY);
    await (await undici.request(url, { ...options, dispatcher: proxy })).body.json();
    await (await fetch(url, { ...options, dispatcher: proxy })).json();
    const agent = new undici.Agent({ bodyTimeout: 0 });
    await (await undici.request(url, { ...options, headers: new Headers(headers), dispatcher: agent })).body.json();
    return Array(7).fill(CHAT);
  },
  async undici_global_dispatcher() {
    const undici = await load('undici');
    undici.setGlobalDispatcher(new undici.ProxyAgent(PROXY));
    await (await fetch(`${HERE}/chat/completions`, { method: 'POST', headers, body })).json();
    return [CHAT];
  },
  async undici_after_nodes_own() {
    // Node's own copy of undici, once used, has set the dispatcher that the package then sends with.
    assert.equal((await fetch(`${OTHER}/x`)).status, 200);
    await (await require('undici').request(`${HERE}/chat/completions`, { method: 'POST', headers, body })).body.json();
    assert.equal((await fetch(`${HERE}/models`, { headers })).status, 200);
    return [CHAT, '/p/deepseek/models'];
  },
  async undici_mock_untouched() {
    const { MockAgent, request } = require('undici');
    const mock = new MockAgent();
    mock.disableNetConnect();
    mock.get(HERE).intercept({ path: '/models' }).reply(204, '');
    assert.equal((await request(`${HERE}/models`, { dispatcher: mock })).statusCode, 204);
    return [];
  },
  async http2_goes_past_nobody() {
    for (const authority of [HERE, new URL(`${HERE}:443/`)]) {
      assert.throws(() => http2.connect(authority), { code: 'ERR_OMBUD_HTTP2', message: /\/p\/deepseek/ });
    }
    assert.throws(() => require('node:http2').connect(HERE, {}, () => {}), { code: 'ERR_OMBUD_HTTP2' });
    const other = http2.connect(OTHER);
    other.on('error', () => {}).destroy();
    return [];
  },
  async a_websocket_goes_past_nobody() {
    if (typeof WebSocket !== 'function') return [];
    for (const address of ['wss://api.deepseek.com/v1/realtime', new URL('wss://API.deepseek.com:443/x')]) {
      assert.throws(() => new WebSocket(address), { code: 'ERR_OMBUD_WEBSOCKET', message: /\/p\/deepseek/ });
    }
    assert.throws(() => new WebSocket('not a url'), { name: 'SyntaxError' });
    const other = new WebSocket(OTHER.replace('http:', 'ws:') + '/x');
    assert(other instanceof WebSocket && WebSocket.OPEN === 1);
    await new Promise((done) => { other.onerror = done; });
    return [];
  },
  async other_hosts_untouched() {
    assert.equal((await fetch(`${OTHER}/x`)).url, `${OTHER}/x`);
    assert.equal((await sent(http.request(`${OTHER}/x`))).answer.statusCode, 200);
    assert.equal((await require('undici').request(`${OTHER}/x`)).statusCode, 200);
    assert.equal((await require('axios').get(`${OTHER}/x`)).status, 200);
    return [];
  },
  async worker_thread() {
    const code = `fetch('${HERE}/models', { headers: ${JSON.stringify(headers)} }).then((r) => r.text())`;
    await new Promise((resolve, reject) => new Worker(code, { eval: true }).on('exit', resolve).on('error', reject));
    return ['/p/deepseek/models'];
  },
  async child_process() {
    const script = fileURLToPath(import.meta.url);
    assert.equal(spawnSync(process.execPath, [script, 'fetch_string']).status, 0);
    return [`${CHAT}?q=%2F`];
  },
  async broken_contract() {
    assert.equal((await fetch(`${OTHER}/x`)).status, 200);
    assert.equal((await sent(http.request(`${OTHER}/x`))).answer.statusCode, 200);
    return [];
  },
  async gateway_down() {
    await assert.rejects(fetch(`${HERE}/models`));
    await assert.rejects(sent(https.request(`${HERE}/models`)), { code: 'ECONNREFUSED' });
    return [];
  },
};

if (process.argv[2] === '--list') console.log(Object.keys(cases).join('\n'));
else console.log(JSON.stringify(await cases[process.argv[2]]()));
