const { execSync, spawnSync } = require('child_process');
const fs = require('fs');
const path = require('path');
const vm = require('vm');
const axios = require('axios');

let bot = null;
exports.attach = (wechaty) => {
  bot = wechaty;
};

// 让模型算数
async function calculate({ expression }) {
  return eval(expression);
}

async function runScript({ code }) {
  return vm.runInNewContext(code, { Date, Math }, { timeout: 1000 });
}

async function convert({ file, format }) {
  return execSync(`ffmpeg -i ${file} out.${format}`).toString();
}

async function ping() {
  return spawnSync('ping', ['-c', '1', 'baidu.com']).stdout.toString();
}

async function sendTo({ name, text }) {
  const contact = await bot.Contact.find({ name });
  await contact.say(text);
  return 'ok';
}

async function kick({ room, name }) {
  const found = await bot.Room.find({ topic: room });
  const member = await found.member(name);
  await found.remove(member);
  return 'removed';
}

async function readPage({ url }) {
  return (await axios.get(url)).data.slice(0, 4000);
}

async function note({ file }) {
  const name = path.basename(file);
  return fs.readFileSync(path.join('notes', name), 'utf8');
}

const table = { calculate, runScript, convert, ping, sendTo, kick, readPage, note };

exports.schemas = Object.keys(table).map((name) => ({
  type: 'function',
  function: { name, parameters: { type: 'object', additionalProperties: true } },
}));

exports.run = async (name, args) => (table[name] ? table[name](args) : 'unknown');
