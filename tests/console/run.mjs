// The console end to end: the real binary with a provider behind it and Chromium in front of it.
//
//     node tests/console/run.mjs --ombud target/debug/ombud [--only WORD] [--chromium PATH]
//
// The last line is `N passed, N failed`.

import { existsSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { CASES } from "./cases.mjs";
import { browser, folder, ombud, provider } from "./rig.mjs";

const { values } = parseArgs({
  options: {
    ombud: { type: "string" },
    only: { type: "string", default: "" },
    chromium: { type: "string" },
  },
});
if (!values.ombud || !existsSync(values.ombud)) {
  console.error("--ombud takes the path of the binary; build it with: cargo build");
  process.exit(2);
}
const binary = resolve(values.ombud);
const chromium = values.chromium ?? installed();
if (!chromium) {
  console.error("there is no Chromium; install it (apt-get install chromium) or name it with --chromium");
  process.exit(2);
}
const chrome = await browser(chromium);
let passed = 0;
let failed = 0;
for (const work of CASES.filter((work) => work.name.includes(values.only))) {
  const home = folder();
  const mock = await provider();
  const started = performance.now();
  let gate;
  try {
    gate = await ombud(binary, ["serve", "--listen", "127.0.0.1:0", "--upstream", mock.url], home.path);
    await work({ gate, chrome, mock, binary, folder: home.path });
    passed++;
    console.log(`ok      ${work.name}  ${((performance.now() - started) / 1000).toFixed(1)} s`);
  } catch (error) {
    failed++;
    console.log(`FAILED  ${work.name}\n${error.stack ?? error}`);
  } finally {
    await gate?.stop();
    mock.close();
    home.remove();
  }
}
await chrome.close();
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 || passed === 0 ? 1 : 0);

/** A Chromium on the search path. */
function installed() {
  const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
  const folders = (process.env.PATH ?? "").split(delimiter);
  return folders.flatMap((folder) => names.map((name) => join(folder, name))).find((path) => existsSync(path));
}
