import { expect, it } from "vitest";
import { EventParser } from "./stream";

const TEXT =
  'retry: 1000\n\nevent: sample\ndata: {"a": 1}\n\n: alive\n\nevent: sample\r\ndata:{"b":\r\ndata: 2}\r\n\r\n';

it("finds the same events wherever the text is cut", () => {
  for (let size = 1; size <= TEXT.length; size++) {
    const found: [string, string][] = [];
    const parser = new EventParser((event, data) => found.push([event, data]));
    for (let at = 0; at < TEXT.length; at += size) parser.feed(TEXT.slice(at, at + size));
    expect(found).toEqual([
      ["sample", '{"a": 1}'],
      ["sample", '{"b":\n2}'],
    ]);
  }
});

it("keeps back an event that is not finished", () => {
  const found: string[] = [];
  const parser = new EventParser((_, data) => found.push(data));
  parser.feed("data: half");
  parser.feed("\n");
  expect(found).toEqual([]);
  parser.feed("\n");
  expect(found).toEqual(["half"]);
});
