import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { GuardOptions } from '@verified-mobile/core';
import { createTestIssuer, isolatedMemoryReplayStore } from '@verified-mobile/core/testing';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { hasChromium, launchChromium } from './chromium.ts';

/** A guarded payout service for pages of one origin: `POST /payouts` answers 201. */
export type CorsService = (origin: string, options: GuardOptions) => RequestListener | Promise<RequestListener>;

/** What a page of another origin gets of a guarded service, in a real browser. */
export function describeCors(name: string, createService: CorsService): void {
  describe.skipIf(!hasChromium)(`a page of another origin and ${name}`, () => {
    const issuer = createTestIssuer();
    const servers: Server[] = [];
    let browser: Browser;
    let page: Page;

    const listen = async (listener: RequestListener): Promise<string> => {
      const server = createServer(listener).listen(0, '127.0.0.1');
      servers.push(server);
      await once(server, 'listening');
      return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    };

    const openPage = async (): Promise<string> => {
      const origin = await listen((_req, res) => void res.setHeader('content-type', 'text/html').end('<h1>Desk</h1>'));
      page = await browser.newPage();
      await page.goto(origin);
      return origin;
    };

    /** A service, and the methods of the requests that it received. */
    const serve = async (origin: string, options: GuardOptions = {}): Promise<{ url: string; received: string[] }> => {
      const given = { issuers: issuer.trusted, replayStore: isolatedMemoryReplayStore(), ...options };
      const service = await createService(origin, given);
      const received: string[] = [];
      const url = await listen((req, res) => {
        received.push(req.method ?? '');
        service(req, res);
      });
      return { url, received };
    };

    beforeAll(async () => {
      browser = await launchChromium();
    });
    afterAll(async () => browser?.close());
    afterEach(async () => {
      await page.close();
      for (const server of servers.splice(0)) server.close().closeAllConnections();
    });

    it('passes the preflight, pays once, and lets the page read why the second is refused', async () => {
      const { url, received } = await serve(await openPage());
      const token = issuer.mint();
      expect(await pay(page, url, token)).toMatchObject({ status: 201 });
      expect(await pay(page, url, token)).toEqual({
        status: 401,
        code: 'otp_token_used',
        challenge: expect.stringMatching(/^VerifiedMobile error="insufficient_user_authentication"/) as string,
        retryAfter: null,
      });
      expect(received.filter((method) => method === 'OPTIONS')).not.toEqual([]);
    });

    it('lets the page read when to try again', async () => {
      const replayStore = { scope: 'shared', consume: async () => Promise.reject(new Error('down')) } as const;
      const { url } = await serve(await openPage(), { replayStore });
      expect(await pay(page, url, issuer.mint())).toMatchObject({
        status: 503,
        code: 'guard_unavailable',
        retryAfter: expect.stringMatching(/^\d+$/) as string,
      });
    });

    it('sends no payout from a page of an origin that is not allowed', async () => {
      await openPage();
      const { url, received } = await serve('https://elsewhere.test');
      await expect(pay(page, url, issuer.mint())).rejects.toThrow('Failed to fetch');
      expect(received).toEqual(['OPTIONS']);
    });
  });
}

interface PageAnswer {
  readonly status: number;
  readonly code?: string;
  readonly challenge: string | null;
  readonly retryAfter: string | null;
}

/** Pays from the page, and answers what its code can read. */
async function pay(page: Page, url: string, token: string): Promise<PageAnswer> {
  return page.evaluate(
    async ([payouts, otpVerificationToken]) => {
      const headers = { 'content-type': 'application/json', 'otp-verification-token': otpVerificationToken };
      const response = await fetch(payouts, { method: 'POST', headers, body: '{"amount":2500}' });
      const { code } = (await response.json()) as { code?: string };
      return {
        status: response.status,
        ...(code !== undefined && { code }),
        challenge: response.headers.get('www-authenticate'),
        retryAfter: response.headers.get('retry-after'),
      };
    },
    [`${url}/payouts`, token] as const,
  );
}
