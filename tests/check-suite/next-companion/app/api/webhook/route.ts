import { createHmac, timingSafeEqual } from 'node:crypto';
import { NextResponse } from 'next/server';
import { admin } from '@/lib/supabase';

export async function POST(request: Request) {
  const body = await request.text();
  const wanted = createHmac('sha256', process.env.PAY_WEBHOOK_SECRET!).update(body).digest();
  const given = Buffer.from(request.headers.get('x-pay-signature') ?? '', 'hex');
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) {
    return new NextResponse('no', { status: 401 });
  }
  const { customer } = JSON.parse(body);
  await admin.from('customers').update({ paid: true }).eq('id', customer);
  return NextResponse.json({ ok: true });
}
