import { expect, test } from "vitest";
import { visible } from "../src/visible";

const shown = (text: string) => visible(text).map((stretch) => (stretch.hidden ? `[${stretch.text}]` : stretch.text)).join("");

test("what reorders, hides or steers is named", () => {
  expect(shown("a\u202eb\u2066c\u200bd\u0000e\u001b[31m\ufeff")).toBe("a[U+202E]b[U+2066]c[U+200B]d[U+0000]e[U+001B][31m[U+FEFF]");
  expect(shown("\u{e0041}\u{e0101}x")).toBe("[U+E0041][U+E0101]x");
});

test("what a person reads stays as it is", () => {
  for (const text of ["", "中文，标点。", "tab\tand\nline", "👨‍👩‍👧 👍🏽 ❤️ 🏳️‍🌈", "naïve е́", "<img src=x onerror=alert(1)></script>"]) {
    expect(visible(text).every((stretch) => !stretch.hidden)).toBe(true);
    expect(visible(text).map((stretch) => stretch.text).join("")).toBe(text);
  }
});

test("a joiner that joins no emoji hides something", () => {
  expect(shown("pay\u200dpal \u200d👧")).toBe("pay[U+200D]pal [U+200D]👧");
});
