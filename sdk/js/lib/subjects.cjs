"use strict";
/** For whom the code is running. */

const { AsyncLocalStorage } = require("node:async_hooks");

const settings = require("./settings.cjs");
const { OmbudClient } = require("./client.cjs");
const { OmbudError } = require("./errors.cjs");

/** Proofs that end within this many seconds are renewed. */
const NEARLY_OVER = 60;

/** A user, with the proofs that are at hand. */
class Subject {
  constructor(id, session) {
    this.id = id;
    this.session = settings.encoded(session);
    this.proofs = new Map();
  }

  keep(purpose, standing, notice) {
    const { proof, expires } = standing;
    if (typeof proof === "string" && typeof expires === "number") this.proofs.set(purpose, { proof, expires, notice });
  }

  /** Proofs that still count; those that are nearly over are renewed, which asks nobody. */
  async valid() {
    for (const [purpose, { expires, notice }] of [...this.proofs]) {
      if (expires - Date.now() / 1000 >= NEARLY_OVER) continue;
      this.proofs.delete(purpose);
      await this.#renew(purpose, notice);
    }
    return [...this.proofs.values()].map((one) => one.proof).filter(Boolean);
  }

  async #renew(purpose, notice) {
    try {
      this.keep(purpose, await new OmbudClient().ask(this.id, purpose, { session: this.session, notice }), notice);
    } catch (error) {
      // Without a proof the store stays closed, which says it all.
      if (!(error instanceof OmbudError)) throw error;
    }
  }
}

const running = new AsyncLocalStorage();

function current() {
  return running.getStore();
}

/** Runs `work` for this user, and gives what it gives: `subject(id, work)` or `subject(id, { session }, work)`. `session` binds
 *  proofs to one conversation. */
function subject(id, options, work) {
  if (typeof options === "function") return subject(id, {}, options);
  if (typeof id !== "string" || !id) {
    throw new TypeError(settings.say("a subject needs an id that is not empty", "用户编号不能为空"));
  }
  if (typeof work !== "function") {
    throw new TypeError(settings.say("ombud.subject takes what to do for this user: subject(id, async () => …)",
      "ombud.subject 需要一个为该用户执行的函数：subject(id, async () => …)"));
  }
  return running.run(new Subject(id, (options && options.session) || ""), work);
}

/** Headers for requests to the gateway: whose data it is, the session, the proofs of consent, the gateway's key. */
async function headers() {
  const found = {};
  if (settings.key()) found["x-ombud-key"] = settings.key();
  const who = current();
  if (!who) return found;
  found["x-ombud-subject"] = settings.encoded(who.id);
  if (who.session) found["x-ombud-session"] = who.session;
  const proofs = await who.valid();
  if (proofs.length) found["x-ombud-consent"] = proofs.join(",");
  return found;
}

module.exports = { current, headers, subject };
