import { expect, test } from "vitest";
import { frames, Splitter, type Frame } from "../src/stream";

const TEXT = ': hello\n\nevent: update\ndata: {"a":\ndata: 1}\n\nevent: other\r\ndata:x\r\n\r\n';
const EXPECTED: Frame[] = [
  { event: "update", data: '{"a":\n1}' },
  { event: "other", data: "x" },
];

test("frames are whole, however they are cut", () => {
  for (let cut = 0; cut <= TEXT.length; cut++) {
    const splitter = new Splitter();
    expect([...splitter.push(TEXT.slice(0, cut)), ...splitter.push(TEXT.slice(cut))]).toEqual(EXPECTED);
  }
});

test("characters that are cut between two chunks arrive whole", async () => {
  const bytes = new TextEncoder().encode("data: 中😀\n\n");
  for (let cut = 0; cut <= bytes.length; cut++) {
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(bytes.slice(0, cut));
        controller.enqueue(bytes.slice(cut));
        controller.close();
      },
    });
    const found: Frame[] = [];
    for await (const frame of frames(body)) found.push(frame);
    expect(found).toEqual([{ event: "message", data: "中😀" }]);
  }
});
