// Tests the SDK against a mock gateway. Run: node --test sdk/js/tests/sdk.test.mjs

import assert from "node:assert/strict";
import http from "node:http";
import { createRequire } from "node:module";
import readline from "node:readline/promises";
import { after, before, beforeEach, test } from "node:test";

import * as ombud from "../index.mjs";

/** The state of the mock gateway, which remembers answers by subject and purpose. */
const played = { answers: new Map(), asked: [], seen: [], lifetime: 900 };

function standing(path, body) {
  const key = `${body.subject}-${body.purpose ?? body.request}`;
  if (path.endsWith("/give")) played.answers.set(key, body.agreed ? "given" : "refused");
  if (path.endsWith("/withdraw")) played.answers.set(key, "withdrawn");
  const state = played.answers.get(key) ?? "none";
  const now = Date.now() / 1000;
  if (state !== "given") return { state, request: body.purpose };
  return { state, proof: `proof-${played.asked.length}-of-${key}`, expires: now + played.lifetime };
}

function answer(request, response) {
  const parts = [];
  request.on("data", (part) => parts.push(part)).on("end", () => {
    const body = parts.length ? JSON.parse(Buffer.concat(parts)) : undefined;
    if (request.url.startsWith("/elsewhere")) return response.writeHead(302, { location: played.elsewhere }).end();
    if (request.url.endsWith("/erase")) return response.writeHead(403).end(JSON.stringify({ message: "wants the key" }));
    if (!request.url.startsWith("/api/v1/")) {
      played.seen.push(["gateway", request.headers]);
      return response.end("{}");
    }
    played.asked.push([request.url, body, request.headers]);
    const told = request.url.endsWith("/sources") ? { declared: body.sources.length } : standing(request.url, body ?? {});
    return response.end(JSON.stringify(told));
  });
}

const gateway = http.createServer(answer);
const elsewhere = http.createServer((request, response) => {
  played.seen.push(["elsewhere", request.headers]);
  response.end("{}");
});

const addressOf = (server) => `http://127.0.0.1:${server.address().port}`;
const open = (server) => new Promise((done) => server.listen(0, "127.0.0.1", done));
const shut = (server) => new Promise((done) => server.closeAllConnections() ?? server.close(done));

before(async () => {
  await Promise.all([open(gateway), open(elsewhere)]);
  played.elsewhere = addressOf(elsewhere);
});
after(() => Promise.all([shut(gateway), shut(elsewhere)]));
beforeEach(() => {
  Object.assign(played, { answers: new Map(), asked: [], seen: [], lifetime: 900 });
  ombud.configure({ gateway: addressOf(gateway), lang: "en", ask: yes });
});

function yes(question) {
  question.show();
  return question.reply("yes");
}

async function no(question) {
  question.show();
  return question.reply("no");
}

/** Returns a guarded function and the list of its runs. */
function guarded() {
  const ran = [];
  const read = ombud.userConsentRequired("p", (value) => {
    ran.push(value);
    return value;
  });
  return { ran, read };
}

const asks = () => played.asked.filter(([path]) => path.endsWith("/give")).length;
const refused = (work, state) => assert.rejects(work, (error) => error instanceof ombud.ConsentRequired && error.state === state);

test("without a subject or consent the body never runs", async () => {
  const { ran, read } = guarded();
  await refused(() => read(1), "no_subject");
  ombud.configure({ ask: no });
  await ombud.subject("u", async () => {
    await refused(() => read(1), "refused");
    await refused(() => read(1), "refused");
  });
  assert.deepEqual(ran, []);
  assert.equal(asks(), 1, "a user who said no is asked only once");
});

test("a yes opens for this user only", async () => {
  const { ran, read } = guarded();
  await ombud.subject("ä/1", { session: "s 1" }, async () => {
    assert.equal(await read(7), 7);
    const found = await ombud.headers();
    assert.equal(found["x-ombud-subject"], "%C3%A4%2F1");
    assert.equal(found["x-ombud-session"], "s%201");
    assert.match(found["x-ombud-consent"], /^proof-\d+-of-ä\/1-p$/);
  });
  assert.deepEqual(await ombud.headers(), {});
  ombud.configure({ ask: no });
  await ombud.subject("other", () => refused(() => read(1), "refused"));
  assert.deepEqual(ran, [7]);
});

test("users who are served at the same time do not meet", async () => {
  const { read } = guarded();
  ombud.configure({ ask: async (question) => (await new Promise(setImmediate), yes(question)) });
  const consents = await Promise.all(["ann", "bob", "cid"].map((id) => ombud.subject(id, async () => {
    await read(id);
    return (await ombud.headers())["x-ombud-consent"];
  })));
  assert.deepEqual(consents.map((proof) => proof.replace(/^proof-\d+-of-/, "")), ["ann-p", "bob-p", "cid-p"]);
});

test("calls at the same time ask once, and a proof stays while it is asked for again", async () => {
  const sent = [];
  const read = ombud.userConsentRequired("p", async () => sent.push((await ombud.headers())["x-ombud-consent"]));
  ombud.configure({ ask: async (question) => (await new Promise((done) => setTimeout(done, 20)), yes(question)) });
  await ombud.subject("u", async () => {
    await Promise.all([read(), read(), read()]);
    assert.equal(asks(), 1);
    assert(sent.length === 3 && sent.every((proof) => proof?.endsWith("-of-u-p")), String(sent));
    const again = ombud.consent.ensure("p");
    assert.notEqual((await ombud.headers())["x-ombud-consent"], undefined);
    await again;
  });
  played.lifetime = 30;
  await ombud.subject("u", async () => {
    await read();
    const both = await Promise.all([ombud.headers(), ombud.headers()]);
    assert(both.every((found) => found["x-ombud-consent"]), "both renew it, and both have one");
    const renewing = ombud.headers();
    await ombud.consent.withdraw("p");
    assert.equal((await renewing)["x-ombud-consent"], undefined, "a withdrawal during the renewal stays one");
  });
});

test("a user who says no to the first of several calls is not asked again", async () => {
  const { ran, read } = guarded();
  ombud.configure({ ask: no });
  await ombud.subject("u", () => Promise.all([refused(() => read(1), "refused"), refused(() => read(2), "refused")]));
  assert.equal(asks(), 1);
  assert.deepEqual(ran, []);
});

test("the asking function does not wait for itself, and what it starts may live on", async () => {
  const { read } = guarded();
  ombud.configure({ ask: async (question) => (question.show(), read(1)) });
  await ombud.subject("u", () => refused(() => read(1), "not_asked"));
  let later;
  ombud.configure({ ask: (question) => {
    later = new Promise((done) => setTimeout(done, 50)).then(() => read(2));
    return yes(question);
  } });
  await ombud.subject("u", () => read(1));
  assert.equal(await later, 2);
});

test("a session is named alike everywhere", async () => {
  await ombud.subject("u", { session: "chat:1" }, async () => {
    const named = (await ombud.headers())["x-ombud-session"];
    await new ombud.OmbudClient().ask("u", "p", { session: "chat:1" });
    await ombud.consent.ensure("p");
    assert.deepEqual([...new Set(played.asked.map(([, body]) => body.session))], [named]);
  });
});

test("a withdrawal closes at once", async () => {
  const { ran, read } = guarded();
  await ombud.subject("u", async () => {
    await read(1);
    await ombud.consent.withdraw("p");
    assert.equal((await ombud.headers())["x-ombud-consent"], undefined);
    await refused(() => read(2), "withdrawn");
    assert.deepEqual(ran, [1]);
    assert.equal(await ombud.consent.ask("p"), true);
    assert.equal(await read(3), 3);
  });
});

test("a proof that is nearly over is renewed, and dropped when the user said no since", async () => {
  const { read } = guarded();
  played.lifetime = 30;
  await ombud.subject("u", async () => {
    await read(1);
    const [first, second] = [await ombud.headers(), await ombud.headers()].map((found) => found["x-ombud-consent"]);
    assert.notEqual(first, second);
    assert.equal(asks(), 1, "a renewal does not ask the user");
    played.answers.set("u-p", "withdrawn");
    assert.equal((await ombud.headers())["x-ombud-consent"], undefined);
  });
});

/** Methods of every kind, guarded by a decorator applied with `apply`. */
function memory(apply) {
  const ran = [];
  class Memory {
    tag = "m";
    method(value) {
      ran.push(value);
      return this.tag + value;
    }
    async later() {
      ran.push("later");
      return this.tag;
    }
    *items() {
      ran.push("items");
      yield this.tag;
    }
    async *stream() {
      ran.push("stream");
      yield this.tag;
    }
    static still() {
      ran.push("still");
      return "still";
    }
  }
  for (const name of ["method", "later", "items", "stream"]) apply(Memory.prototype, name, false);
  apply(Memory, "still", true);
  return { ran, Memory };
}

/** The standard decorator form, TypeScript's legacy form, and two ways to wrap a function. */
const FORMS = {
  standard(holder, name, isStatic) {
    const context = { kind: "method", name, static: isStatic, private: false };
    holder[name] = ombud.userConsentRequired("p")(holder[name], context);
  },
  legacy(holder, name) {
    const descriptor = Object.getOwnPropertyDescriptor(holder, name);
    Object.defineProperty(holder, name, ombud.userConsentRequired("p")(holder, name, descriptor));
  },
  around(holder, name) {
    holder[name] = ombud.userConsentRequired("p")(holder[name]);
  },
  wrapped(holder, name) {
    holder[name] = ombud.userConsentRequired("p", holder[name]);
  },
};

async function all(items) {
  const found = [];
  for await (const item of items) found.push(item);
  return found;
}

for (const [form, apply] of Object.entries(FORMS)) {
  test(`every kind of function, ${form}`, async () => {
    const { ran, Memory } = memory(apply);
    const one = new Memory();
    const calls = [() => one.method(1), () => one.later(), () => all(one.items()), () => all(one.stream()), () => Memory.still()];
    ombud.configure({ ask: no });
    await ombud.subject("u", async () => {
      for (const call of calls) await assert.rejects(call, ombud.ConsentRequired);
      assert.deepEqual(ran, []);
      ombud.configure({ ask: yes });
      assert.equal(await ombud.consent.ask("p"), true);
      const given = [];
      for (const call of calls) given.push(await call());
      assert.deepEqual(given, ["m1", "m", ["m"], ["m"], "still"]);
    });
    assert.equal(one.method.name, "method");
    assert.equal(one.method.length, 1);
  });
}

test("a field that holds a function is guarded, what is none is refused", async () => {
  const guard = ombud.userConsentRequired("p");
  const field = guard(undefined, { kind: "field", name: "read", static: false })(() => "read");
  await refused(field, "no_subject");
  await ombud.subject("u", async () => assert.equal(await field(), "read"));
  assert.throws(() => guard(undefined, { kind: "field", name: "n" })(1), TypeError);
  assert.throws(() => guard(class {}, { kind: "class", name: "A" }), TypeError);
  assert.throws(() => guard(() => 1, { kind: "getter", name: "g" }), TypeError);
  assert.throws(() => guard({}, "x", { get: () => 1 }), TypeError);
  assert.throws(() => guard({}, "x"), TypeError);
  assert.throws(() => guard(class {}), TypeError);
  assert.throws(() => ombud.userConsentRequired(() => 1), TypeError);
  assert.throws(() => ombud.subject("", () => 1), TypeError);
  assert.throws(() => ombud.subject("u"), TypeError);
  assert.throws(() => ombud.subject("u", "session-1", () => 1), TypeError);
  assert.equal(ombud.subject("u", null, () => 1), 1);
});

test("an answer that is not the user's counts as none", async () => {
  const { ran, read } = guarded();
  const kept = [];
  const unseen = (question) => question.reply("yes");
  const forged = (question) => ({ question, agreed: true, method: "text" });
  const told = (question) => ({ question: { value: question }, agreed: { value: true }, method: { value: "text" } });
  const drawn = (question) => Object.create(ombud.Answer.prototype, told(question));
  for (const fake of [() => true, () => "yes", () => undefined, unseen, forged, drawn]) {
    ombud.configure({ ask: fake });
    await ombud.subject("u", () => refused(() => read(1), "not_asked"));
  }
  ombud.configure({ ask: (question) => (question.show(), kept.push(question.reply("yes")), kept[0]) });
  await ombud.subject("first", () => read(0));
  await ombud.subject("second", () => refused(() => read(1), "not_asked"));
  assert.deepEqual(ran, [0]);
  assert.throws(() => new ombud.Answer(Symbol("answer"), null, true, ""), TypeError);
  assert.throws(() => { kept[0].agreed = false; }, TypeError);
  assert.throws(() => Object.defineProperty(kept[0], "agreed", { value: false }), TypeError);
});

test("a text is declared in parts that overlap", async () => {
  const chunk = "Refunds take ten days.";
  await ombud.subject("lin", { session: "s 1" }, async () => {
    assert.equal(await ombud.declareSource(chunk, "knowledge", "faq"), chunk);
  });
  await ombud.declareSource(chunk, "web", null, { trust: "operator" });
  const sent = () => played.asked.map(([, body]) => body.sources[0]);
  assert.deepEqual(sent(), [
    { kind: "knowledge", text: chunk, name: "faq", conversation: "s%201" },
    { kind: "web", text: chunk, trust: "operator" },
  ]);
  for (const long of [Array.from({ length: 20_000 }, (_, at) => `word${at}`).join(" "), "x" + "😀".repeat(80_000)]) {
    played.asked = [];
    await ombud.declareSource(long, "file");
    const parts = sent().map((source) => source.text);
    assert(parts.length > 2 && parts.every((part) => part.length <= 60_000 && part.isWellFormed?.() !== false));
    let end = 0;
    for (const part of parts) {
      const at = long.indexOf(part, Math.max(0, end - 201));
      assert(at >= 0 && (end === 0 || end - at >= 200), "the parts overlap");
      end = at + part.length;
    }
    assert.equal(end, long.length);
  }
});

test("nothing opens without a gateway", async () => {
  const { ran, read } = guarded();
  for (const address of ["http://127.0.0.1:1", "file:///etc/passwd", "nowhere"]) {
    ombud.configure({ gateway: address });
    await ombud.subject("u", () => assert.rejects(() => read(1), ombud.Unreachable));
  }
  for (const address of ["http://me:hunter2@127.0.0.1:1", "me:hunter2@127.0.0.1:1"]) {
    ombud.configure({ gateway: address });
    await ombud.subject("u", () => assert.rejects(() => read(1), (error) => !String(error.stack).includes("hunter2")));
  }
  assert.match(new ombud.Unreachable("127.0.0.1:8787").message, /must start with http:/);
  assert.deepEqual(ran, []);
  const { OMBUD_GATEWAY } = process.env;
  delete process.env.OMBUD_GATEWAY;
  ombud.configure({ gateway: "" });
  await ombud.subject("u", () => assert.rejects(() => read(1), /not set/));
  if (OMBUD_GATEWAY) process.env.OMBUD_GATEWAY = OMBUD_GATEWAY;
});

test("the client says what the gateway said, and gives the key to nobody else", async () => {
  const client = new ombud.OmbudClient({ key: "k" });
  await assert.rejects(() => client.erase("u"), (error) => error instanceof ombud.OmbudError && error.message === "wants the key");
  await client.consents("a b");
  const [path, , headers] = played.asked.at(-1);
  assert.equal(path, "/api/v1/consent?subject=a%20b");
  assert.equal(headers["x-ombud-key"], "k");
  const away = new ombud.OmbudClient({ gateway: `${addressOf(gateway)}/elsewhere?`, key: "k" });
  await assert.rejects(() => away.show("u"), ombud.Unreachable);
  assert.deepEqual(played.seen, []);
});

test("headers go to the gateway only", async () => {
  const openai = { fetch: globalThis.fetch };
  ombud.attach(openai);
  const added = [];
  const axios = ombud.attach({ interceptors: { request: { use: (add) => added.push(add) } } });
  assert(axios.interceptors);
  await ombud.subject("u", async () => {
    for (const url of [`${addressOf(gateway)}/x`, `${addressOf(elsewhere)}/x`]) {
      await ombud.fetch(url, { headers: { own: "1" } });
      await ombud.fetch(new Request(url, { headers: { own: "1" } }));
      await openai.fetch(new URL(url), { headers: { own: "1" } });
    }
    const response = await ombud.fetch(`${addressOf(gateway)}/elsewhere`);
    assert.equal(response.status, 302);
    const sent = async (config) => "x-ombud-subject" in (await added[0]({ headers: {}, ...config })).headers;
    assert.deepEqual(
      [await sent({ url: "/x", baseURL: addressOf(gateway) }), await sent({ url: `${addressOf(elsewhere)}/x`, baseURL: addressOf(gateway) })],
      [true, false],
    );
    assert.equal(await sent({ url: `${addressOf(gateway)}@example.com/x` }), false);
    const fixed = { url: `${addressOf(gateway)}/x`, baseURL: addressOf(elsewhere), allowAbsoluteUrls: false };
    assert.equal(await sent(fixed), false, "axios sends this to the base address");
    assert.equal(await sent({ url: `${addressOf(gateway)}/x`, baseURL: null }), true);
    const proxy = async (config) => (await added[0]({ headers: {}, url: `${addressOf(gateway)}/x`, ...config })).proxy;
    assert.deepEqual([await proxy({}), await proxy({ proxy: { host: "own" } })], [false, { host: "own" }]);
  });
  const told = played.seen.map(([who, headers]) => [who, headers["x-ombud-subject"], headers.own]);
  assert.deepEqual(told, [...Array(3).fill(["gateway", "u", "1"]), ...Array(3).fill(["elsewhere", undefined, "1"])]);
  assert.throws(() => ombud.attach({}), TypeError);
});

test("a consent function is tried with both users", async () => {
  const hear = async (question) => {
    const terminal = readline.createInterface({ input: process.stdin });
    question.show();
    const { value } = await terminal[Symbol.asyncIterator]().next();
    terminal.close();
    return value;
  };
  await ombud.testing.assertConsentIsReal(async (question) => question.reply(await hear(question)));
  const takesYes = async (question) => (await hear(question), question.reply("yes"));
  const never = async (question) => (await hear(question), question.reply("no"));
  for (const fake of [takesYes, never, () => true]) {
    await assert.rejects(() => ombud.testing.assertConsentIsReal(fake), assert.AssertionError);
  }
});

test("errors speak Chinese", () => {
  ombud.configure({ lang: "zh" });
  assert.match(new ombud.ConsentRequired("p", "refused").message, /用户/);
  assert.match(new ombud.Unreachable("").message, /网关/);
});

test("`require` gives the same package", () => {
  const required = createRequire(import.meta.url)("../index.cjs");
  assert.deepEqual(Object.keys(required).sort(), Object.keys(ombud).filter((name) => name !== "default").sort());
  assert.equal(required.ConsentRequired, ombud.ConsentRequired);
  assert.equal(ombud.default, required);
});
