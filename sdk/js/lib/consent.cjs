"use strict";
/** Asking for, giving and withdrawing consent. */

const { AsyncLocalStorage } = require("node:async_hooks");

const settings = require("./settings.cjs");
const { OmbudClient } = require("./client.cjs");
const { ConsentNotAsked, ConsentRequired } = require("./errors.cjs");
const { checked, questionOf } = require("./prompt.cjs");
const { current } = require("./subjects.cjs");

function whoOf(purpose) {
  const who = current();
  if (!who) throw new ConsentRequired(purpose, "no_subject");
  return who;
}

/** The user's consent state with the request to hand back, or nothing if consent exists and its proof has been kept. */
async function opened(who, purpose, notice) {
  let standing;
  try {
    standing = await new OmbudClient().ask(who.id, purpose, { session: who.session, notice });
    if (standing.state === "given" && who.keep(purpose, standing, notice)) return undefined;
  } catch (error) {
    who.proofs.delete(purpose);
    throw error;
  }
  who.proofs.delete(purpose);
  return standing;
}

async function close(who, asked, request, answer, notice) {
  const said = checked(asked, answer);
  const options = { session: who.session, method: said.method };
  const standing = await new OmbudClient().give(who.id, String(request), said.agreed, options);
  if (!said.agreed) throw new ConsentRequired(asked.purpose, "refused");
  if (!who.keep(asked.purpose, standing, notice)) throw new ConsentRequired(asked.purpose, "none");
}

/** Resolves if the user agrees; throws `ConsentRequired` otherwise. A user who said no is asked only if `again` is set. */
async function ensure(purpose, { notice = null, again = false } = {}) {
  const who = whoOf(purpose);
  if ((asking.getStore() || []).some((one) => one.isOpen && one.who === who && one.purpose === purpose)) {
    throw new ConsentNotAsked(purpose, settings.say("the asking function itself needs this consent", "询问函数自身就需要这项同意"));
  }
  await who.inTurn(purpose, () => ensureNow(who, purpose, notice, again));
}

/** The questions that are being asked, as what their asking functions call sees them: none may wait for its own answer. */
const asking = new AsyncLocalStorage();

async function answerTo(ask, asked, who) {
  const mark = { who, purpose: asked.purpose, isOpen: true };
  try {
    return await asking.run([...(asking.getStore() || []), mark], () => ask(asked));
  } finally {
    // What it has started may live on.
    mark.isOpen = false;
  }
}

async function ensureNow(who, purpose, notice, again) {
  const standing = await opened(who, purpose, notice);
  if (!standing) return;
  if (["refused", "withdrawn"].includes(standing.state) && !again) throw new ConsentRequired(purpose, standing.state);
  const ask = settings.prompt();
  if (!ask) throw new ConsentRequired(purpose, "no_prompt");
  const asked = questionOf(purpose, notice);
  await close(who, asked, standing.request, await answerTo(ask, asked, who), notice);
}

/** Asks the user now, even one who said no before; resolves to whether the user agrees. */
async function ask(purpose, { notice = null } = {}) {
  try {
    await ensure(purpose, { notice, again: true });
  } catch (error) {
    const isNo = error instanceof ConsentRequired && !(error instanceof ConsentNotAsked);
    if (!isNo || ["no_subject", "no_prompt"].includes(error.state)) throw error;
    return false;
  }
  return true;
}

/** Submits an answer that came later, for example from a button: `request` is what `OmbudClient.ask` returned. */
async function give(asked, answer, request) {
  await close(whoOf(asked.purpose), asked, request, answer, null);
}

/** Withdraws consent with immediate effect; the response contains the receipt. */
async function withdraw(purpose, { method = "text" } = {}) {
  const who = whoOf(purpose);
  who.proofs.clear();
  return new OmbudClient().withdraw(who.id, purpose, { method });
}

module.exports = { ask, ensure, give, withdraw };
