const { WechatyBuilder } = require('wechaty');
const qrcode = require('qrcode-terminal');
const functions = require('./functions');
const llm = require('./llm');
const memory = require('./memory');
const web = require('../admin/server');

const bot = WechatyBuilder.build({ name: 'qun-zhushou' });
functions.attach(bot);

const AT = /@群助手\s*(.*)/;

async function onMessage(message) {
  const room = message.room();
  const name = message.talker().name();
  const text = message.text();
  if (!room || message.self()) return;
  memory.log(await room.topic(), name, text);
  const asked = AT.exec(text);
  if (!asked) {
    await memory.learn(`${name}: ${text}`);
    return;
  }
  const known = await memory.recall(asked[1]);
  const announce = await room.announce();
  const answer = await llm.chat([
    { role: 'system', content: `你是群助手。群公告：${announce}。记忆：${known.join('；')}` },
    { role: 'user', content: asked[1] },
  ]);
  await room.say(answer);
}

bot.on('scan', (code) => qrcode.generate(code, { small: true }));
bot.on('message', onMessage);
bot.on('login', (user) => console.log(`${user} logged in, token ok`));

web.start();
bot.start();
