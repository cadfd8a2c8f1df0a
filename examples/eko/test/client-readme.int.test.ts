import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { serve } from '@verified-mobile/issuer/node';
import { createSandbox } from '@verified-mobile/issuer/sandbox';
import { expect, it } from 'vitest';

const README = new URL('../../../packages/client/README.md', import.meta.url);
const HERE = fileURLToPath(new URL('..', import.meta.url));
const PROGRAM = /```ts\n(?<code>.+?)```/s.exec(readFileSync(README, 'utf8'))?.groups?.['code'] ?? '';

async function runProgram(answer: (inboxUrl: string) => Promise<string>): Promise<string> {
  const sandbox = createSandbox({ publicUrl: 'http://localhost:4000' });
  const server = await serve(sandbox.fetch, { port: 0 });
  const code = PROGRAM.replace('http://localhost:4000', server.url);
  const child = spawn(process.execPath, ['--input-type=module', '--eval', code], { cwd: HERE });
  let output = '';
  child.stderr.on('data', (chunk) => (output += String(chunk)));
  child.stdout.on('data', (chunk) => (output += String(chunk)));
  await once(child.stdout, 'data');
  child.stdin.end(`${await answer(`${server.url}/sandbox/messages`)}\n`);
  await once(child, 'close');
  await server.close();
  return output;
}

it("the client's README proves a mobile", async () => {
  const output = await runProgram(async (inboxUrl) => {
    const { messages } = (await (await fetch(inboxUrl)).json()) as { messages: { text: string }[] };
    return messages[0]!.text.slice(0, 6);
  });
  expect(output).toMatch(/^The OTP from the SMS, before \S+Z: \+919876543210 is proven for five minutes\.\n$/);
});

it("the client's README says what is wrong with an OTP", async () => {
  expect(await runProgram(async () => Promise.resolve('12'))).toContain('invalid_request: otp must be a string');
});
