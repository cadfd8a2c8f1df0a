import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { customerOf } from './support/customer.ts';
import { type Answer, type Desk, OTP } from './support/desk.ts';
import { describeInChromium } from './support/open-pages.ts';

const VERIFY_MOBILE: Answer = {
  status: 401,
  headers: { 'content-type': 'application/problem+json; charset=utf-8' },
  body: { code: 'otp_token_missing', action: 'verify_mobile' },
};

/** Answers like a guard that lets any token through. */
function guardAt(desk: Desk, path: string): void {
  desk.answer(path, ({ headers }) =>
    'otp-verification-token' in headers ? { status: 201, body: 'paid' } : VERIFY_MOBILE,
  );
}

/** Approves what the page asks for. */
async function approve(page: Page): Promise<void> {
  const customer = customerOf(page);
  await page.getByText('Sent by SMS').waitFor();
  await customer.enter(OTP);
}

describeInChromium('the request after the proof', ({ desk, open }) => {
  it('is the very same, with the token', async () => {
    const page = await open();
    guardAt(desk(), '/transfers?to=asha');
    const answered = page.evaluate(async () => {
      const body = new FormData();
      body.append('amount', '2500');
      body.append('bill', new Blob([new Uint8Array([0, 255, 10])]), 'bill.pdf');
      const response = await kit.withMobileProof(fetch)('/transfers?to=asha', {
        method: 'PUT',
        headers: { 'x-desk': '7' },
        body,
      });
      return [response.status, await response.text()];
    });
    await approve(page);
    expect(await answered).toEqual([201, 'paid']);
    const [first, second, ...others] = desk().receivedAt('/transfers?to=asha');
    expect(others).toEqual([]);
    const { 'otp-verification-token': token, ...headers } = second!.headers;
    expect(token).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
    expect({ ...second, headers }).toEqual(first);
    expect(first).toMatchObject({ method: 'PUT', headers: { 'x-desk': '7' } });
    expect(first!.body).toContain('bill.pdf');
  });

  it("has the Idempotency-Key of the first: a fresh one for each call, or the caller's", async () => {
    const page = await open();
    guardAt(desk(), '/transfers');
    for (const headers of [{}, {}, { 'idempotency-key': 'mine' }] as Record<string, string>[]) {
      const paid = page.evaluate(
        async (given) => (await kit.withMobileProof(fetch)('/transfers', { method: 'POST', headers: given })).status,
        headers,
      );
      await approve(page);
      expect(await paid).toBe(201);
    }
    const keys = desk()
      .receivedAt('/transfers')
      .map(({ headers }) => headers['idempotency-key']);
    expect(keys[0]).toMatch(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/);
    expect(keys).toEqual([keys[0], keys[0], keys[2], keys[2], 'mine', 'mine']);
    expect(keys[2]).not.toBe(keys[0]);
  });

  it('may be a Request, and one that only reads has no Idempotency-Key', async () => {
    const page = await open();
    guardAt(desk(), '/statement');
    const read = page.evaluate(async () => (await kit.withMobileProof(fetch)(new Request('/statement'))).status);
    await approve(page);
    expect(await read).toBe(201);
    expect(
      desk()
        .receivedAt('/statement')
        .map(({ headers }) => headers['idempotency-key']),
    ).toEqual([undefined, undefined]);
  });

  it('is not made again if it is answered 401 again', async () => {
    const page = await open();
    desk().answer('/transfers', () => VERIFY_MOBILE);
    const answered = page.evaluate(async () => {
      const response = await kit.withMobileProof(fetch)('/transfers', { method: 'POST' });
      return [response.status, await response.json()];
    });
    await approve(page);
    expect(await answered).toEqual([401, VERIFY_MOBILE.body]);
    expect(desk().receivedAt('/otp')).toHaveLength(1);
    expect(desk().receivedAt('/transfers')).toHaveLength(2);
  });

  it('follows no redirect with the token', async () => {
    const page = await open();
    desk().answer('/transfers', ({ headers }) =>
      'otp-verification-token' in headers ? { status: 307, headers: { location: '/elsewhere' } } : VERIFY_MOBILE,
    );
    const answered = page.evaluate(async () =>
      kit.withMobileProof(fetch)('/transfers', { method: 'POST' }).catch(String),
    );
    await approve(page);
    expect(await answered).toBe('TypeError: Failed to fetch');
    expect(desk().receivedAt('/elsewhere')).toEqual([]);
  });

  it('leaves the token nowhere', async () => {
    const page = await open();
    const customer = customerOf(page);
    await customer.pay();
    await customer.enter(OTP);
    await customer.outcome.getByText('201').waitFor();
    const [, { headers }] = desk().receivedAt('/payouts') as [unknown, { headers: Record<string, string> }];
    const kept = await page.evaluate(async () => {
      const loaded = performance.getEntries().map(({ name }) => name);
      const texts = [location.href, document.cookie, document.documentElement.outerHTML, ...loaded];
      const stores = [localStorage, sessionStorage, history.state, await caches.keys(), await indexedDB.databases()];
      return texts.join('\n') + JSON.stringify(stores);
    });
    expect(kept).toContain('/otp/verify');
    expect(kept).toContain('[{},{},null,[],[]]');
    expect(kept).not.toContain(headers['otp-verification-token']);
  });
});

describeInChromium('a request that is answered otherwise', ({ desk, open }) => {
  it.each<[string, Answer]>([
    ['paid', { status: 201, body: { paid: true } }],
    [
      'signed out',
      { status: 401, headers: { 'content-type': 'application/problem+json' }, body: { code: 'signed_out' } },
    ],
    ['a 401 that is no problem', { ...VERIFY_MOBILE, headers: { 'content-type': 'application/json' } }],
    ['a problem that is no JSON', { ...VERIFY_MOBILE, body: '<h1>' }],
    ['a problem that is null', { ...VERIFY_MOBILE, body: 'null' }],
    ['refused for good', { ...VERIFY_MOBILE, status: 403 }],
  ])('is handed on as it is: %s', async (_what, answer) => {
    const page = await open();
    desk().answer('/transfers', () => answer);
    const text = typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body);
    const answered = page.evaluate(async () => {
      const response = await kit.withMobileProof(fetch)('/transfers', { method: 'POST' });
      return [response.status, await response.text()];
    });
    expect(await answered).toEqual([answer.status, text]);
    expect(desk().receivedAt('/otp')).toEqual([]);
  });

  it('is handed on if a redirect led to the 401', async () => {
    const page = await open();
    desk().answer('/old', () => ({ status: 307, headers: { location: '/transfers' } }));
    desk().answer('/transfers', () => VERIFY_MOBILE);
    expect(await page.evaluate(async () => (await kit.withMobileProof(fetch)('/old', { method: 'POST' })).status)).toBe(
      401,
    );
    expect(desk().receivedAt('/otp')).toEqual([]);
  });
});

describeInChromium('two requests at once', ({ desk, open }) => {
  it('are asked for one after the other, once each', async () => {
    const page = await open();
    const statuses = page.evaluate(async () => {
      const pay = kit.withMobileProof(fetch);
      const other = kit.withMobileProof(fetch);
      const body = (payee: string): RequestInit => ({ method: 'POST', body: JSON.stringify({ amount: 1, payee }) });
      const responses = await Promise.all([pay('/payouts', body('Asha')), other('/payouts', body('Binod'))]);
      return responses.map(({ status }) => status);
    });
    const { field, enter, dialog } = customerOf(page);
    await field.waitFor();
    await expect.poll(() => desk().receivedAt('/payouts').length).toBe(2);
    await page.getByText('Sent by SMS').waitFor();
    expect(await page.locator('otp-input').count()).toBe(1);
    const first = await dialog.getByRole('definition').last().textContent();
    await enter(OTP);
    await dialog.getByText(first === 'Asha' ? 'Binod' : 'Asha').waitFor();
    expect(await page.locator('otp-input').count()).toBe(1);
    await enter(OTP);
    expect(await statuses).toEqual([201, 201]);
    expect(desk().receivedAt('/otp')).toHaveLength(2);
  });

  it('do not hold each other up: one that gives up while it waits is not asked for, and lets no other pass', async () => {
    const page = await open();
    const settled = await page.evaluateHandle(() => {
      const outcomes: string[] = [];
      const asked: string[] = [];
      const releases: (() => void)[] = [];
      const controllers = ['first', 'second', 'third'].map((name) => {
        const controller = new AbortController();
        const askForOtp = async (): Promise<void> => {
          asked.push(name);
          await new Promise<void>((resolve) => releases.push(resolve));
        };
        kit
          .withMobileProof(fetch, { askForOtp })('/payouts', { method: 'POST', body: '{}', signal: controller.signal })
          .catch((error: Error) => outcomes.push(`${name} ${error.name}`));
        return controller;
      });
      return { outcomes, asked, releases, controllers };
    });
    const asked = async (): Promise<number> => settled.evaluate((state) => state.asked.length);
    await expect.poll(() => desk().receivedAt('/payouts').length).toBe(3);
    await expect.poll(asked).toBe(1);
    const [holder] = await settled.evaluate((state) => state.asked);
    const [quitter, last] = ['first', 'second', 'third'].filter((name) => name !== holder);
    await settled.evaluate(
      (state, index) => state.controllers[index]!.abort(),
      ['first', 'second', 'third'].indexOf(quitter!),
    );
    await expect.poll(async () => settled.evaluate((state) => state.outcomes)).toEqual([`${quitter} AbortError`]);
    expect(await asked()).toBe(1);
    await settled.evaluate((state) => state.releases[0]!());
    await expect.poll(async () => settled.evaluate((state) => state.asked)).toEqual([holder, last]);
    await settled.evaluate((state) => state.releases[1]!());
    await expect.poll(async () => settled.evaluate((state) => state.outcomes.length)).toBe(3);
  });
});

describeInChromium('the signal of the caller', ({ desk, open }) => {
  it('ends the wait at once, even if it was aborted before and the wrapped fetch heeds no signal', async () => {
    const page = await open();
    const outcome = await page.evaluate(async () => {
      const never = async (): Promise<void> => new Promise(() => undefined);
      void kit
        .withMobileProof(fetch, { askForOtp: never })('/payouts', { method: 'POST', body: '{}' })
        .catch(() => undefined);
      const heedless: typeof fetch = async (input) => {
        const { url, method, headers } = new Request(input, { signal: null });
        return fetch(url, { method, headers, body: '{}' });
      };
      const init = { method: 'POST', signal: AbortSignal.abort(new Error('gone')) };
      return kit.withMobileProof(heedless)('/payouts', init).catch(String);
    });
    expect(outcome).toBe('Error: gone');
    expect(desk().receivedAt('/payouts')).toHaveLength(2);
  });

  it('closes the dialog, with its own reason', async () => {
    const page = await open();
    const outcome = await page.evaluateHandle(() => {
      const controller = new AbortController();
      const init = { method: 'POST', body: '{}', signal: controller.signal };
      return { controller, failure: kit.withMobileProof(fetch)('/payouts', init).catch(String) };
    });
    await page.getByText('Sent by SMS').waitFor();
    await outcome.evaluate(({ controller }) => controller.abort(new Error('the page moved on')));
    expect(await outcome.evaluate(async ({ failure }) => failure)).toBe('Error: the page moved on');
    await expect.poll(async () => page.locator('otp-input').count()).toBe(0);
    expect(desk().receivedAt('/payouts')).toHaveLength(1);
  });
});
