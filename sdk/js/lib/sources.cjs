"use strict";
/** Declares where texts come from before they are put into a prompt. */

const { OmbudClient } = require("./client.cjs");
const { current } = require("./subjects.cjs");

/** The most that the gateway accepts at once, and the overlap of two parts, so that no passage across a boundary is lost. */
const MOST = 60_000;
const OVERLAP = 200;

/** Declares where `text` comes from, and returns it, so that the call can be placed where the text is used.
*
*  `kind` is one of `memory`, `knowledge`, `web`, `file`, `tool`, `user` and `other`; `name` is the store, page or tool. Texts
*  count as a third party's unless `trust` is `user` or `operator`, for which the gateway requires its own key. Inside
*  `ombud.subject(…, { session }, …)` the declaration applies to that session, with `everywhere` to all. */
async function declareSource(text, kind, name, { trust, everywhere = false } = {}) {
  const who = current();
  const conversation = who && !everywhere ? who.session : "";
  const client = new OmbudClient();
  for (const part of parts(text)) {
    const source = { kind, text: part };
    for (const [key, value] of Object.entries({ name, trust, conversation })) if (value) source[key] = value;
    await client.sources([source]);
  }
  return text;
}

function* parts(text) {
  let start = 0;
  while (text.length - start > MOST) {
    const blank = text.lastIndexOf(" ", start + MOST - 1);
    const cut = whole(text, blank >= start + MOST / 2 ? blank + 1 : start + MOST);
    yield text.slice(start, cut);
    start = whole(text, cut - OVERLAP);
  }
  yield text.slice(start);
}

/** Moves an offset so that it does not split a surrogate pair. */
function whole(text, at) {
  const second = text.charCodeAt(at);
  return second >= 0xdc00 && second <= 0xdfff ? at - 1 : at;
}

module.exports = { declareSource };
