import { fileURLToPath } from 'node:url';
import { freePort } from '@verified-mobile/test-support/free-port';
import { startProgram } from '@verified-mobile/test-support/program';
import type { TestContext } from 'vitest';

export const PROGRAM: string = fileURLToPath(new URL('../dist/server.js', import.meta.url));

const MOBILES = { Asha: '9840000001', Ravi: '9840000002' } as const;
export type Name = keyof typeof MOBILES;

/** The example as its `start` runs it, with a sandbox of its own. */
export interface RunningApp {
  readonly url: string;
  /** The newest SMS to a customer. */
  readonly newestSms: (name: Name) => Promise<string>;
  /** The code in it. */
  readonly newestOtp: (name: Name) => Promise<string>;
}

export async function startApp({ onTestFinished }: TestContext): Promise<RunningApp> {
  const [port, issuerPort] = [await freePort(), await freePort()];
  const { child, says } = startProgram(PROGRAM, { PORT: port, ISSUER_PORT: issuerPort });
  onTestFinished(() => void child.kill('SIGKILL'));
  await says(`http://localhost:${port}`);
  const newestSms = async (name: Name): Promise<string> => {
    const response = await fetch(`http://localhost:${issuerPort}/sandbox/messages?mobile=${MOBILES[name]}`);
    const { messages } = (await response.json()) as { messages: { text: string }[] };
    return messages[0]?.text ?? 'no SMS';
  };
  return { url: `http://localhost:${port}`, newestSms, newestOtp: async (name) => (await newestSms(name)).slice(0, 6) };
}
