/**
 * Fetches one JSON document over HTTP: answered in time with 200, not redirected, not larger than expected.
 *
 * @throws {Error} anything else. The message is for operators; it holds no byte of the answer.
 */
export async function fetchJson(url: URL, limits: { timeoutMs: number; maxBytes: number }): Promise<unknown> {
  const response = await fetch(url, {
    headers: { accept: 'application/jwk-set+json, application/json' },
    // A redirect would move the trust that was given to this URL to another place.
    redirect: 'manual',
    signal: AbortSignal.timeout(limits.timeoutMs),
  });
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new Error(`answered with HTTP ${response.status}`);
  }
  const text = await readAtMost(response, limits.maxBytes);
  try {
    return JSON.parse(text);
  } catch {
    throw new Error('answered with something that is not JSON');
  }
}

async function readAtMost(response: Response, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    if (size > maxBytes) throw new Error(`answered with more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
