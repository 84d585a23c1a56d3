import { render } from "preact";
import { App } from "./app";
import { adoptToken } from "./session";
import "./style.css";

adoptToken();
window.addEventListener("hashchange", () => {
  // A start link that is opened in a tab where the page is open already.
  if (location.hash.startsWith("#token=")) {
    adoptToken();
    location.reload();
  }
});

const root = document.getElementById("app");
if (root) render(<App />, root);
