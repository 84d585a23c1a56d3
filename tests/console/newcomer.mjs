// The newcomer's path through the console, once in each language: in an empty folder, the sample agent is checked, started
// and attacked with the commands that the program prints, and its actions are viewed in the browser, from the link that `run`
// prints to a log that verifies.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { accessible } from "./accessible.mjs";
import { ombud, open } from "./rig.mjs";

const AGENT = join(dirname(fileURLToPath(import.meta.url)), "../../examples/assistant-faulty/agent.py");
const NEXT = /^(?:Next: |下一步：) *(ombud .+)$/gm;

const WORDS = {
  en: {
    html: "en", locale: "en-GB", say: "Read my new mail and tell me what is in it.", more: "My ID number is 11010519491231002X.",
    map: "Who receives your users' data", conversations: "Conversations", id: "National ID number", gone: "Reconnecting",
    decision: /Decision: \S+/, tool: "read_mail", verified: "are unchanged since they were signed",
  },
  zh: {
    html: "zh-CN", locale: "zh-CN", say: "看看我的新邮件，告诉我都写了什么。", more: "我的身份证号是 11010519491231002X。",
    map: "用户的数据流向了谁", conversations: "对话回放", id: "居民身份证号", gone: "正在重新连接",
    decision: /决定：\S+/, tool: "read_mail", verified: "与签名时一致",
  },
};

/** The path in one language. */
async function path(lang, { chrome, binary, folder }) {
  const words = WORDS[lang];
  const project = join(folder, "project");
  mkdirSync(project);
  copyFileSync(AGENT, join(project, "agent.py"));
  const env = { PATH: process.env.PATH, HOME: folder, OMBUD_LANG: lang, PYTHONIOENCODING: "utf-8" };
  const types = (command, expected) => typed(binary, command, { cwd: project, env }, expected);

  types(next(types("ombud", 0)), 0); // init
  const run = next(types("ombud check", 1));
  assert.match(run, /^ombud run --simulated -- python3 agent\.py$/);

  // The agent runs, and its user says something.
  const agent = await running(binary, `${run} --lang ${lang}`, { cwd: project, env });
  await agent.says(words.say);
  const { page, seen, close } = await open(chrome, agent.link, { locale: words.locale });
  await page.getByRole("heading", { name: words.map }).waitFor();
  assert.equal(await page.evaluate(() => document.documentElement.lang), words.html);
  const card = page.locator(".card", { hasText: "upstream" });
  await card.waitFor();
  await accessible(page, `${lang} flow map`);

  // What the user says now appears now, masked.
  assert.equal(await card.getByText(words.id).count(), 0);
  await agent.says(words.more);
  await card.getByText(words.id).waitFor();

  // From the map to the conversation, to the turn in which the agent read the mail, to the call and its decision.
  await page.getByRole("link", { name: words.conversations }).first().click();
  await page.locator('a.row[href^="#/conversations/"]').first().click();
  await accessible(page, `${lang} conversation`);
  await page.locator('a.row[href^="#/exchanges/"]').first().click();
  const call = page.locator(".tool", { hasText: words.tool });
  await call.waitFor();
  assert.match(await call.innerText(), words.decision);
  await accessible(page, `${lang} exchange`);
  assert.ok((await page.locator("#passage-request-1").innerText()).includes(words.say));

  // The run ends, the page says so, and the log can still be viewed.
  const told = await agent.ends();
  await page.getByText(words.gone).waitFor();
  assert.deepEqual(seen.faults.filter((fault) => !fault.includes("ERR_CONNECTION_REFUSED") && !fault.includes("ERR_INCOMPLETE")), []);
  await close();
  types(next(told), 1); // attack
  const later = await ombud(binary, ["console", "--listen", "127.0.0.1:0"], project, { OMBUD_LANG: lang });
  const second = await open(chrome, later.link, { locale: words.locale });
  await second.page.locator(".card", { hasText: "upstream" }).getByText(words.id).waitFor();
  await accessible(second.page, `${lang} later`);
  assert.deepEqual([...second.seen.hosts], ["127.0.0.1"]);
  await second.close();
  assert.equal(await later.stop(), 0);
  const verified = types(next(types("ombud subject erase user-1", 0)), 0);
  assert.ok(verified.includes(words.verified), verified);
}

/** Runs an Ombud command and returns all of its output. */
function typed(binary, command, where, expected) {
  const [program, ...args] = command.split(" ");
  assert.equal(program, "ombud", command);
  const done = spawnSync(binary, args, { ...where, encoding: "utf8", input: "" });
  const told = `${done.stdout}\n${done.stderr}`;
  assert.equal(done.status, expected, `\`${command}\` ended with ${done.status}:\n${told}`);
  return told;
}

/** The command that the program says to type next. */
function next(told) {
  const last = [...told.matchAll(NEXT)].pop();
  assert.ok(last, `nothing says what comes next:\n${told}`);
  return last[1];
}

/** An agent under `ombud run` that answers each line it receives with one line. */
async function running(binary, command, where) {
  const child = spawn(binary, command.split(" ").slice(1), { ...where, stdio: ["pipe", "pipe", "pipe"] });
  let out = "";
  let told = "";
  let heard = () => {};
  child.stdout.on("data", (chunk) => { out += chunk; heard(); });
  child.stderr.on("data", (chunk) => { told += chunk; heard(); });
  const ended = new Promise((done) => child.on("exit", (code) => done(code)));
  const until = (ready) => new Promise((done, fail) => {
    heard = () => { if (ready()) done(); };
    ended.then((code) => fail(new Error(`it ended with ${code}:\n${out}\n${told}`)));
    heard();
  });
  const link = () => /http:\/\/\S+\/console#token=[0-9a-f]{64}/.exec(told)?.[0];
  await until(link);
  return {
    link: link(),
    says: (line) => {
      const before = out.length;
      child.stdin.write(`${line}\n`);
      return until(() => out.length > before && out.endsWith("\n"));
    },
    ends: async () => {
      child.stdin.end();
      assert.equal(await ended, 0, told);
      return told;
    },
  };
}

async function the_newcomers_path_in_english(stage) {
  await path("en", stage);
}

async function the_newcomers_path_in_chinese(stage) {
  await path("zh", stage);
}

export const NEWCOMER = [the_newcomers_path_in_english, the_newcomers_path_in_chinese];
