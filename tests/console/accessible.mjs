// Checks that everybody can use a page: axe finds no violations, and nothing extends beyond the window.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export async function accessible(page, where) {
  const found = await page.evaluate(`${AXE}; axe.run().then((result) => result.violations.map((violation) => violation.id + ": " + violation.nodes.slice(0, 3).map((node) => node.html + " " + node.failureSummary).join(" | ")))`);
  assert.deepEqual(found, [], where);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(wide <= 0, `${where}: ${wide} px too wide`);
}
