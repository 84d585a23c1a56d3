/** Which screen the address asks for. */

export type Route =
  | { readonly screen: "flow" }
  | { readonly screen: "conversations" }
  | { readonly screen: "conversation"; readonly id: string }
  | { readonly screen: "exchange"; readonly id: string };

export function routeOf(hash: string): Route {
  const [screen, id] = hash.replace(/^#\/?/, "").split("/");
  if (screen === "conversations" && id) return { screen: "conversation", id: decoded(id) };
  if (screen === "conversations") return { screen: "conversations" };
  if (screen === "exchanges" && id) return { screen: "exchange", id: decoded(id) };
  return { screen: "flow" };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export function linkTo(route: Route): string {
  switch (route.screen) {
    case "flow":
      return "#/";
    case "conversations":
      return "#/conversations";
    case "conversation":
      return `#/conversations/${encodeURIComponent(route.id)}`;
    case "exchange":
      return `#/exchanges/${encodeURIComponent(route.id)}`;
  }
}
