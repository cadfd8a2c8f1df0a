import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { otpHandler } from '@verified-mobile/client';
import { otpMiddleware } from '@verified-mobile/client/node';
import { hasProgram } from '@verified-mobile/test-support/debian-package';
import express from 'express';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { customerOf, type ServedSandbox, serveSandbox } from './sandbox.ts';

const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'];

describe.skipIf(!hasProgram('chromium', 'chromium'))('a page in a real browser', () => {
  const servers: Server[] = [];
  let sandbox: ServedSandbox;
  let browser: Browser;
  let page: Page;
  let shop: string;
  let answers: string[];

  const listen = async (listener: RequestListener): Promise<string> => {
    const server = createServer(listener).listen(0, '127.0.0.1');
    servers.push(server);
    await once(server, 'listening');
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
  const showPage: RequestListener = (_request, response) =>
    void response.setHeader('content-type', 'text/html').end('<h1>Pay</h1>');

  beforeAll(async () => {
    sandbox = await serveSandbox();
    browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: FLAGS });
    const handler = otpHandler({
      client: sandbox.client(),
      customer: ({ headers }) => customerOf(headers.get('cookie')),
    });
    const app = express().use(otpMiddleware(handler)).use(showPage);
    shop = await listen((request, response) => {
      // Browsers get icons on their own account.
      if (request.method !== 'GET')
        response.on('finish', () => answers.push(`${request.method} ${response.statusCode}`));
      app(request, response);
    });
  });
  afterAll(async () => {
    await browser.close();
    await sandbox.close();
    for (const server of servers) server.close().closeAllConnections();
  });
  afterEach(async () => page.context().close());

  /** Logs in at the shop, then opens a page. The cookie goes to every port of the host, as cookies do. */
  const open = async (url: string, mobile: string): Promise<void> => {
    answers = [];
    const context = await browser.newContext();
    await context.addCookies([{ name: 'session', value: mobile, url: shop }]);
    page = await context.newPage();
    await page.goto(url);
  };

  it('of the shop itself has the OTP sent, and verifies it', async () => {
    const mobile = '9840000001';
    await open(shop, mobile);
    const post = async (path: string, body: object): Promise<[number, object]> =>
      page.evaluate(
        async ([url, text]) => {
          const headers = { 'content-type': 'application/json' };
          const response = await fetch(url, { method: 'POST', headers, body: text });
          return [response.status, (await response.json()) as object];
        },
        [path, JSON.stringify(body)] as const,
      );
    expect(await post('/otp', {})).toEqual([200, expect.objectContaining({ mobile: '+91 ******0001' })]);
    const [status, answer] = await post('/otp/verify', { otp: await sandbox.newestCode(mobile) });
    expect([status, answer]).toEqual([200, { otpVerificationToken: expect.stringMatching(/^eyJ/) as string }]);
  });

  it.each<[string, (url: string) => string, RegExp]>([
    [
      'by a fetch that asks nobody',
      (url) => `void fetch('${url}', { method: 'POST', mode: 'no-cors', credentials: 'include', body: '{}' })`,
      /^POST 403$/,
    ],
    [
      'by a form that writes JSON as text',
      (
        url,
      ) => `document.body.innerHTML = '<form method="post" enctype="text/plain" action="${url}"><input name="{}"></form>';
        document.forms[0].submit()`,
      /^POST 403$/,
    ],
    [
      'by a fetch of JSON',
      (url) => `void fetch('${url}', {
        method: 'POST', credentials: 'include', headers: { 'content-type': 'application/json' }, body: '{}',
      }).catch(() => {})`,
      /^OPTIONS 405$/,
    ],
    [
      'by a beacon of JSON',
      (url) => `navigator.sendBeacon('${url}', new Blob(['{}'], { type: 'application/json' }))`,
      /^OPTIONS 405$/,
    ],
    [
      'from a sandboxed frame',
      (url) => `document.body.innerHTML = '<iframe sandbox="allow-scripts"></iframe>';
        document.querySelector('iframe').srcdoc =
          "<script>fetch('${url}', { method: 'POST', mode: 'no-cors', credentials: 'include', body: '{}' })</script>"`,
      /^POST 403$/,
    ],
  ])('of another origin has no OTP sent %s', async (_how, attack, answered) => {
    const mobile = '9840000002';
    await open(await listen(showPage), mobile);
    await page.evaluate(attack(`${shop}/otp`));
    await expect.poll(() => answers).not.toEqual([]);
    for (const answer of answers) expect(answer).toMatch(answered);
    expect(await sandbox.messages(mobile)).toEqual([]);
  });
});
