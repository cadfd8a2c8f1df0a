export const SHORTEST_SECRET_BYTES = 32;

export function isSecret(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array && value.byteLength >= SHORTEST_SECRET_BYTES;
}
