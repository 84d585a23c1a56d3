"use strict";
/** Where texts come from, said before they are put into a prompt. */

const { OmbudClient } = require("./client.cjs");
const { current } = require("./subjects.cjs");

/** What the gateway takes at once, and how far two parts overlap, so that no passage between them is lost. */
const MOST = 60_000;
const OVERLAP = 200;

/** Says where `text` comes from, and hands it back, so that the call can stand where the text is used.
 *
 *  `kind` is one of `memory`, `knowledge`, `web`, `file`, `tool`, `user` and `other`; `name` is the store, page or tool. Texts are
 *  a third party's unless `trust` says `user` or `operator`, for which the gateway wants its own key. Inside
 *  `ombud.subject(…, { session }, …)` it counts in that session, with `everywhere` in all. */
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

/** A place at which no character is cut in two. */
function whole(text, at) {
  const second = text.charCodeAt(at);
  return second >= 0xdc00 && second <= 0xdfff ? at - 1 : at;
}

module.exports = { declareSource };
