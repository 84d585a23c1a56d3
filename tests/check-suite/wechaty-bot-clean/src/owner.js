import { config } from './config.js';

const waiting = new Map();

export async function askOwner(bot, name, args) {
  const owner = await bot.Contact.find({ name: config.owner });
  await owner.say(`允许 ${name} ${JSON.stringify(args)} 吗？回复“可以”执行。`);
  return new Promise((resolve) => {
    waiting.set(owner.id, resolve);
    setTimeout(() => resolve(false), 60_000);
  });
}

export function hearOwner(id, text) {
  const resolve = waiting.get(id);
  if (!resolve) return false;
  waiting.delete(id);
  resolve(text === '可以');
  return true;
}
