import { Pinecone } from '@pinecone-database/pinecone';
import { createOpenAI } from '@ai-sdk/openai';
import { embed } from 'ai';
import { baseURL } from '@/lib/config';

const index = new Pinecone().index('luna');
const openai = createOpenAI({ baseURL });

async function vector(value: string) {
  return (await embed({ model: openai.embedding('text-embedding-3-small'), value })).embedding;
}

export async function search(userId: string, text: string) {
  const found = await index.namespace(userId).query({ vector: await vector(text), topK: 5, includeMetadata: true });
  return found.matches.map((match) => String(match.metadata?.text ?? ''));
}

export async function insert(userId: string, text: string) {
  await index.namespace(userId).upsert([{ id: crypto.randomUUID(), values: await vector(text), metadata: { text } }]);
}

export async function drop(userId: string) {
  await index.namespace(userId).deleteAll();
}
