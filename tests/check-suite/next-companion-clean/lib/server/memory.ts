import { MEMORY } from '@/lib/config';
import { agreed } from './db';
import { insert, search } from './vectors';

function ifAgreed<T>(otherwise: T, action: (userId: string, text: string) => Promise<T>) {
  return async (userId: string, text: string): Promise<T> => {
    if (!(await agreed(userId, MEMORY))) return otherwise;
    return action(userId, text);
  };
}

export const recall = ifAgreed<string[]>([], search);
export const remember = ifAgreed<void>(undefined, insert);
