"use strict";
/** Helpers for the tests of agents. */

const assert = require("node:assert");
const { Readable } = require("node:stream");

const { ConsentNotAsked } = require("./errors.cjs");
const { checked, questionOf } = require("./prompt.cjs");

/** Runs `work` with a user at the terminal who types this whenever asked: `process.stdin` is replaced. */
async function userTypes(reply, work) {
  const before = Object.getOwnPropertyDescriptor(process, "stdin");
  const typed = Readable.from(Array.from({ length: 16 }, () => `${reply}\n`), { objectMode: false });
  Object.defineProperty(process, "stdin", { value: typed, configurable: true });
  try {
    return await work();
  } finally {
    Object.defineProperty(process, "stdin", before);
  }
}

/** Fails unless a no keeps the store closed and a yes opens it. `user(agreed, work)` runs `work` with a user who gives that
*  answer; the default types `no` or `yes` at the terminal. */
async function assertConsentIsReal(ask, { user, purpose = "memory.personalise" } = {}) {
  const play = user || ((agreed, work) => userTypes(agreed ? "yes" : "no", work));
  for (const agreed of [false, true, false]) {
    const opened = await isOpened(ask, questionOf(purpose, null), (work) => play(agreed, work));
    assert(agreed || !opened, "the user said no, but the answer counted as consent");
    assert(!agreed || opened, "the user said yes, but the answer did not count as consent");
  }
}

async function isOpened(ask, asked, play) {
  try {
    return checked(asked, await play(() => ask(asked))).agreed;
  } catch (error) {
    if (error instanceof ConsentNotAsked) throw new assert.AssertionError({ message: error.message });
    throw error;
  }
}

module.exports = { assertConsentIsReal, userTypes };
