import OpenAI from 'openai';
import { config } from './config.js';
import { run, schemas } from './functions.js';

const client = new OpenAI(); // OPENAI_BASE_URL, OPENAI_API_KEY

export async function chat(messages) {
  for (let round = 0; round < config.maxRounds; round += 1) {
    const response = await client.chat.completions.create({
      model: config.model,
      max_tokens: config.maxTokens,
      tools: schemas,
      messages,
    });
    const message = response.choices[0].message;
    messages.push(message);
    if (!message.tool_calls) return message.content;
    for (const call of message.tool_calls) {
      const content = await run(call.function.name, JSON.parse(call.function.arguments));
      messages.push({ role: 'tool', tool_call_id: call.id, content: String(content) });
    }
  }
  return '今天就到这里吧。';
}
