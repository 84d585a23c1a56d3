import { createClient } from '@supabase/supabase-js';

export const admin = createClient(
  process.env.NEXT_PUBLIC_SUPABASE_URL!,
  'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJzdXBhYmFzZSIsInJlZiI6Imx1bmFjb21wYW5pb25hYmNkZSIsInJvbGUiOiJzZXJ2aWNlX3JvbGUiLCJpYXQiOjE3MjAwMDAwMDAsImV4cCI6MjAzNTU3NjAwMH0.kV3sZq8nT1yWb5LxJ0cRf7HdPu2GmEa9oXtQv6NiBwM',
);

export async function saveMessage(userId: string, role: string, content: string) {
  await admin.from('messages').insert({ user_id: userId, role, content });
}

export async function lastMessages(userId: string) {
  const { data } = await admin.from('messages').select('role, content').eq('user_id', userId).limit(20);
  return data ?? [];
}
