import { createHash } from 'node:crypto';

export type ChangeScript = (script: string) => string;

interface Connection {
  readonly send: (key: string, command: readonly [string, ...(string | Buffer)[]]) => Promise<unknown>;
}

/** A connection to Redis on which the scripts of a store are others, as those of a store that lacks something. */
export function withScript<Real extends Connection>(change: ChangeScript): (connection: Real) => Real {
  const changed = new Map<string, { readonly text: string; readonly sha: string }>();
  return (connection) => ({
    ...connection,
    send: async (key, [name, script, ...args]) => {
      if (name === 'EVAL' && typeof script === 'string') {
        const text = change(script);
        changed.set(shaOf(script), { text, sha: shaOf(text) });
        return connection.send(key, [name, text, ...args]);
      }
      const other = name === 'EVALSHA' ? changed.get(String(script)) : undefined;
      return connection.send(key, [name, ...(script === undefined ? [] : [other?.sha ?? script]), ...args]);
    },
  });
}

function shaOf(text: string): string {
  return createHash('sha1').update(text).digest('hex');
}
