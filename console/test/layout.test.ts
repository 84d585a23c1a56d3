import { expect, test } from "vitest";
import { cardHeight, lineKind, picture, type Box } from "../src/flow/layout";
import type { EdgeName, RecipientView, Warning } from "../src/schema";

function recipient(edge: EdgeName, id: string, more: Partial<RecipientView> = {}): RecipientView {
  return {
    edge,
    id,
    name: id,
    country: "unknown",
    inspected: true,
    requests: 1,
    refused: 0,
    lost: 0,
    opaque: 0,
    first: "",
    last: "",
    data: [],
    warnings: [],
    ...more,
  };
}

const overlap = (one: Box, other: Box) =>
  one.x < other.x + other.width && other.x < one.x + one.width && one.y < other.y + other.height && other.y < one.y + one.height;

test("at every width everything stands inside the picture and beside each other", () => {
  const category = { id: "contact.phone", name: { en: "Phone", zh: "电话" } };
  const data = Array.from({ length: 5 }, () => ({ category, masked: 1, clear: 0 }));
  const all = [
    recipient("model", "a", { data }),
    recipient("model", "b"),
    recipient("tool", "c", { warnings: ["not_inspected"] }),
    recipient("memory", "d"),
    recipient("outside", "e"),
  ];
  for (const recipients of [[], all.slice(0, 1), all]) {
    for (const width of [260, 320, 719, 720, 1100, 2000]) {
      const { agent, groups, height } = picture(width, recipients);
      const boxes = [agent, ...groups.flatMap((group) => [group.title, ...group.cards, ...(group.blank ? [group.blank.box] : [])])];
      for (const box of boxes) {
        expect(box.x).toBeGreaterThanOrEqual(0);
        expect(box.x + box.width).toBeLessThanOrEqual(width + 0.01);
        expect(box.y).toBeGreaterThanOrEqual(0);
        expect(box.y + box.height).toBeLessThanOrEqual(height + 0.01);
      }
      boxes.forEach((one, i) => boxes.slice(i + 1).forEach((other) => expect(overlap(one, other)).toBe(false)));
      expect(groups.flatMap((group) => group.cards)).toHaveLength(recipients.length);
    }
  }
});

test("an edge where nothing was seen is shown as such", () => {
  const { groups } = picture(1000, []);
  expect(groups.map((group) => [group.edge, group.blank !== null])).toEqual([
    ["tool", true],
    ["memory", true],
    ["model", true],
  ]);
});

test("a line never looks safer than what it stands for", () => {
  const with_ = (edge: EdgeName, inspected: boolean, ...warnings: Warning[]) => lineKind(recipient(edge, "x", { inspected, warnings }));
  expect(with_("model", true)).toBe("masked");
  expect(with_("model", true, "in_the_clear", "parts_not_inspected")).toBe("clear");
  expect(with_("model", true, "parts_not_inspected")).toBe("unread");
  expect(with_("outside", false, "not_inspected")).toBe("unread");
  expect(with_("tool", true)).toBe("call");
  expect(lineKind(recipient("model", "x", { requests: 0 }))).toBe("idle");
});

test("a card has room for what stands in it", () => {
  expect(cardHeight(recipient("tool", "x"))).toBeLessThan(cardHeight(recipient("model", "x")));
});
