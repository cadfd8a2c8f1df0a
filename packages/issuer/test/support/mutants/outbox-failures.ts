import type { Outbox } from '@verified-mobile/issuer';
import { describeOutbox } from '@verified-mobile/issuer/testing';

/** The names of the cases that fail on three nodes of such an outbox. */
export async function failuresOf(createOutbox: () => Outbox): Promise<string[]> {
  const cases: { name: string; body: () => Promise<void> }[] = [];
  const createOutboxes = async (nodes: number): Promise<Outbox[]> => {
    const outbox = createOutbox();
    return Array.from({ length: nodes }, () => outbox);
  };
  describeOutbox(
    { describe: (_name, body) => body(), it: (name, body) => cases.push({ name, body }) },
    { name: 'mutant', createOutboxes },
  );
  const failures: string[] = [];
  for (const { name, body } of cases) await body().catch(() => failures.push(name));
  return failures;
}
