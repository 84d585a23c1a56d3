import { expect, test } from "vitest";
import { linkTo, routeOf } from "../src/route";
import { tokenIn } from "../src/session";

test("an address leads where its link came from", () => {
  for (const route of [
    { screen: "flow" },
    { screen: "conversations" },
    { screen: "conversation", id: "a/b 中%" },
    { screen: "exchange", id: "0190-x" },
  ] as const) {
    expect(routeOf(linkTo(route))).toEqual(route);
  }
});

test("a strange address leads to the first screen or nowhere else", () => {
  for (const hash of ["", "#", "#token=x", "#/exchanges", "#/<script>", "#/exchanges/"]) {
    expect(routeOf(hash).screen).toBe("flow");
  }
  expect(routeOf("#/exchanges/%E0%A4%A")).toEqual({ screen: "exchange", id: "%E0%A4%A" });
});

test("a token is found in a link, alone, and nowhere else", () => {
  const token = "0123456789abcdef".repeat(4);
  expect(tokenIn(` http://127.0.0.1:1/console#token=${token}\n`)).toBe(token);
  expect(tokenIn(token)).toBe(token);
  for (const other of ["", token.slice(1), `${token}?`, token.toUpperCase()]) expect(tokenIn(other)).toBe("");
});
