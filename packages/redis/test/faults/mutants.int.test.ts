import { describe, expect, it } from 'vitest';
import { violationsOf } from '@verified-mobile/test-support/history';
import { hasRedis } from '@verified-mobile/test-support/redis-server';
import { MUTANTS } from './mutants.ts';
import { playScenario, SCENARIOS } from './scenarios.ts';

const rows: string[][] = [];

describe.skipIf(!hasRedis)('the fault suite', () => {
  it.each(Object.entries(MUTANTS))('refuses the mutant: %s', async (name, { openGate, fault }) => {
    const refused: string[] = [];
    for (const scenario of SCENARIOS.filter(({ settings }) => settings === undefined)) {
      const history = await playScenario(scenario, openGate, name);
      if (violationsOf(history, scenario.tolerates).length > 0) refused.push(scenario.name);
    }
    rows.push([name, refused.length > 0 ? 'refused' : 'PASSED', refused.join(', ')]);
    if (rows.length === Object.keys(MUTANTS).length) printRows();
    expect(refused).toContain(fault);
  });
});

function printRows(): void {
  const width = Math.max(...rows.map(([name = '']) => name.length));
  const lines = rows.map(([name = '', verdict, by]) => `${name.padEnd(width)}  ${verdict}  by: ${by}\n`);
  process.stdout.write(`\nMutants of the fault suite\n${lines.join('')}`);
}
