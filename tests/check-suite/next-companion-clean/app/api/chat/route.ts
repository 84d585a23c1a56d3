import { createOpenAI } from '@ai-sdk/openai';
import { stepCountIs, streamText } from 'ai';
import { baseURL, model, PERSONA } from '@/lib/config';
import { audit, lastMessages, saveMessage } from '@/lib/server/db';
import { recall, remember } from '@/lib/server/memory';
import { gifts, order, sendGift } from '@/lib/server/tools';
import { withUser } from '@/lib/server/with-user';

const openai = createOpenAI({ baseURL });

export const POST = withUser(async (userId, request) => {
  const { text } = await request.json();
  const memories = await recall(userId, text);
  await remember(userId, text);
  await saveMessage(userId, 'user', text);
  const result = streamText({
    model: openai(model),
    system: PERSONA,
    messages: [
      ...(await lastMessages(userId)),
      { role: 'user', content: `<memories>${memories.join('\n')}</memories>\n${text}` },
    ],
    tools: { gifts, order, sendGift },
    stopWhen: stepCountIs(5),
    maxOutputTokens: 600,
    onStepFinish: async ({ toolCalls }) => {
      for (const call of toolCalls) await audit(userId, call.toolName);
    },
  });
  return result.toUIMessageStreamResponse();
});
