import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type Axe from 'axe-core';
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { customerOf } from './support/customer.ts';
import { OTP } from './support/desk.ts';
import { describeInChromium } from './support/open-pages.ts';

/** To be looked at. */
const SCREENSHOTS = join(tmpdir(), 'otp-input-screenshots');
mkdirSync(SCREENSHOTS, { recursive: true });

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const WIDTHS = [360, 768, 1440];
const SCHEMES = ['light', 'dark'] as const;
const LOOKS = WIDTHS.flatMap((width) => SCHEMES.map((colorScheme) => ({ width, colorScheme })));

/** What is wrong for people with disabilities, by axe-core's rules of WCAG 2.2 AA and its best practices. */
async function findingsOf(page: Page, kinds: readonly ('violations' | 'incomplete')[]): Promise<string[]> {
  await page.evaluate(AXE);
  return page.evaluate(async (wanted) => {
    const { axe } = globalThis as unknown as { axe: typeof Axe };
    const runOnly = ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice'];
    const results = await axe.run(document, { runOnly });
    const findings = wanted.flatMap((kind) => results[kind]);
    return findings.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id} ${html} ${failureSummary}`),
    );
  }, kinds);
}

describeInChromium('the dialog', ({ open }) => {
  it.each(LOOKS)(
    'is fit for everybody, and no wider than the page: $width px, $colorScheme',
    async ({ width, colorScheme }) => {
      const page = await open({ viewport: { width, height: 740 }, colorScheme });
      const customer = customerOf(page);
      const look = async (state: string): Promise<void> => {
        await page.screenshot({ path: join(SCREENSHOTS, `${width}-${colorScheme}-${state}.png`) });
        // Over a backdrop axe-core cannot tell contrasts: those of the field in a page are the same.
        expect(await findingsOf(page, ['violations'])).toEqual([]);
        const overhang = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        expect(overhang).toBeLessThanOrEqual(0);
      };
      await customer.pay();
      await look('sent');
      await customer.enter('111111');
      await customer.alert.getByText('wrong').waitFor();
      await look('wrong');
      await customer.field.fill(OTP);
      await page.keyboard.press('Tab');
      await look('filled');
    },
  );

  it('has room for a long payee and texts of twice the size on a narrow screen', async () => {
    const page = await open({ viewport: { width: 360, height: 740 } });
    await page.evaluate(() => {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(':root { font-size: 200% }');
      document.adoptedStyleSheets.push(sheet);
      const pay = kit.withMobileProof(fetch, { texts: kit.hindi });
      const body = JSON.stringify({ amount: 123_456_789, payee: `Shri ${'Venkatanarasimharajuvaripeta'.repeat(3)}` });
      void pay('/payouts', { method: 'POST', body }).catch(() => undefined);
    });
    await page.getByText('SMS भेजा गया').waitFor();
    await page.screenshot({ path: join(SCREENSHOTS, '360-long.png') });
    const overhanging = await page.evaluate(() => {
      const parts = [...document.querySelector('otp-input')!.shadowRoot!.querySelectorAll('[part]')];
      return parts
        .filter(
          (part) =>
            part.getBoundingClientRect().right > innerWidth ||
            (part.scrollWidth > part.clientWidth + 1 && part.clientWidth > 0),
        )
        .map(({ id }) => id);
    });
    expect(overhanging).toEqual([]);
    await page.getByRole('button', { name: 'रद्द करें' }).click();
  });

  it('moves nothing, so that nobody who asks for reduced motion sees any', async () => {
    for (const reducedMotion of ['reduce', 'no-preference'] as const) {
      const page = await open({ reducedMotion });
      await customerOf(page).pay();
      await customerOf(page).enter('111111');
      await customerOf(page).alert.getByText('wrong').waitFor();
      expect(await page.evaluate(() => document.getAnimations().length)).toBe(0);
    }
  });

  it('keeps its borders and its focus in forced colours', async () => {
    const page = await open({ forcedColors: 'active' });
    const customer = customerOf(page);
    await customer.pay();
    await page.screenshot({ path: join(SCREENSHOTS, 'forced-colours.png') });
    const linesOf = async (locator: typeof customer.field): Promise<string[]> =>
      locator.evaluate((element) => {
        const { borderTopStyle, borderTopWidth, outlineStyle } = getComputedStyle(element);
        return [borderTopStyle, borderTopWidth, outlineStyle];
      });
    expect(await linesOf(customer.field)).toEqual(['solid', '2px', 'solid']);
    expect(await linesOf(customer.dialog)).toEqual(['solid', '1px', 'none']);
    expect(await linesOf(customer.approve)).toEqual(['solid', '1px', 'none']);
  });
});

describeInChromium(
  'the field in a page',
  ({ open }) => {
    it.each(LOOKS)('is fit for everybody: $width px, $colorScheme', async ({ width, colorScheme }) => {
      const page = await open({ viewport: { width, height: 740 }, colorScheme });
      await customerOf(page).field.fill(OTP);
      const look = async (name: string, state: object): Promise<void> => {
        await page.locator('otp-input').evaluate((element, given) => void Object.assign(element, given), state);
        await page.screenshot({ path: join(SCREENSHOTS, `${width}-${colorScheme}-page-${name}.png`) });
        expect(await findingsOf(page, ['violations', 'incomplete'])).toEqual([]);
      };
      const approving = { amount: '2500', payee: 'Asha Traders', currency: 'INR' };
      const sent = { expiresAt: Date.now() + 300_000, resendAfterSeconds: 0, mobile: '******6768', approving };
      await look('sent', { sent });
      await look('wrong', { problem: { code: 'otp_wrong', retryAfterSeconds: 30 } });
      await look('busy', { busy: true });
    });

    it('is hidden by the attribute', async () => {
      const page = await open();
      await page.locator('otp-input').evaluate((element: HTMLElement) => (element.hidden = true));
      expect(await page.locator('otp-input').isVisible()).toBe(false);
    });
  },
  { body: '<form><otp-input name="otp"></otp-input></form>' },
);
