import { createReadStream } from 'node:fs';

const LINE_FEED = 0x0a;

/** One line of a file, to the byte. */
export interface FileLine {
  /** Without the line feed. */
  readonly bytes: Buffer;
  /** Whether a line feed follows: not so in a line that was torn, or is being written. */
  readonly isEnded: boolean;
}

/** Every line as it stands in the file: a carriage return, a blank line and bytes that are no text are kept. */
export async function* fileLines(path: string): AsyncGenerator<FileLine> {
  let begun: Buffer[] = [];
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    let from = 0;
    for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, from)) {
      yield { bytes: Buffer.concat([...begun, chunk.subarray(from, end)]), isEnded: true };
      begun = [];
      from = end + 1;
    }
    if (from < chunk.length) begun.push(chunk.subarray(from));
  }
  if (begun.length > 0) yield { bytes: Buffer.concat(begun), isEnded: false };
}
