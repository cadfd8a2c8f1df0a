import { expect, it } from 'vitest';
import { DESK, describePage, type RunningDesk } from './support/page-under-test.ts';
import { personAt } from './support/person.ts';
import { startProgram } from '@verified-mobile/test-support/program';

const MARKUP = '<img src=x onerror="document.title=1">';

const STRICT_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; " +
  "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

describePage('the page', ({ desk, open }) => {
  it('shows markup in an SMS or a decision as text', async () => {
    const page = await open();
    const message = {
      id: '1',
      to: '+919876543210',
      text: `123456 is the OTP ${MARKUP}`,
      sentAt: '2026-01-01T00:00:00Z',
    };
    const decision = { at: 0, outcome: 'refused', code: MARKUP, reason: MARKUP, attempt: MARKUP, service: MARKUP };
    const events = Object.entries({ message, decision }).map(
      ([event, data]) => `id: x-${event}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`,
    );
    let times = 0;
    await page.route('**/sandbox/events', async (route) => {
      times += 1;
      await route.fulfill({ contentType: 'text/event-stream', body: `retry: 20\n\n${events.join('')}` });
    });
    await page.reload();
    await personAt(page).phone.getByText(MARKUP).waitFor();
    await personAt(page).decisions.getByText(`reason: ${MARKUP}`).waitFor();
    expect(await page.locator('img').count()).toBe(0);
    // Told again after each reconnection, it shows each event once.
    await expect.poll(() => times).toBeGreaterThan(3);
    expect(await personAt(page).phone.getByRole('listitem').count()).toBe(1);
    expect(await personAt(page).decisions.getByRole('listitem').count()).toBe(1);
  });

  it('keeps token and code out of addresses and storage, and the token and all keys out of the page', async () => {
    const page = await open();
    const urls: string[] = [];
    page.on('request', (request) => void urls.push(request.url()));
    await page.reload();
    const person = personAt(page);
    await person.pay.click();
    const code = (await person.phone.getByRole('button').textContent())!.slice(-6);
    await person.otp.fill(code);
    const presented = page.waitForRequest((request) => 'otp-verification-token' in request.headers());
    await person.approve.click();
    const token = (await presented).headers()['otp-verification-token']!;
    await person.outcome.getByText('Paid.').waitFor();
    await person.tap('Same token again');
    await person.outcome.getByText('otp_token_used').waitFor();
    expect(token).toMatch(/^eyJ/);
    expect(urls.filter((url) => url.includes(code) || url.includes('eyJ'))).toEqual([]);
    const kept = await page.evaluate(() => [
      localStorage.length,
      sessionStorage.length,
      document.cookie,
      history.state,
    ]);
    expect(kept).toEqual([0, 0, '', null]);
    const files = urls.filter((url) => /\/$|\.(?:js|css|svg)$/.test(url));
    expect(files.length).toBeGreaterThan(10);
    const sources = await Promise.all(files.map(async (url) => (await fetch(url)).text()));
    const all = [await page.content(), ...sources].join('\n');
    for (const secret of [token, 'sandbox-access-key', 'sandbox-developer-key']) expect(all).not.toContain(secret);
  });

  it('is served under a strict policy, each file of it', async () => {
    for (const path of ['', 'page/main.js', 'page/style.css', 'page/icon.svg', 'verified-mobile/index.js']) {
      const { status, headers } = await fetch(desk().url + path);
      expect([path, status, headers.get('content-security-policy')]).toEqual([path, 200, STRICT_POLICY]);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
    }
  });

  it('leads to the endpoints and the commands for curl', async () => {
    const page = await open();
    await page.getByRole('link', { name: 'Endpoints and curl' }).click();
    await page.getByRole('heading', { name: 'Mobile OTP sandbox' }).waitFor();
    expect(await page.getByRole('table').first().textContent()).toContain(`:${desk().ports.KOA_PORT}/payouts`);
  });

  it('has no way out of its folders', async () => {
    for (const path of ['page/..%2fpackage.json', 'page/..%2fdist%2fmain.js', 'verified-mobile/..%2fpackage.json']) {
      expect((await fetch(desk().url + path)).status).toBe(404);
    }
  });

  it('lets no page of another site press its buttons', async () => {
    for (const path of ['payouts', 'tries/issuer-down', 'otp', 'otp/verify']) {
      const headers = {
        'content-type': 'application/json',
        'sec-fetch-site': 'cross-site',
        origin: 'https://evil.example',
      };
      const answer = await fetch(desk().url + path, { method: 'POST', headers, body: '{}' });
      expect([path, answer.status]).toEqual([path, 403]);
    }
    expect(await (await fetch(`${desk().url}tries`)).json()).toEqual({ isIssuerDown: false });
  });

  it('comes back to the events also when the answer was none', async () => {
    const page = await open();
    await page.route('**/sandbox/events', async (route) => route.fulfill({ status: 503 }), { times: 2 });
    await page.reload();
    const person = personAt(page);
    await person.decisions.getByText('No connection to the sandbox.').waitFor();
    await person.payByTap();
    await expect.poll(async () => person.decisions.getByText('No connection').count()).toBe(0);
  });

  it('comes back to the events when the desk was away', async () => {
    const page = await open();
    const person = personAt(page);
    await restart(desk(), async () => person.decisions.getByText('No connection to the sandbox.').waitFor());
    await expect.poll(async () => person.decisions.getByText('No connection').count()).toBe(0);
    await person.payByTap();
    await expect.poll(async () => person.newest(1)).toEqual(['Pay 2,500 | Express | Passed 201']);
  });
});

/** Ends the program and starts it again on its ports. */
async function restart({ program, ports, url }: RunningDesk, meanwhile: () => Promise<void>): Promise<void> {
  program.child.kill('SIGKILL');
  await program.exit;
  await meanwhile();
  const again = startProgram(DESK, ports);
  await again.says(`): ${url}\n`);
  Object.assign(program, again);
}
