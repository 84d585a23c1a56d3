'use client';

import { useState } from 'react';

const PUBLISHABLE = process.env.NEXT_PUBLIC_STRIPE_KEY; // pk_live_…, made to be public
const SITE = process.env.NEXT_PUBLIC_SITE_URL;

export function Chat() {
  const [answer, setAnswer] = useState('');
  const [text, setText] = useState('');

  async function send() {
    const response = await fetch('/api/chat', { method: 'POST', body: JSON.stringify({ text }) });
    setAnswer(await response.text());
  }

  return (
    <section data-stripe={PUBLISHABLE} data-site={SITE}>
      <p>{answer}</p>
      {answer && <small>AI 生成 · written by an AI</small>}
      <input value={text} onChange={(event) => setText(event.target.value)} />
      <button onClick={send}>Send</button>
    </section>
  );
}
