import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const COMMAND = fileURLToPath(new URL('../../../issuer/dist/command.js', import.meta.url));

/** One process of the command, which can be ended and started again. */
export class IssuerNode {
  readonly name: string;
  readonly url: string;
  /** Exits that nothing here asked for, and exits after SIGTERM with another code than 0. */
  readonly wrongExits: string[] = [];
  readonly #environment: Readonly<Record<string, string>>;
  readonly #log: string;
  #child: ChildProcess | undefined;
  #isToldToEnd = false;

  /** @param log the file that it writes its log to */
  constructor(environment: Readonly<Record<string, string>>, log: string) {
    this.name = environment['ISSUER_NODE'] ?? '';
    this.url = `http://127.0.0.1:${environment['ISSUER_PORT']}`;
    this.#environment = environment;
    this.#log = log;
  }

  start(): void {
    const log = openSync(this.#log, 'a');
    const child = spawn(process.execPath, [COMMAND], { env: this.#environment, stdio: ['ignore', log, log] });
    closeSync(log);
    this.#child = child;
    this.#isToldToEnd = false;
    child.once('exit', (code, signal) => {
      if (!this.#isToldToEnd) this.wrongExits.push(`${this.name} ended by itself: ${signal ?? code}`);
    });
  }

  /** SIGKILL. Resolves when it has ended. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** SIGTERM. Resolves when it has ended. */
  async terminate(): Promise<void> {
    const code = await this.#end('SIGTERM');
    if (code !== 0) this.wrongExits.push(`${this.name} ended after SIGTERM with ${code}`);
  }

  async #end(signal: NodeJS.Signals): Promise<number | null> {
    this.#isToldToEnd = true;
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return 0;
    const exited = once(child, 'exit');
    child.kill(signal);
    const [code] = (await exited) as [number | null];
    return code;
  }
}
