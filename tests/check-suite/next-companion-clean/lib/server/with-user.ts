import { Ratelimit } from '@upstash/ratelimit';
import { Redis } from '@upstash/redis';
import { auth } from '@/auth';

const limiter = new Ratelimit({ redis: Redis.fromEnv(), limiter: Ratelimit.slidingWindow(10, '1 m') });

type Handler = (userId: string, request: Request) => Promise<Response>;

/** Only signed-in users get through, ten times a minute. */
export function withUser(handler: Handler) {
  return async (request: Request): Promise<Response> => {
    const session = await auth();
    const userId = session?.user?.id;
    if (!userId) return new Response('Sign in first', { status: 401 });
    const { success } = await limiter.limit(userId);
    if (!success) return new Response('Slow down', { status: 429 });
    return handler(userId, request);
  };
}
