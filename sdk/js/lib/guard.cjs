"use strict";
/** `userConsentRequired`: without consent the body never runs. */

const consent = require("./consent.cjs");
const { say } = require("./settings.cjs");

/** `userConsentRequired(purpose, work)` returns a function that runs `work` only for a user who has agreed to `purpose`;
*  `userConsentRequired(purpose)` returns a decorator that does the same for methods and for fields that hold a function.
*
*  Asking takes time, so the result is always async: a promise, or for a generator an async generator, which asks before its
*  first item. `notice` is the text that the user reads. */
function userConsentRequired(purpose, work, options) {
  if (typeof purpose !== "string" || !purpose) {
    throw new TypeError(say(
      "userConsentRequired takes the purpose: userConsentRequired(\"memory.personalise\", work)",
      "userConsentRequired 需要写明用途：userConsentRequired(\"memory.personalise\", work)",
    ));
  }
  if (typeof work === "function") return guarded(work, purpose, noticeOf(options));
  const notice = noticeOf(work);
  return (value, context, descriptor) => decorated(value, context, descriptor, (found) => guarded(found, purpose, notice));
}

function noticeOf(options) {
  return (options && options.notice) || null;
}

/** Applies the guard as a decorator, in the standard form and in TypeScript's legacy form. */
function decorated(value, context, descriptor, guard) {
  if (descriptor !== undefined) {
    if (!descriptor || typeof descriptor.value !== "function") throw wrongPlace();
    return { ...descriptor, value: guard(descriptor.value) };
  }
  if (typeof context === "object" && context !== null && "kind" in context) {
    if (context.kind === "method") return guard(value);
    if (context.kind === "field") return (initial) => guard(initial);
    throw wrongPlace();
  }
  // Not used as a decorator: `userConsentRequired("p")(work)`.
  if (typeof value !== "function" || context !== undefined) throw wrongPlace();
  return guard(value);
}

function wrongPlace() {
  return new TypeError(say(
    "userConsentRequired can be used on methods, on fields that hold a function, and around functions",
    "userConsentRequired 只能用于方法、值为函数的字段，或包裹函数",
  ));
}

function guarded(work, purpose, notice) {
  if (typeof work !== "function" || isClass(work)) throw wrongPlace();
  const found = isGenerator(work) ? items(work, purpose, notice) : later(work, purpose, notice);
  Object.defineProperty(found, "name", { value: work.name, configurable: true });
  Object.defineProperty(found, "length", { value: work.length, configurable: true });
  Object.defineProperty(found, "ombudPurpose", { value: purpose });
  return found;
}

function later(work, purpose, notice) {
  return async function (...given) {
    await consent.ensure(purpose, { notice });
    return work.apply(this, given);
  };
}

function items(work, purpose, notice) {
  return async function* (...given) {
    await consent.ensure(purpose, { notice });
    return yield* work.apply(this, given);
  };
}

function isGenerator(work) {
  return /GeneratorFunction\]$/.test(Object.prototype.toString.call(work));
}

function isClass(work) {
  return /^class\b/.test(Function.prototype.toString.call(work));
}

module.exports = { userConsentRequired };
