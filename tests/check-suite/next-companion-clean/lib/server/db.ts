import 'server-only';
import { createClient } from '@supabase/supabase-js';
import { seal, open } from './box';

const admin = createClient(process.env.SUPABASE_URL!, process.env.SUPABASE_SERVICE_KEY!);

export async function saveMessage(userId: string, role: string, content: string) {
  await admin.from('messages').insert({ user_id: userId, role, content: seal(content) });
}

export async function lastMessages(userId: string) {
  const { data } = await admin.from('messages').select('role, content').eq('user_id', userId).limit(20);
  return (data ?? []).map((row) => ({ role: row.role, content: open(row.content) }));
}

export async function audit(userId: string, tool: string) {
  await admin.from('audit').insert({ user_id: userId, tool, at: new Date().toISOString() });
}

export async function agreed(userId: string, purpose: string): Promise<boolean> {
  const { data } = await admin.from('consents').select('granted').eq('user_id', userId).eq('purpose', purpose).single();
  return data?.granted === true;
}

export async function setConsent(userId: string, purpose: string, granted: boolean) {
  await admin.from('consents').upsert({ user_id: userId, purpose, granted });
}

export async function eraseUser(userId: string) {
  for (const table of ['messages', 'consents', 'audit']) {
    await admin.from(table).delete().eq('user_id', userId);
  }
}
