import { spawnSync } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { askOwner } from './owner.js';

let bot = null;
export const attach = (wechaty) => {
  bot = wechaty;
};

const UNITS = { km: 1000, m: 1, 里: 500 };

const convert = async ({ value, from, to }) => (Number(value) * UNITS[from]) / UNITS[to];

const ping = async () => spawnSync('ping', ['-c', '1', 'baidu.com']).stdout.toString();

async function sendTo({ name, text }) {
  const contact = await bot.Contact.find({ name });
  await contact.say(text);
  return 'ok';
}

const table = {
  convert: { act: false, call: convert },
  ping: { act: false, call: ping },
  sendTo: { act: true, call: sendTo },
};

export const schemas = Object.keys(table).map((name) => ({
  type: 'function',
  function: { name, parameters: { type: 'object', additionalProperties: true } },
}));

export async function run(name, args) {
  const entry = table[name];
  if (!entry) return 'unknown';
  appendFileSync('data/audit.log', `${new Date().toISOString()} ${name}\n`);
  if (entry.act && !(await askOwner(bot, name, args))) return 'the owner said no';
  return entry.call(args);
}
