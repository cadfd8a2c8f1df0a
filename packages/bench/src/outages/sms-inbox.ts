import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';

const COMES_WITHIN_MS = 10_000;
const LOOKS_AGAIN_AFTER_MS = 100;

/** One SMS as it was handed over. */
export interface HandedOverSms {
  /** The node that handed it over. */
  readonly node: string;
  readonly challengeId: string;
  /** Ten digits. */
  readonly mobile: string;
  readonly code: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** Stands for the provider: has every SMS that any node handed over, also if that node was killed at once. */
export class SmsInbox {
  readonly messages: HandedOverSms[] = [];
  readonly #newest = new Map<string, HandedOverSms>();
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      void text(request).then(
        (body) => {
          this.#keep(JSON.parse(body) as Omit<HandedOverSms, 'at'>);
          response.end();
        },
        () => response.destroy(),
      );
    });
  }

  /** @param module the path at which it writes the module that hands over to it */
  static async open(module: string): Promise<SmsInbox> {
    const inbox = new SmsInbox();
    inbox.#server.listen(0, '127.0.0.1');
    await once(inbox.#server, 'listening');
    writeFileSync(module, moduleFor((inbox.#server.address() as AddressInfo).port));
    return inbox;
  }

  /** Waits for it for a while: one that was given up may come. */
  async newestTo(mobile: string): Promise<HandedOverSms | undefined> {
    for (let waitedMs = 0; waitedMs < COMES_WITHIN_MS && !this.#newest.has(mobile); waitedMs += LOOKS_AGAIN_AFTER_MS) {
      await pause(LOOKS_AGAIN_AFTER_MS);
    }
    return this.#newest.get(mobile);
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #keep(sms: Omit<HandedOverSms, 'at'>): void {
    const message = { ...sms, at: Date.now() };
    this.messages.push(message);
    this.#newest.set(message.mobile, message);
  }
}

function moduleFor(port: number): string {
  return `export default async ({ to, text, challengeId }, { signal }) => {
  const sms = { node: process.env.ISSUER_NODE, challengeId, mobile: to.slice(3), code: text.slice(0, 6) };
  const answer = await fetch('http://127.0.0.1:${port}', { method: 'POST', body: JSON.stringify(sms), signal });
  if (!answer.ok) throw new Error('not handed over');
  return { outcome: 'accepted' };
};
`;
}
