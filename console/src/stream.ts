/** Server-sent events from a fetch: `EventSource` cannot send the token in a header. */

export interface Frame {
  readonly event: string;
  readonly data: string;
}

/** Takes text as it comes and gives out whole frames. */
export class Splitter {
  private rest = "";

  push(text: string): Frame[] {
    this.rest += text;
    const found: Frame[] = [];
    for (;;) {
      const end = /\r?\n\r?\n/.exec(this.rest);
      if (!end) return found;
      const frame = read(this.rest.slice(0, end.index));
      if (frame) found.push(frame);
      this.rest = this.rest.slice(end.index + end[0].length);
    }
  }
}

/** A frame without data, such as a comment that keeps the connection open, is none. */
function read(text: string): Frame | null {
  let event = "message";
  const data: string[] = [];
  for (const line of text.split(/\r?\n/)) {
    if (line.startsWith("event:")) event = line.slice(6).trim();
    else if (line.startsWith("data:")) data.push(line.slice(line[5] === " " ? 6 : 5));
  }
  return data.length > 0 ? { event, data: data.join("\n") } : null;
}

export async function* frames(body: ReadableStream<Uint8Array>): AsyncGenerator<Frame> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  const splitter = new Splitter();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield* splitter.push(decoder.decode(value, { stream: true }));
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
