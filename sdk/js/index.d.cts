/** Consent of an agent's users, before their data is read. See README.md. */

type Work = (...given: any[]) => any;

/** What a guarded function is: async, because asking takes time. */
export type Guarded<F> = F extends (this: infer This, ...given: infer Given) => infer Made
  ? Made extends Generator<infer Item, infer End, infer Sent> | AsyncGenerator<infer Item, infer End, infer Sent>
    ? (this: This, ...given: Given) => AsyncGenerator<Item, End, Sent>
    : (this: This, ...given: Given) => Promise<Awaited<Made>>
  : never;

/** Methods that stay what they are when they are guarded. */
type Later = (...given: any[]) => Promise<any> | AsyncGenerator<any, any, any>;

export interface ConsentDecorator {
  /** A decorator of the language, on a method. */
  <F extends Later>(method: F, context: { kind: "method"; name: string | symbol; static: boolean }): F;
  /** The same on a field that holds a function. */
  (field: undefined, context: { kind: "field"; name: string | symbol; static: boolean }): <F extends Later>(initial: F) => F;
  /** A decorator of TypeScript's `experimentalDecorators`. */
  <F extends Later>(target: object, name: string | symbol, descriptor: TypedPropertyDescriptor<F>): TypedPropertyDescriptor<F>;
  /** Around a function. */
  <F extends Work>(work: F): Guarded<F>;
}

export interface Notice {
  /** The text that the user reads. */
  notice?: string | null;
}

/** The function that runs only for a user who agreed to `purpose`. */
export function userConsentRequired<F extends Work>(purpose: string, work: F, options?: Notice): Guarded<F>;
/** The decorator that makes a method so. */
export function userConsentRequired(purpose: string, options?: Notice): ConsentDecorator;

/** Why there is no consent. */
export type State = "no_subject" | "no_prompt" | "not_asked" | "none" | "refused" | "withdrawn" | (string & {});

/** Everything that this package throws for a reason of its own. */
export class OmbudError extends Error {}
/** The gateway does not answer: nothing opens. */
export class Unreachable extends OmbudError {
  constructor(address: string);
}
/** The user has not agreed; the function was not called. */
export class ConsentRequired extends OmbudError {
  constructor(purpose: string, state: State);
  purpose: string;
  state: State;
}
/** The asking function answered without the user. */
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
  /** The text that the user must see. An answer before this was called does not count. */
  show(): string;
  /** The answer from what the user typed (`y`, `yes`, `同意`, …), or from a button (`true` or `false`). */
  reply(said: string | boolean | null | undefined, method?: string): Answer;
}

export type Ask = (question: Question) => Answer | Promise<Answer>;

/** Makes this the function that asks users. */
export function consentPrompt<F extends Ask>(ask: F): F;

export interface Settings {
  /** The gateway's address; `OMBUD_GATEWAY` otherwise. */
  gateway?: string;
  /** The gateway's key, if it wants one; `OMBUD_KEY` otherwise. */
  key?: string;
  /** `en` or `zh`. */
  lang?: string;
  ask?: Ask;
}

/** Sets what is given and leaves the rest. */
export function configure(settings: Settings): void;

/** Runs `work` for this user, and gives what it gives. */
export function subject<T>(id: string, work: () => T): T;
/** The same; `session` binds proofs to one conversation. */
export function subject<T>(id: string, options: { session?: string }, work: () => T): T;

/** Headers for requests to the gateway: whose data it is, the session, the proofs of consent, the gateway's key. */
export function headers(): Promise<Record<string, string>>;

/** The runtime's `fetch`, with the headers on requests to the gateway. It follows no redirect from there. */
export const fetch: typeof globalThis.fetch;

/** Adds the headers to every later request to the gateway of a client of `openai`, `@anthropic-ai/sdk` or `axios`. */
export function attach<C extends object>(client: C): C;

export type Kind = "memory" | "knowledge" | "web" | "file" | "tool" | "user" | "other";

/** Says where `text` comes from, and hands it back. */
export function declareSource(
  text: string,
  kind: Kind,
  name?: string | null,
  options?: { trust?: "user" | "operator" | "third_party"; everywhere?: boolean },
): Promise<string>;

/** Asking, giving, taking back. */
export namespace consent {
  /** Comes back if the user agrees; throws `ConsentRequired` otherwise. Who said no is asked only `again`. */
  function ensure(purpose: string, options?: Notice & { again?: boolean }): Promise<void>;
  /** Asks the user now, also one who said no before; whether the user agrees. */
  function ask(purpose: string, options?: Notice): Promise<boolean>;
  /** Hands in an answer that came later: `request` is what `OmbudClient.ask` gave. */
  function give(asked: Question, answer: Answer, request: string): Promise<void>;
  /** Takes consent back, at once; the receipt is in the answer. */
  function withdraw(purpose: string, options?: { method?: string }): Promise<Record<string, unknown>>;
}

/** Where a user stands with a purpose. */
export interface Standing {
  state: State;
  /** What `give` takes, while nobody has answered. */
  request?: string;
  /** What opens the store, while the user agrees. */
  proof?: string;
  /** When the proof ends, in seconds since 1970. */
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

/** Calls to one gateway. Every method gives the JSON object of the answer, or throws `OmbudError`. */
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

/** For the tests of agents. */
export namespace testing {
  /** Runs `work` with a user at the terminal who types this whenever asked. */
  function userTypes<T>(reply: string, work: () => T | Promise<T>): Promise<T>;
  /** Fails unless a user who says no closes, and one who says yes opens. */
  function assertConsentIsReal(
    ask: Ask,
    options?: {
      /** Runs `work` with a user who answers so; the default types at the terminal. */
      user?: <T>(agreed: boolean, work: () => T | Promise<T>) => T | Promise<T>;
      purpose?: string;
    },
  ): Promise<void>;
}
