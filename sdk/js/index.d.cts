/** Asks an agent's users for consent before their data is read. See README.md. */

type Work = (...given: any[]) => any;

/** The type of a guarded function: async, because asking takes time. */
export type Guarded<F> = F extends (this: infer This, ...given: infer Given) => infer Made
  ? Made extends Generator<infer Item, infer End, infer Sent> | AsyncGenerator<infer Item, infer End, infer Sent>
    ? (this: This, ...given: Given) => AsyncGenerator<Item, End, Sent>
    : (this: This, ...given: Given) => Promise<Awaited<Made>>
  : never;

/** Methods whose type stays the same when they are guarded. */
type Later = (...given: any[]) => Promise<any> | AsyncGenerator<any, any, any>;

export interface ConsentDecorator {
  /** A standard decorator on a method. */
  <F extends Later>(method: F, context: { kind: "method"; name: string | symbol; static: boolean }): F;
  /** The same on a field that holds a function. */
  (field: undefined, context: { kind: "field"; name: string | symbol; static: boolean }): <F extends Later>(initial: F) => F;
  /** A decorator for TypeScript's `experimentalDecorators`. */
  <F extends Later>(target: object, name: string | symbol, descriptor: TypedPropertyDescriptor<F>): TypedPropertyDescriptor<F>;
  /** Wraps a function. */
  <F extends Work>(work: F): Guarded<F>;
}

export interface Notice {
  /** The text that the user reads. */
  notice?: string | null;
}

/** Returns a function that runs `work` only for a user who has agreed to `purpose`. */
export function userConsentRequired<F extends Work>(purpose: string, work: F, options?: Notice): Guarded<F>;
/** Returns a decorator that guards a method in the same way. */
export function userConsentRequired(purpose: string, options?: Notice): ConsentDecorator;

/** Why there is no consent. */
export type State = "no_subject" | "no_prompt" | "not_asked" | "none" | "refused" | "withdrawn" | (string & {});

/** Base class of the errors that this package throws for reasons of its own. */
export class OmbudError extends Error {}
/** The gateway cannot be reached, so nothing is opened. */
export class Unreachable extends OmbudError {
  constructor(address: string);
}
/** The user has not agreed; the function was not called. */
export class ConsentRequired extends OmbudError {
  constructor(purpose: string, state: State);
  purpose: string;
  state: State;
}
/** The asking function answered without asking the user. */
export class ConsentNotAsked extends ConsentRequired {
  constructor(purpose: string, why: string);
}

/** What a user answered to one question. Only `Question.reply` makes one. */
export class Answer {
  private constructor();
  readonly question: Question;
  readonly agreed: boolean;
  readonly method: string;
}

/** A question for the user. */
export class Question {
  constructor(purpose: string, text: string);
  readonly purpose: string;
  /** Returns the text that the user must see. An answer given before this was called does not count. */
  show(): string;
  /** Makes the answer from what the user typed (`y`, `yes`, `同意`, …), or from a button (`true` or `false`). */
  reply(said: string | boolean | null | undefined, method?: string): Answer;
}

export type Ask = (question: Question) => Answer | Promise<Answer>;

/** Registers the function that asks users. */
export function consentPrompt<F extends Ask>(ask: F): F;

export interface Settings {
  /** The gateway's address; `OMBUD_GATEWAY` otherwise. */
  gateway?: string;
  /** The gateway's key, if it requires one; `OMBUD_KEY` otherwise. */
  key?: string;
  /** `en` or `zh`. */
  lang?: string;
  ask?: Ask;
}

/** Sets the given values and leaves the others unchanged. */
export function configure(settings: Settings): void;

/** Runs `work` for this user and returns its result. */
export function subject<T>(id: string, work: () => T): T;
/** The same; `session` binds proofs to one conversation. */
export function subject<T>(id: string, options: { session?: string }, work: () => T): T;

/** Headers for requests to the gateway: the subject, the session, the proofs of consent, the gateway's key. */
export function headers(): Promise<Record<string, string>>;

/** The runtime's `fetch`, which adds the headers to requests to the gateway. It does not follow redirects from there. */
export const fetch: typeof globalThis.fetch;

/** Adds the headers to all later requests of an `openai`, `@anthropic-ai/sdk` or `axios` client to the gateway. */
export function attach<C extends object>(client: C): C;

export type Kind = "memory" | "knowledge" | "web" | "file" | "tool" | "user" | "other";

/** Declares where `text` comes from, and returns it. */
export function declareSource(
  text: string,
  kind: Kind,
  name?: string | null,
  options?: { trust?: "user" | "operator" | "third_party"; everywhere?: boolean },
): Promise<string>;

/** Asking for, giving and withdrawing consent. */
export namespace consent {
  /** Resolves if the user agrees; throws `ConsentRequired` otherwise. A user who said no is asked only if `again` is set. */
  function ensure(purpose: string, options?: Notice & { again?: boolean }): Promise<void>;
  /** Asks the user now, even one who said no before; resolves to whether the user agrees. */
  function ask(purpose: string, options?: Notice): Promise<boolean>;
  /** Submits an answer that came later: `request` is what `OmbudClient.ask` returned. */
  function give(asked: Question, answer: Answer, request: string): Promise<void>;
  /** Withdraws consent with immediate effect; the response contains the receipt. */
  function withdraw(purpose: string, options?: { method?: string }): Promise<Record<string, unknown>>;
}

/** The state of a user's consent to a purpose. */
export interface Standing {
  state: State;
  /** The argument for `give`, as long as the user has not answered. */
  request?: string;
  /** The proof that opens the store, as long as the user agrees. */
  proof?: string;
  /** When the proof expires, in seconds since 1970. */
  expires?: number;
  [more: string]: unknown;
}

export interface Source {
  kind: Kind;
  text: string;
  name?: string;
  trust?: string;
  conversation?: string;
}

/** Calls to one gateway. Every method resolves to the JSON object of the response, or throws `OmbudError`. */
export class OmbudClient {
  constructor(options?: { gateway?: string; key?: string; /** Milliseconds. */ timeout?: number });
  readonly gateway: string;
  ask(subject: string, purpose: string, options?: Notice & { session?: string }): Promise<Standing>;
  give(
    subject: string,
    request: string,
    agreed: boolean,
    options?: { session?: string; method?: string },
  ): Promise<Standing>;
  withdraw(subject: string, purpose: string, options?: { method?: string }): Promise<Record<string, unknown>>;
  consents(subject: string): Promise<Record<string, unknown>>;
  sources(sources: Source[]): Promise<Record<string, unknown>>;
  show(subject: string): Promise<Record<string, unknown>>;
  erase(subject: string): Promise<Record<string, unknown>>;
}

/** Helpers for the tests of agents. */
export namespace testing {
  /** Runs `work` with a user at the terminal who types this whenever asked. */
  function userTypes<T>(reply: string, work: () => T | Promise<T>): Promise<T>;
  /** Fails unless a no keeps the store closed and a yes opens it. */
  function assertConsentIsReal(
    ask: Ask,
    options?: {
      /** Runs `work` with a user who gives this answer; the default types it at the terminal. */
      user?: <T>(agreed: boolean, work: () => T | Promise<T>) => T | Promise<T>;
      purpose?: string;
    },
  ): Promise<void>;
}
