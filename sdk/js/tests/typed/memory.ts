// A typical TypeScript program; `run.mjs` compiles and runs it with either form of decorators, as either kind of module.

import { ConsentRequired, configure, consent, subject, userConsentRequired, type Question } from "ombud";

const check = (holds: boolean, what: string) => {
  if (!holds) throw new Error(what);
};

class Memory {
  private readonly kept = ["tea"];

  @userConsentRequired("memory.personalise", { notice: "May I look?" })
  async recall(query: string): Promise<string[]> {
    return this.kept.filter((one) => one === query);
  }

  @userConsentRequired("memory.personalise")
  async *each(): AsyncGenerator<string> {
    yield* this.kept;
  }

  // @ts-expect-error: a guarded method is async, but this type is not
  @userConsentRequired("memory.personalise")
  now(): string {
    return "now";
  }
}

const wrapped = userConsentRequired("memory.personalise", (at: number) => `${at}`);

// @ts-expect-error: the result is a promise
const text: string = wrapped(1);
void Promise.resolve(text).catch(() => undefined);

async function none(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    check(error instanceof ConsentRequired && error.state === "refused", String(error));
    return;
  }
  throw new Error("it ran without consent");
}

let says: "yes" | "no" = "no";
configure({
  ask(question: Question) {
    check(question.show() !== "", "a question without words");
    return question.reply(says);
  },
});

const all = async () => {
  const found: string[] = [];
  for await (const one of new Memory().each()) found.push(one);
  return found;
};

void subject("ann", { session: "s" }, async () => {
  const memory = new Memory();
  for (const work of [() => memory.recall("tea"), all, () => wrapped(1)]) await none(work);
  says = "yes";
  check(await consent.ask("memory.personalise"), "a yes that does not count");
  const [found, each, one]: [string[], string[], string] = [await memory.recall("tea"), await all(), await wrapped(1)];
  check(found.join() === "tea" && each.join() === "tea" && one === "1", "something else came back");
}).then(() => console.log("typed"));
