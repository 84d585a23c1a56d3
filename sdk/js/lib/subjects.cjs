"use strict";
/** The user for whom the code is running. */

const { AsyncLocalStorage } = require("node:async_hooks");

const settings = require("./settings.cjs");
const { OmbudClient } = require("./client.cjs");
const { OmbudError } = require("./errors.cjs");

/** Proofs that expire within this many seconds are renewed. */
const NEARLY_OVER = 60;

/** A user, with the proofs obtained so far. */
class Subject {
  constructor(id, session) {
    this.id = id;
    this.session = settings.encoded(session);
    this.proofs = new Map();
    this.turns = new Map();
  }

  /** Runs `work` after what runs for the same purpose, so that calls at the same time ask the user once. */
  inTurn(purpose, work) {
    const before = this.turns.get(purpose) || Promise.resolve();
    const mine = before.then(work, work);
    this.turns.set(purpose, mine);
    return mine;
  }

  /** Keeps the proof, if there is one; returns whether there is. */
  keep(purpose, standing, notice) {
    const { proof, expires } = standing;
    if (typeof proof !== "string" || !proof || typeof expires !== "number") return false;
    this.proofs.set(purpose, { proof, expires, notice });
    return true;
  }

  /** Returns valid proofs; those about to expire are renewed without asking anybody. */
  async valid() {
    for (const [purpose, kept] of [...this.proofs]) {
      if (kept.expires - Date.now() / 1000 < NEARLY_OVER) await this.#renew(purpose, kept);
    }
    return [...this.proofs.values()].map((one) => one.proof);
  }

  async #renew(purpose, kept) {
    // The old proof stays until the response is there: others may be sending it meanwhile.
    let standing = {};
    try {
      standing = await new OmbudClient().ask(this.id, purpose, { session: this.session, notice: kept.notice });
    } catch (error) {
      // Without a proof the store stays closed, which is answer enough.
      if (!(error instanceof OmbudError)) throw error;
    }
    if (this.proofs.get(purpose) === kept && !this.keep(purpose, standing, kept.notice)) this.proofs.delete(purpose);
  }
}

const running = new AsyncLocalStorage();

function current() {
  return running.getStore();
}

/** Runs `work` for this user and returns its result: `subject(id, work)` or `subject(id, { session }, work)`. `session` binds
*  proofs to one conversation. */
function subject(id, options, work) {
  if (typeof options === "function") return subject(id, {}, options);
  if (typeof id !== "string" || !id) {
    throw new TypeError(settings.say("a subject needs a non-empty id", "用户编号不能为空"));
  }
  if (typeof work !== "function") {
    throw new TypeError(settings.say("ombud.subject needs a function to run for this user: subject(id, async () => …)",
      "ombud.subject 需要一个为该用户执行的函数：subject(id, async () => …)"));
  }
  if (typeof options !== "object") {
    throw new TypeError(settings.say("the session goes into an object: subject(id, { session }, async () => …)",
      "会话编号须写在对象中：subject(id, { session }, async () => …)"));
  }
  return running.run(new Subject(id, (options && options.session) || ""), work);
}

/** Headers for requests to the gateway: the subject, the session, the proofs of consent, the gateway's key. */
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
