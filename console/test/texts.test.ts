import { expect, test } from "vitest";
import { TEXTS } from "../src/texts";
import { speech } from "../src/lang";

type Leaf = readonly [path: string, value: unknown];

function leaves(table: object, path = ""): Leaf[] {
  return Object.entries(table).flatMap(([key, value]): Leaf[] =>
    typeof value === "object" && value !== null ? leaves(value, `${path}${key}.`) : [[path + key, value]],
  );
}

/** What a text says, with something in every place. */
const said = (value: unknown) => (typeof value === "function" ? String(value("7", "8")) : String(value));

test("both languages have the same texts", () => {
  const keys = (table: object) => leaves(table).map(([path]) => path).sort();
  expect(keys(TEXTS.zh)).toEqual(keys(TEXTS.en));
});

test("no text is empty or left in the other language", () => {
  const zh = new Map(leaves(TEXTS.zh));
  for (const [path, value] of leaves(TEXTS.en)) {
    const [en, other] = [said(value), said(zh.get(path))];
    expect(en.trim(), path).not.toBe("");
    expect(/[\u4e00-\u9fff]/.test(en) && path !== "language" && path !== "languageLabel", path).toBe(false);
    expect(/[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]/.test(other) || path === "language", `${path}: ${other}`).toBe(true);
  }
});

test("a text that takes a value uses it in both languages", () => {
  const zh = new Map(leaves(TEXTS.zh));
  for (const [path, value] of leaves(TEXTS.en)) {
    if (typeof value !== "function" || value.length === 0) continue;
    expect(said(value), path).toContain("7");
    expect(said(zh.get(path)), path).toContain("7");
  }
});

test("Chinese has Chinese punctuation", () => {
  for (const [path, value] of leaves(TEXTS.zh)) {
    const text = said(value).replace(/`[^`]*`/g, "");
    expect(/[\u4e00-\u9fff][,;:!?]|[,;:!?][\u4e00-\u9fff]/.test(text), `${path}: ${text}`).toBe(false);
  }
});

test("countries are named, and what is unknown is said to be", () => {
  expect(speech("en").country("CN")).toBe("China");
  expect(speech("zh").country("US")).toBe("美国");
  expect(speech("zh").country("unknown")).toBe("国家或地区不明");
  expect(speech("en").country("local")).toBe("this machine");
  expect(speech("en").country("x<y")).toBe("x<y");
});
