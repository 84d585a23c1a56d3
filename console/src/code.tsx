/** Small pieces of text: commands inside sentences, and hostile text made harmless. */

import type { JSX } from "preact";
import { visible } from "./visible";

/** A sentence in which `…` is something to type. */
export function Sentence({ text }: { readonly text: string }): JSX.Element {
  return <>{text.split("`").map((part, i) => (i % 2 === 1 ? <code key={i}>{part}</code> : part))}</>;
}

/** Text that somebody else wrote: a text node, with what could hide or steer shown by name. */
export function Foreign({ text }: { readonly text: string }): JSX.Element {
  return (
    <>
      {visible(text).map((stretch, i) =>
        stretch.hidden ? (
          <span key={i} class="hidden-char">
            {stretch.text}
          </span>
        ) : (
          stretch.text
        ),
      )}
    </>
  );
}
