import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type Axe from 'axe-core';
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { describePage } from './support/page-under-test.ts';
import { personAt } from './support/person.ts';

/** To be looked at. */
const SCREENSHOTS = join(tmpdir(), 'payout-desk-screenshots');
mkdirSync(SCREENSHOTS, { recursive: true });

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const LOOKS = [360, 768, 1440].flatMap((width) =>
  (['light', 'dark'] as const).map((colorScheme) => ({ width, colorScheme })),
);

/** What is wrong for people with disabilities, by axe-core's rules of WCAG 2.2 AA and its best practices. */
async function findingsOf(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: typeof Axe };
    const runOnly = ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice'];
    const { violations, incomplete } = await axe.run(document, { runOnly });
    return [...violations, ...incomplete].flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id} ${html} ${failureSummary}`),
    );
  });
}

async function overhangOf(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
}

describePage('the page', ({ open }) => {
  it.each(LOOKS)('is fit for everybody, and scrolls no way but down: $width px, $colorScheme', async (look) => {
    const { width, colorScheme } = look;
    const page = await open({ viewport: { width, height: 800 }, colorScheme });
    const person = personAt(page);
    const inspect = async (state: string): Promise<void> => {
      await page.screenshot({ path: join(SCREENSHOTS, `${width}-${colorScheme}-${state}.png`), fullPage: true });
      expect(await findingsOf(page)).toEqual([]);
      expect(await overhangOf(page)).toBeLessThanOrEqual(0);
    };
    await inspect('1-start');
    await person.pay.click();
    await person.phone.getByRole('button').waitFor();
    await inspect('2-asked');
    await person.otp.fill('1');
    await person.approve.click();
    await person.payout.getByText('Enter the 6 digits').waitFor();
    await inspect('3-incomplete');
    await person.phone.getByRole('button').click();
    await person.approve.click();
    await person.outcome.getByText('Paid.').waitFor();
    await person.tap('Same token on Koa');
    await person.outcome.getByText('otp_token_used').waitFor();
    await person.tap('Issuer down');
    await person.outcome.getByText('guard_unavailable').waitFor();
    await person.newest(4);
    await page.evaluate(() => scrollTo(0, 0));
    await inspect('4-tried');
  });

  it('has room for texts of twice the size on a narrow screen', async () => {
    const page = await open({ viewport: { width: 360, height: 800 } });
    await page.evaluate(() => {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(':root { font-size: 200% }');
      document.adoptedStyleSheets.push(sheet);
    });
    await personAt(page).payByTap();
    await personAt(page).newest(2);
    await page.screenshot({ path: join(SCREENSHOTS, '360-large.png'), fullPage: true });
    const amount = await page.getByText('₹2,500.00').boundingBox();
    expect(amount!.width).toBeGreaterThan(amount!.height);
    expect(await overhangOf(page)).toBeLessThanOrEqual(0);
  });

  it('moves nothing, so that nobody who asks for reduced motion sees any', async () => {
    for (const reducedMotion of ['reduce', 'no-preference'] as const) {
      const page = await open({ reducedMotion });
      await page.evaluate(() => {
        document.addEventListener('animationstart', () => noteViolation('an animation'), true);
        document.addEventListener('transitionrun', () => noteViolation('a transition'), true);
      });
      await personAt(page).tap('Same token again');
      await personAt(page).outcome.getByText('otp_token_used').waitFor();
      expect(await page.evaluate(() => document.getAnimations().length)).toBe(0);
    }
  });

  it('shows the newest decision beside its button from 768 px on, and the way to it below', async () => {
    const page = await open({ viewport: { width: 768, height: 800 } });
    const person = personAt(page);
    await person.tap('Issuer down');
    const decision = person.decisions.getByText('guard_unavailable');
    await decision.waitFor();
    expect(await page.evaluate(() => scrollY)).toBeGreaterThan(0);
    const box = await decision.boundingBox();
    expect(box!.y).toBeGreaterThanOrEqual(0);
    expect(box!.y + box!.height).toBeLessThanOrEqual(800);
    const why = page.getByRole('link', { name: 'Why' });
    expect(await why.isVisible()).toBe(false);
    await page.setViewportSize({ width: 360, height: 800 });
    await why.click();
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('decisions-title');
    expect(await person.decisions.getByText('guard_unavailable').isVisible()).toBe(true);
  });
});
