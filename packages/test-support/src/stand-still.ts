/** Keeps this process from doing anything else, as a large body or a collection of garbage does. */
export function standStill(milliseconds: number): void {
  const endAt = performance.now() + milliseconds;
  while (performance.now() < endAt);
}
