/** Something the service depends on, and how to close it. */
export interface Part<Value> {
  readonly value: Value;
  readonly close: () => Promise<void>;
}

export function withoutClose<Value>(value: Value): Part<Value> {
  return { value, close: async () => {} };
}
