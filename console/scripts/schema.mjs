// Writes src/schema.ts from the description of the interface, so that the page's types are those of the server.
import { readFileSync, writeFileSync } from "node:fs";
import { argv } from "node:process";
import { fileURLToPath } from "node:url";

const here = new URL("..", import.meta.url);
const { schemas } = JSON.parse(readFileSync(new URL("openapi.json", here), "utf8")).components;

function type(schema) {
  if (schema.$ref) return schema.$ref.split("/").pop();
  if (schema.oneOf) return schema.oneOf.map(type).join(" | ");
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (Array.isArray(schema.type)) return schema.type.map((one) => type({ ...schema, type: one })).join(" | ");
  switch (schema.type) {
    case "string":
    case "boolean":
    case "null":
      return schema.type;
    case "integer":
    case "number":
      return "number";
    case "array":
      return `readonly (${type(schema.items)})[]`;
    case "object":
      return object(schema);
    default:
      throw new Error(`a schema that this script does not know: ${JSON.stringify(schema)}`);
  }
}

function object(schema) {
  const required = new Set(schema.required ?? []);
  const rows = Object.entries(schema.properties ?? {}).map(([name, value]) => {
    // The server leaves no member out: what is not required is null.
    const nullable = required.has(name) || type(value).includes("null") ? "" : " | null";
    return `  readonly ${name}: ${type(value)}${nullable};`;
  });
  return `{\n${rows.join("\n")}\n}`;
}

/** The text of src/schema.ts. */
export function schema() {
  const parts = Object.entries(schemas)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, value]) => `export type ${name} = ${type(value)};\n`);
  return "// Written by scripts/schema.mjs from openapi.json; do not edit.\n\n" + parts.join("\n");
}

if (argv[1] === fileURLToPath(import.meta.url)) writeFileSync(new URL("src/schema.ts", here), schema());
