import { NextRequest, NextResponse } from 'next/server';
import { lastMessages } from '@/lib/supabase';

export async function GET(request: NextRequest) {
  const userId = request.nextUrl.searchParams.get('userId') ?? '';
  return NextResponse.json(await lastMessages(userId));
}
