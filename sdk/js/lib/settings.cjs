"use strict";
/** Where the gateway is, which language to speak, who asks. */

const set = { gateway: undefined, key: undefined, lang: undefined, ask: undefined };

/** Sets the given values and leaves the others unchanged. `ask` takes a `Question` and returns its answer. */
function configure(given) {
  for (const name of Object.keys(set)) {
    if (given[name] !== undefined && given[name] !== null) set[name] = given[name];
  }
}

/** An environment variable, or an empty string. */
function variable(name) {
  return (globalThis.process && globalThis.process.env[name]) || "";
}

/** The gateway's address, or an empty string. */
function gateway() {
  return (set.gateway || variable("OMBUD_GATEWAY")).replace(/\/+$/, "");
}

function key() {
  return set.key || variable("OMBUD_KEY");
}

function prompt() {
  return set.ask;
}

/** The text in the language chosen by `configure({ lang })`, `OMBUD_LANG`, `LC_ALL` or `LANG`. */
function say(en, zh) {
  const tag = set.lang || variable("OMBUD_LANG") || variable("LC_ALL") || variable("LANG") || "en";
  return tag.toLowerCase().startsWith("zh") ? zh : en;
}

/** Percent-encodes an id, since headers are ASCII; the gateway decodes it. */
function encoded(text) {
  return encodeURIComponent(text).replace(/[!'()*]/g, (sign) => "%" + sign.charCodeAt(0).toString(16).toUpperCase());
}

module.exports = { configure, encoded, gateway, key, prompt, say };
