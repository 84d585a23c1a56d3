import { MEMORY } from '@/lib/config';
import { eraseUser, setConsent } from '@/lib/server/db';
import { drop } from '@/lib/server/vectors';
import { withUser } from '@/lib/server/with-user';

export const DELETE = withUser(async (userId) => {
  await drop(userId);
  await eraseUser(userId);
  return Response.json({ erased: true });
});

export const PUT = withUser(async (userId, request) => {
  const { granted } = await request.json();
  await setConsent(userId, MEMORY, granted === true);
  return Response.json({ granted: granted === true });
});
