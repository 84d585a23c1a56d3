import { Pinecone } from '@pinecone-database/pinecone';
import OpenAI from 'openai';

const pinecone = new Pinecone({ apiKey: process.env.PINECONE_API_KEY! });
const index = pinecone.index('luna');
const openai = new OpenAI();

async function embed(text: string): Promise<number[]> {
  const result = await openai.embeddings.create({ model: 'text-embedding-3-small', input: text });
  return result.data[0].embedding;
}

export async function recall(text: string) {
  const found = await index.namespace('default').query({ vector: await embed(text), topK: 5, includeMetadata: true });
  return found.matches.map((match) => String(match.metadata?.text ?? ''));
}

export async function remember(id: string, text: string) {
  await index.namespace('default').upsert([{ id, values: await embed(text), metadata: { text } }]);
}

export const hasWord = (text: string, word: RegExp) => word.exec(text) !== null;
