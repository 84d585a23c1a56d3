// Whether what is committed is what the sources give: `node scripts/drift.mjs FRESH` compares dist/ with a fresh build and
// src/schema.ts with openapi.json, and holds the page to its size. Ends with 1 if something differs.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { schema } from "./schema.mjs";

/** Bytes of the page's files together, compressed. */
const BUDGET = 80 * 1024;

const root = new URL("..", import.meta.url).pathname;
const [fresh] = process.argv.slice(2);
const complaints = [];

const listed = (folder) => readdirSync(folder).sort();
const kept = join(root, "dist");
if (listed(kept).join() !== listed(fresh).join()) {
  complaints.push(`console/dist has ${listed(kept).join(", ")}; a build gives ${listed(fresh).join(", ")}`);
}
let size = 0;
for (const file of listed(fresh)) {
  const built = readFileSync(join(fresh, file));
  size += gzipSync(built).length;
  if (!listed(kept).includes(file) || !readFileSync(join(kept, file)).equals(built)) {
    complaints.push(`console/dist/${file} is not what the sources give: npm run build, then commit it`);
  }
}
if (size > BUDGET) complaints.push(`the page has ${size} compressed bytes; the budget is ${BUDGET}`);
if (readFileSync(join(root, "src/schema.ts"), "utf8") !== schema()) {
  complaints.push("console/src/schema.ts is not what openapi.json gives: npm run schema, then commit it");
}
console.log(`   the page: ${size} bytes compressed`);
for (const complaint of complaints) console.log(`   ${complaint}`);
process.exit(complaints.length > 0 ? 1 : 0);
