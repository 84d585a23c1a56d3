// Tests the types and the decorators with a compiler. Run: node sdk/js/tests/typed/run.mjs PATH_OF_TSC FOLDER

import { execFile } from "node:child_process";
import { copyFileSync, cpSync, mkdirSync, rmSync } from "node:fs";
import http from "node:http";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const [tsc, folder] = process.argv.slice(2);
const here = fileURLToPath(new URL(".", import.meta.url));
const run = promisify(execFile);

/** A mock gateway that remembers one answer. */
let agreed;
const gateway = http.createServer((request, response) => {
  const parts = [];
  request.on("data", (part) => parts.push(part)).on("end", () => {
    const body = JSON.parse(Buffer.concat(parts));
    if (request.url.endsWith("/give")) agreed = body.agreed;
    const given = { state: "given", proof: "proof", expires: Date.now() / 1000 + 900 };
    const state = agreed === undefined ? "none" : "refused";
    response.end(JSON.stringify(agreed ? given : { state, request: "r" }));
  });
});

/** Sets up the program in its own folder, with the package in `node_modules`. */
function laid(name, file) {
  const place = join(folder, name);
  rmSync(place, { recursive: true, force: true });
  mkdirSync(place, { recursive: true });
  for (const part of ["package.json", "index.cjs", "index.mjs", "index.d.cts", "index.d.mts", "lib"]) {
    cpSync(join(here, "../..", part), join(place, "node_modules/ombud", part), { recursive: true });
  }
  copyFileSync(join(here, "memory.ts"), join(place, file));
  return place;
}

async function compiled(name, file, flags) {
  const place = laid(name, file);
  const common = ["--strict", "--target", "es2022", "--module", "node16", "--lib", "es2022,dom", "--types", ""];
  await run(process.execPath, [tsc, ...common, ...flags, file], { cwd: place });
  agreed = undefined;
  const env = { ...process.env, OMBUD_GATEWAY: `http://127.0.0.1:${gateway.address().port}`, OMBUD_LANG: "en" };
  const { stdout } = await run(process.execPath, [join(place, file.replace("ts", "js"))], { env });
  if (stdout !== "typed\n") throw new Error(`${name}: ${stdout}`);
}

await new Promise((done) => gateway.listen(0, "127.0.0.1", done));
try {
  await compiled("standard", "memory.mts", []);
  await compiled("legacy", "memory.cts", ["--experimentalDecorators"]);
  console.log("2 passed, 0 failed");
} catch (error) {
  console.error(error.stdout || error.stderr || error);
  process.exitCode = 1;
}
gateway.close();
gateway.closeAllConnections();
