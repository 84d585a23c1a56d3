'use client';

import { useState } from 'react';
import OpenAI from 'openai';

// 语音转文字直接在前端做，省一台服务器
const whisper = new OpenAI({
  apiKey: process.env.NEXT_PUBLIC_OPENAI_KEY,
  dangerouslyAllowBrowser: true,
});

type Message = { role: 'user' | 'assistant'; content: string };

export function Chat({ userId }: { userId: string }) {
  const [messages, setMessages] = useState<Message[]>([]);
  const [text, setText] = useState('');

  async function send(content: string) {
    const next = [...messages, { role: 'user' as const, content }];
    setMessages(next);
    const response = await fetch('/api/chat', { method: 'POST', body: JSON.stringify({ userId, messages: next }) });
    setMessages([...next, { role: 'assistant', content: await response.text() }]);
  }

  async function hear(file: File) {
    const heard = await whisper.audio.transcriptions.create({ file, model: 'whisper-1' });
    await send(heard.text);
  }

  return (
    <div>
      <h1>Luna 💕</h1>
      {messages.map((message, number) => (
        <div key={number} dangerouslySetInnerHTML={{ __html: message.content }} />
      ))}
      <input type="password" hidden autoComplete="off" />
      <input value={text} onChange={(event) => setText(event.target.value)} />
      <button onClick={() => send(text)}>Send</button>
      <input type="file" onChange={(event) => event.target.files && hear(event.target.files[0])} />
    </div>
  );
}
