import { MemoryClient } from 'mem0ai';

const mem0 = new MemoryClient({ apiKey: process.env.MEM0_API_KEY });

export async function write(member, text) {
  await mem0.add([{ role: 'user', content: text }], { user_id: member });
}

export async function read(member, text) {
  const found = await mem0.search(text, { user_id: member });
  return found.map((each) => each.memory);
}

export const drop = (member) => mem0.deleteAll({ user_id: member });
