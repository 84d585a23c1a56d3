/** Model text is hostile: characters that reorder, hide or steer are shown by name instead of taking effect. */

export interface Stretch {
  readonly text: string;
  /** Whether `text` names a character that must not take effect. */
  readonly hidden: boolean;
}

/** Controls except tab and line feed; bidirectional controls; what has no width; tags; variation selectors of the supplement. */
const HIDDEN =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e01ef}]/gu;

/** The zero-width joiner inside an emoji and the mark that makes one colourful are part of what is seen. */
function isPartOfEmoji(text: string, at: number, char: string): boolean {
  if (char !== "\u200d") return false;
  const before = text.slice(0, at);
  const after = text.slice(at + 1);
  return /\p{Extended_Pictographic}[\ufe0f\u{1f3fb}-\u{1f3ff}]?$/u.test(before.slice(-4)) && /^\p{Extended_Pictographic}/u.test(after.slice(0, 2));
}

export function visible(text: string): Stretch[] {
  const found: Stretch[] = [];
  let done = 0;
  for (const match of text.matchAll(HIDDEN)) {
    const char = match[0];
    if (isPartOfEmoji(text, match.index, char)) continue;
    if (match.index > done) found.push({ text: text.slice(done, match.index), hidden: false });
    found.push({ text: name(char), hidden: true });
    done = match.index + char.length;
  }
  if (done < text.length) found.push({ text: text.slice(done), hidden: false });
  return found;
}

function name(char: string): string {
  return `U+${(char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
}
