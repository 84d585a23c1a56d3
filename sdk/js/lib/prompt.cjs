"use strict";
/** The question, and the only way to answer it. */

const settings = require("./settings.cjs");
const { ConsentNotAsked } = require("./errors.cjs");
const { say } = settings;

const YES = new Set(["y", "yes", "agree", "ok", "是", "好", "好的", "同意", "可以", "是的"]);

const SEAL = Symbol("answer");

/** What a user answered to one question. Only `Question.reply` makes one. */
class Answer {
  #question;
  #agreed;
  #method;

  constructor(seal, question, agreed, method) {
    if (seal !== SEAL) throw new TypeError("answers are created by Question.reply, from what the user typed or tapped");
    this.#question = question;
    this.#agreed = agreed;
    this.#method = method;
    Object.freeze(this);
  }

  /** Whether `Question.reply` made the value; merely having the prototype is not enough. */
  static isOne(value) {
    return typeof value === "object" && value !== null && #question in value;
  }

  get question() {
    return this.#question;
  }

  get agreed() {
    return this.#agreed;
  }

  get method() {
    return this.#method;
  }
}

/** A question for the user. */
class Question {
  #text;
  #shown = false;

  constructor(purpose, text) {
    this.purpose = purpose;
    this.#text = text;
  }

  /** Returns the text that the user must see. An answer given before this was called does not count. */
  show() {
    this.#shown = true;
    return this.#text;
  }

  /** Makes the answer from what the user typed (`y`, `yes`, `同意`, …), or from a button (`true` or `false`). */
  reply(said, method = "text") {
    if (!this.#shown) throw new ConsentNotAsked(this.purpose, say("the question was not shown", "没有展示问题"));
    const agreed = said === true || (typeof said === "string" && YES.has(said.trim().toLowerCase()));
    return new Answer(SEAL, this, agreed, method);
  }
}

/** Returns the answer if it belongs to this question, and throws otherwise. */
function checked(question, answer) {
  if (!Answer.isOne(answer) || answer.question !== question) {
    throw new ConsentNotAsked(question.purpose, say("it is not an answer to this question", "它不是对这个问题的回答"));
  }
  return answer;
}

/** Registers the function that asks users: it takes a `Question` and returns `question.reply(…)`; it may be async. */
function consentPrompt(ask) {
  settings.configure({ ask });
  return ask;
}

function questionOf(purpose, notice) {
  return new Question(purpose, notice || say(
    `May this assistant remember what you tell it, and use it later (${purpose})? You can withdraw this at any time. [y/n] `,
    `可以让本助理记住你说的内容，并在以后使用吗（用途：${purpose}）？你随时可以撤回。[y/n] `,
  ));
}

module.exports = { Answer, Question, checked, consentPrompt, questionOf };
