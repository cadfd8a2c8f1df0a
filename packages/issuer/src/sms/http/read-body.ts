const LARGEST_BODY_BYTES = 64 * 1024;

/** @returns `undefined` if there are more than 64 KiB; no more than that is read */
export async function readBody(chunks: AsyncIterable<Uint8Array>): Promise<string | undefined> {
  const read: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.byteLength;
    if (size > LARGEST_BODY_BYTES) return undefined;
    read.push(chunk);
  }
  // Drops a byte order mark, which JSON.parse refuses.
  return new TextDecoder().decode(Buffer.concat(read));
}
