const { MemoryClient } = require('mem0ai');
const fs = require('fs');
const config = require('./config');

const mem0 = new MemoryClient({ apiKey: process.env.MEM0_API_KEY });

async function learn(text) {
  await mem0.add([{ role: 'user', content: text }], { user_id: 'group' });
}

async function recall(text) {
  const found = await mem0.search(text, { user_id: 'group' });
  return found.map((each) => each.memory);
}

function log(room, name, text) {
  fs.appendFileSync(config.logFile, JSON.stringify({ at: Date.now(), room, name, text }) + '\n');
}

function countLines() {
  return fs.readFileSync(config.logFile, 'utf8').split('\n').length;
}

module.exports = { learn, recall, log, countLines };
