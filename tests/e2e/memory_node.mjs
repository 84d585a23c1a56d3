// The agent of `the_javascript_sdk_opens_and_closes`: prints the outcome of each memory request.

import { pathToFileURL } from "node:url";

const [file, path, purpose] = process.argv.slice(2);
const ombud = await import(pathToFileURL(file));

/** The status of a memory request, with the headers that the SDK adds. */
async function status() {
  const init = { method: "POST", headers: { "content-type": "application/json" }, body: "{}" };
  return (await ombud.fetch(process.env.OMBUD_GATEWAY + path, init)).status;
}

const recall = ombud.userConsentRequired(purpose, status);
const say = (answer) => ombud.configure({ ask: (question) => (question.show(), question.reply(answer)) });
const stateOf = (error) => (error instanceof ombud.ConsentRequired ? error.state : String(error));

console.log(await status());
say("no");
await ombud.subject("nat", () => recall().catch((error) => console.log(stateOf(error))));
say("yes");
await ombud.subject("ned", { session: "s 1" }, async () => {
  console.log(await recall());
  console.log((await new ombud.OmbudClient().ask("ned", purpose)).state);
  await ombud.consent.withdraw(purpose);
  console.log(await status());
  await recall().catch((error) => console.log(stateOf(error)));
});
console.log(await ombud.subject("nobody", status));
