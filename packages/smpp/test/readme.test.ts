import { startSmscRecorder } from '@verified-mobile/test-support/smsc-recorder';
import { readFileSync } from 'node:fs';
import { expect, it, onTestFinished } from 'vitest';
import { type SmppRoute, type SmppRouteOptions, smppRoute } from '../src/index.ts';
import { DEFAULTS } from '../src/setup/resolve-options.ts';
import { DLT_DEFAULTS } from '../src/setup/resolve-parts.ts';

const README = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const block = (language: string): string => new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``).exec(README)?.[1] ?? '';

/** The names in the first column of a table, and what stands beside them. */
function rowsOf(head: string): Map<string, string> {
  const [, table = ''] = README.split(`\n| ${head}`);
  const rows = table.split('\n\n')[0]!.split('\n').slice(2);
  const cells = rows.map((row) => row.split('|').map((cell) => cell.trim()));
  return new Map(
    cells.flatMap(([, names = '', values = '']) => {
      const list = values.split(/, (?=\d$)/);
      return [...names.matchAll(/`(\w+)`/g)].map(([, name = ''], index): [string, string] => [
        name,
        list[index] ?? values,
      ]);
    }),
  );
}

/** As the table writes a default. */
function written(value: unknown): string {
  if (value === undefined) return '';
  if (typeof value === 'number') return value.toLocaleString('en-US');
  return `\`${(typeof value === 'string' && value) || JSON.stringify(value).replaceAll('"', "'")}\``;
}

it('lists every option, and no other, with the default that it has', () => {
  const rows = rowsOf('option ');
  expect(Object.fromEntries(rows)).toEqual({
    ...Object.fromEntries(Object.entries(DEFAULTS).map(([name, value]) => [name, written(value)])),
    onFault: 'stderr',
  });
});

it('lists every option of DLT with its default', () => {
  const rows = rowsOf('in `dlt` ');
  const tag = (value: unknown): unknown => (typeof value === 'number' ? `0x${value.toString(16)}` : value);
  expect([...rows]).toEqual(Object.entries(DLT_DEFAULTS).map(([name, value]) => [name, written(tag(value))]));
});

it('shows options in JSON that are taken', () => {
  process.env['SMPP_PASSWORD'] = 'hunter22';
  onTestFinished(() => void delete process.env['SMPP_PASSWORD']);
  const [{ kind, ...options }] = JSON.parse(block('json')) as [SmppRouteOptions & { kind: string }];
  expect(kind).toBe('smpp');
  expect(smppRoute(options)).toMatchObject({ name: 'operator-one', window: 50 });
});

it('begins with a program that runs', async () => {
  const smsc = await startSmscRecorder();
  process.env['SMPP_PASSWORD'] = 'hunter22';
  const routes: SmppRoute[] = [];
  onTestFinished(async () => {
    delete process.env['SMPP_PASSWORD'];
    await Promise.all(routes.map(async (route) => route.close()));
    await smsc.stop();
  });
  const program = block('ts')
    .replace(/^import .*$/m, '')
    .replace('127.0.0.1:2775', `127.0.0.1:${smsc.port}`);
  const build = (options: SmppRouteOptions): SmppRoute => {
    const route = smppRoute({ ...options, onFault: () => undefined });
    routes.push(route);
    return route;
  };
  const run = Object.getPrototypeOf(async () => undefined).constructor as new (
    ...code: string[]
  ) => (route: typeof build) => Promise<void>;
  await new run('smppRoute', program)(build);
  expect(smsc.binds).toHaveLength(1);
});
