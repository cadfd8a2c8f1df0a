/** The text of a body; `undefined` if it is longer. The rest of a longer one is not read. */
export async function readText({ body }: Request | Response, largestBytes: number): Promise<string | undefined> {
  const reader = body?.getReader();
  if (reader === undefined) return '';
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.byteLength;
    if (size > largestBytes) {
      // Not awaited: whoever goes on sending must not keep the caller.
      void reader.cancel().catch(() => {});
      return undefined;
    }
    chunks.push(value);
  }
  return Buffer.concat(chunks).toString();
}
