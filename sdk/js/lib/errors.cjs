"use strict";
/** Errors, worded so that the reader can fix the cause. */

const { say } = require("./settings.cjs");

/** Base class of the errors that this package throws for reasons of its own. */
class OmbudError extends Error {
  constructor(message) {
    super(message);
    this.name = new.target.name;
  }
}

/** The gateway cannot be reached, so nothing is opened. */
class Unreachable extends OmbudError {
  constructor(given) {
    const address = withoutLogin(given);
    const isWhole = !address || /^https?:\/\//.test(address);
    super(say(
      `the Ombud gateway does not respond at ${address || "(not set)"}` +
        `${isWhole ? "" : " (the address must start with http:// or https://)"}, so nothing is opened. Start the agent with ` +
        "`ombud run -- node agent.js`, or start `ombud serve` and set OMBUD_GATEWAY",
      `Ombud 网关（${address || "未设置"}${isWhole ? "" : "，地址须以 http:// 或 https:// 开头"}）没有响应，因此拒绝一切访问。请用 \`ombud run -- node agent.js\` 启动智能体，` +
        "或先运行 `ombud serve` 再设置 OMBUD_GATEWAY",
    ));
  }
}

/** The address without the name and password that it may contain, which belong in no log. */
function withoutLogin(address) {
  return String(address || "").replace(/^([a-z][a-z\d+.-]*:\/\/)?[^/]*@/i, "$1");
}

/** The user has not agreed; the function was not called. */
class ConsentRequired extends OmbudError {
  constructor(purpose, state, message) {
    super(message || reason(purpose, state));
    this.purpose = purpose;
    this.state = state;
  }
}

/** The asking function answered without asking the user. */
class ConsentNotAsked extends ConsentRequired {
  constructor(purpose, why) {
    super(purpose, "not_asked", say(
      `the answer about \`${purpose}\` did not come from the user (${why}), so it does not count as consent. In the asking ` +
        "function, show `question.show()` and return `question.reply(what the user typed)`",
      `关于“${purpose}”的回答并非来自用户（${why}），不算取得同意。请在询问函数中展示 \`question.show()\`，` +
        "并返回 `question.reply(用户的输入)`",
    ));
  }
}

function reason(purpose, state) {
  if (state === "no_subject") {
    return say(
      "no user is set. Wrap the call: `ombud.subject(\"user-id\", async () => …)`. Without a user there is no consent to " +
        `\`${purpose}\``,
      `这是谁的数据？请这样调用：\`ombud.subject("用户编号", async () => …)\`。没有用户，就谈不上对“${purpose}”的同意`,
    );
  }
  if (state === "no_prompt") {
    return say(
      `there is no way to ask the user about \`${purpose}\`: provide an asking function with ombud.consentPrompt(…) or ` +
        "ombud.configure({ ask: … })",
      `无法就“${purpose}”询问用户：请用 ombud.consentPrompt(…) 或 ombud.configure({ ask: … }) 提供询问函数`,
    );
  }
  const words = { refused: ["said no to", "拒绝了"], withdrawn: ["withdrew consent to", "已撤回对以下用途的同意："] };
  const [en, zh] = words[state] || ["has not agreed to", "尚未同意"];
  return say(
    `the user ${en} \`${purpose}\`, so this step was skipped; everything else works as before`,
    `用户${zh}“${purpose}”，因此没有执行；其他功能照常`,
  );
}

module.exports = { ConsentNotAsked, ConsentRequired, OmbudError, Unreachable };
