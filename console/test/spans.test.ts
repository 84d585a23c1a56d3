import { describe, expect, test } from "vitest";
import type { SpanView, SpanState } from "../src/schema";
import { parts, sides, type Part } from "../src/spans";

function span(start: number, end: number, other = "TOKEN", state: SpanState = "masked"): SpanView {
  return { start, end, other, state, token: other, category: { id: "contact.phone", name: { en: "Phone", zh: "电话" } } };
}

const joined = (found: readonly Part[]) => found.map((part) => part.text).join("");

describe("parts", () => {
  test("a text without marks is one part", () => {
    expect(parts("abc", [])).toEqual([{ text: "abc", marks: [] }]);
    expect(parts("", [])).toEqual([]);
  });

  test("Chinese and emoji around a mark stay whole", () => {
    const text = "😀电话：139，谢谢👨‍👩‍👧";
    const start = text.indexOf("139");
    expect(parts(text, [span(start, start + 3)])).toEqual([
      { text: "😀电话：", marks: [] },
      { text: "139", marks: [0] },
      { text: "，谢谢👨‍👩‍👧", marks: [] },
    ]);
  });

  test("overlapping marks share what they both cover", () => {
    expect(parts("abcdef", [span(1, 4), span(2, 6)])).toEqual([
      { text: "a", marks: [] },
      { text: "b", marks: [0] },
      { text: "cd", marks: [0, 1] },
      { text: "ef", marks: [1] },
    ]);
  });

  test("a mark inside another is the innermost", () => {
    expect(parts("abcdef", [span(2, 3), span(0, 6)]).map((part) => part.marks)).toEqual([[1], [1, 0], [1]]);
  });

  test("an offset inside a surrogate pair moves in front of it", () => {
    const found = parts("a😀b", [span(2, 4)]);
    expect(joined(found)).toBe("a😀b");
    expect(found).toEqual([
      { text: "a", marks: [] },
      { text: "😀b", marks: [0] },
    ]);
  });

  test("marks that lie outside or stand upside down change nothing", () => {
    for (const wrong of [span(-5, 0), span(3, 99), span(2, 1), span(1, 1), span(Number.NaN, Number.NaN)]) {
      expect(joined(parts("abc", [wrong]))).toBe("abc");
    }
  });

  test("whatever the marks, the parts are the text again", () => {
    const text = "电话😀139 \u202e<b>中</b>👍🏽 end";
    let seed = 7;
    const random = (below: number) => (seed = (seed * 48271) % 0x7fffffff) % below;
    for (let round = 0; round < 500; round++) {
      const spans = Array.from({ length: random(6) }, () => span(random(30) - 2, random(30)));
      const found = parts(text, spans);
      expect(joined(found)).toBe(text);
      for (const part of found) {
        expect(part.text).not.toBe("");
        expect(/^[\udc00-\udfff]|[\ud800-\udbff]$/.test(part.text)).toBe(false);
      }
    }
  });
});

describe("sides", () => {
  test("the other side has what stood there", () => {
    const { here, there } = sides("call 139 now", [span(5, 8, "PHONE_X")]);
    expect(joined(here)).toBe("call 139 now");
    expect(joined(there)).toBe("call PHONE_X now");
    expect(there[1]).toEqual({ text: "PHONE_X", marks: [0] });
  });

  test("of overlapping replacements the first and longest stands for all", () => {
    expect(joined(sides("abcdef", [span(1, 3, "X"), span(1, 5, "Y"), span(4, 6, "Z")]).there)).toBe("aYf");
  });

  test("what left in the clear is marked on both sides", () => {
    const { here, there } = sides("a 139", [span(2, 5, "139", "clear")]);
    expect(here).toEqual(there);
  });
});
