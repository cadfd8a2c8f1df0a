import { hasChromium, launchChromium } from '@verified-mobile/test-support/chromium';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect } from 'vitest';
import { type Desk, type DeskOptions, openDesk } from './desk.ts';

export interface OpenPages {
  /** Of this test. */
  readonly desk: () => Desk;
  /** A page of the desk, in a profile of its own. */
  readonly open: (options?: BrowserContextOptions, before?: (page: Page) => Promise<void>) => Promise<Page>;
}

/** Tests in Chromium. Each has a desk; no page may violate its policy, nor leave an error unhandled. */
export function describeInChromium(name: string, tests: (pages: OpenPages) => void, options: DeskOptions = {}): void {
  describe.skipIf(!hasChromium)(`${name}, in Chromium`, () => {
    let browser: Browser;
    let desk: Desk;
    const faults: string[] = [];
    beforeAll(async () => void (browser = await launchChromium()));
    afterAll(async () => browser?.close());
    beforeEach(async () => void (desk = await openDesk(options)));
    afterEach(async () => {
      await Promise.all(browser.contexts().map(async (context) => context.close()));
      desk.close();
      expect(faults.splice(0)).toEqual([]);
    });
    const open: OpenPages['open'] = async (settings = {}, before = async () => undefined) => {
      const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...settings });
      const page = await context.newPage();
      page.on('pageerror', (error) => faults.push(String(error)));
      await page.exposeFunction('noteViolation', (violation: string) => void faults.push(violation));
      await page.addInitScript(() => {
        document.addEventListener('securitypolicyviolation', (event) => noteViolation(event.violatedDirective));
      });
      await before(page);
      await page.goto(desk.origin);
      return page;
    };
    tests({ desk: () => desk, open });
  });
}

declare global {
  function noteViolation(violation: string): void;
}
