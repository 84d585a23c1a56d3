"use strict";
/** Ombud's HTTP interface. */

const settings = require("./settings.cjs");
const { OmbudError, Unreachable } = require("./errors.cjs");

/** Calls to one gateway. Every method resolves to the JSON object of the response, or throws `OmbudError`. */
class OmbudClient {
  constructor({ gateway, key, timeout = 30_000 } = {}) {
    this.gateway = (gateway || settings.gateway()).replace(/\/+$/, "");
    this.key = key || settings.key();
    this.timeout = timeout;
  }

  ask(subject, purpose, { session = "", notice = null } = {}) {
    return this.#call("POST", "/api/v1/consent/ask", { subject, purpose, session: named(session), notice });
  }

  give(subject, request, agreed, { session = "", method = "" } = {}) {
    return this.#call("POST", "/api/v1/consent/give", { subject, request, agreed, session: named(session), method });
  }

  withdraw(subject, purpose, { method = "" } = {}) {
    return this.#call("POST", "/api/v1/consent/withdraw", { subject, purpose, method });
  }

  consents(subject) {
    return this.#call("GET", `/api/v1/consent?subject=${settings.encoded(subject)}`);
  }

  sources(sources) {
    return this.#call("POST", "/api/v1/sources", { sources });
  }

  show(subject) {
    return this.#call("GET", `/api/v1/subjects/${settings.encoded(subject)}`);
  }

  erase(subject) {
    return this.#call("POST", `/api/v1/subjects/${settings.encoded(subject)}/erase`, {});
  }

  async #call(method, path, body) {
    if (!/^https?:\/\//.test(this.gateway)) throw new Unreachable(this.gateway);
    const [status, told] = await this.#exchange(method, path, body);
    if (status < 200 || status > 299) throw new OmbudError(message(told) || `HTTP ${status}`);
    if (!isObject(told)) throw new Unreachable(this.gateway);
    return told;
  }

  /** Status and JSON of the response; `undefined` if the body is not JSON. */
  async #exchange(method, path, body) {
    const headers = { "content-type": "application/json" };
    if (this.key) headers["x-ombud-key"] = this.key;
    try {
      const answer = await globalThis.fetch(this.gateway + path, {
        method,
        headers,
        body: body === undefined ? undefined : JSON.stringify(body),
        // The key is for the gateway only, not for wherever it might redirect to.
        redirect: "error",
        signal: AbortSignal.timeout(this.timeout),
      });
      return [answer.status, parsed(await answer.text())];
    } catch {
      throw new Unreachable(this.gateway);
    }
  }
}

/** A session as headers name it; what is encoded already stays as it is. */
function named(session) {
  return settings.encoded(session).replaceAll("%25", "%");
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function message(told) {
  return isObject(told) && told.message !== undefined ? String(told.message) : "";
}

module.exports = { OmbudClient };
