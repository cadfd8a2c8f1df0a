import { timingSafeEqual } from 'node:crypto';

/** Whether two MACs are the same, in constant time. `timingSafeEqual` throws on two lengths; that of a MAC is no secret. */
export function sameText(left: string, right: string): boolean {
  const [leftBytes, rightBytes] = [Buffer.from(left), Buffer.from(right)];
  return leftBytes.length === rightBytes.length && timingSafeEqual(leftBytes, rightBytes);
}
