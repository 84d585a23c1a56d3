import { createHash } from 'node:crypto';
import { execFile, exec } from 'node:child_process';
import { promisify } from 'node:util';
import { NextResponse } from 'next/server';

const run = promisify(exec);
const runFile = promisify(execFile);

export async function POST(request: Request) {
  const { kind, text, phone } = await request.json();
  if (kind === 'speak') {
    const { stdout } = await run(`espeak --stdout "${text}" | base64`);
    return NextResponse.json({ audio: stdout });
  }
  if (kind === 'version') {
    const { stdout } = await runFile('espeak', ['--version']);
    return NextResponse.json({ version: stdout });
  }
  const anonymous = createHash('md5').update(phone).digest('hex');
  return NextResponse.json({ anonymous });
}
