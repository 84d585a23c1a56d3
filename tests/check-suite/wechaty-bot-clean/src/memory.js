import * as consent from './consent.js';
import * as store from './store.js';

export const learn = consent.onlyIfAgreed(store.write);
export const recall = consent.onlyIfAgreed(store.read, []);

export async function forget(member) {
  await store.drop(member);
  consent.forget(member);
}
