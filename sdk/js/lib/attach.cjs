"use strict";
/** Headers for other people's clients. They are sent to the gateway and nowhere else: a user's id is personal data. */

const settings = require("./settings.cjs");
const { headers } = require("./subjects.cjs");

function isOurs(url) {
  const gateway = settings.gateway();
  try {
    return Boolean(gateway) && `${new URL(String(url)).href}/`.startsWith(`${new URL(gateway).href.replace(/\/$/, "")}/`);
  } catch {
    return false;
  }
}

/** Returns a `fetch` that adds the current headers to requests to the gateway. It does not follow redirects from there. */
function withHeaders(plain) {
  return async function (input, init) {
    const isRequest = typeof input === "object" && input !== null && "headers" in input;
    if (!isOurs(isRequest ? input.url : input)) return plain(input, init);
    const all = new Headers((init && init.headers) || (isRequest ? input.headers : undefined));
    for (const [name, value] of Object.entries(await headers())) all.set(name, value);
    return plain(input, { ...init, headers: all, redirect: "manual" });
  };
}

/** The runtime's `fetch` with the headers, for whatever takes a `fetch`, such as `openai` and `@anthropic-ai/sdk` clients. */
const fetch = withHeaders((...given) => globalThis.fetch(...given));

/** Adds the headers, as they are at the time of sending, to all later requests of an `openai`, `@anthropic-ai/sdk` or `axios`
*  client to the gateway. Returns the client. */
function attach(client) {
  if (client && client.interceptors && client.interceptors.request) {
    client.interceptors.request.use(addToAxios);
  } else if (client && typeof client.fetch === "function") {
    const plain = client.fetch;
    client.fetch = withHeaders((...given) => plain(...given));
  } else {
    throw new TypeError(settings.say(
      "ombud.attach supports openai, @anthropic-ai/sdk and axios clients; for this one, pass fetch: ombud.fetch or the headers " +
        "from `await ombud.headers()`",
      "ombud.attach 支持 openai、@anthropic-ai/sdk 和 axios 的客户端；此处请传入 fetch: ombud.fetch，或 `await ombud.headers()` 的请求头",
    ));
  }
  return client;
}

async function addToAxios(config) {
  if (!isOurs(addressOf(config))) return config;
  Object.assign(config.headers, await headers());
  config.maxRedirects = 0;
  // A proxy of the environment would read the headers; one that is set for the client is the caller's choice.
  if (config.proxy === undefined) config.proxy = false;
  return config;
}

/** Where axios sends the request: with `allowAbsoluteUrls: false`, to the base address even if `url` is a whole one. */
function addressOf({ url, baseURL, allowAbsoluteUrls }) {
  const [base, path] = [String(baseURL || ""), String(url || "")];
  const isWhole = /^([a-z][a-z\d+.-]*:)?\/\//i.test(path) && !(base && allowAbsoluteUrls === false);
  return isWhole || !base ? path : `${base.replace(/\/+$/, "")}/${path.replace(/^\/+/, "")}`;
}

module.exports = { attach, fetch };
