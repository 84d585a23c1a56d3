import { createOpenAI } from '@ai-sdk/openai';
import { streamText } from 'ai';
import { PERSONA, provider } from '@/lib/config';
import { recall, remember } from '@/lib/memory';
import { saveMessage } from '@/lib/supabase';
import * as tools from '@/lib/tools';

const openrouter = createOpenAI({ baseURL: provider.baseURL, apiKey: provider.apiKey });

export async function POST(request: Request) {
  const { userId, name, messages } = await request.json();
  const last = messages.at(-1).content;
  await saveMessage(userId, 'user', last);
  const memories = await recall(last);
  await remember(crypto.randomUUID(), last);
  const result = streamText({
    model: openrouter(provider.model),
    system: `${PERSONA} The user is called ${name}. You remember: ${memories.join('; ')}`,
    messages,
    tools,
  });
  return result.toUIMessageStreamResponse();
}
