import { fileURLToPath } from 'node:url';
import { hasChromium, launchChromium } from '@verified-mobile/test-support/chromium';
import { freePort } from '@verified-mobile/test-support/free-port';
import { type RunningProgram, startProgram } from '@verified-mobile/test-support/program';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect } from 'vitest';

export const DESK: string = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

export interface DeskPages {
  readonly desk: () => RunningDesk;
  /** The page, in a profile of its own; of another desk if its URL is given. */
  readonly open: (options?: BrowserContextOptions, url?: string) => Promise<Page>;
}

export interface RunningDesk {
  readonly program: RunningProgram;
  readonly ports: Readonly<Record<'ISSUER_PORT' | 'EXPRESS_PORT' | 'KOA_PORT', number>>;
  readonly url: string;
}

export async function startDesk(): Promise<RunningDesk> {
  const ports = { ISSUER_PORT: await freePort(), EXPRESS_PORT: await freePort(), KOA_PORT: await freePort() };
  const program = startProgram(DESK, ports);
  const url = `http://localhost:${ports.ISSUER_PORT}/`;
  await program.says(`): ${url}\n`);
  return { program, ports, url };
}

/**
 * Tests in Chromium, of the built program. All have one desk, which starts over before each; no page may violate its
 * policy, load anything from elsewhere, or leave an error unhandled.
 */
export function describePage(name: string, tests: (pages: DeskPages) => void): void {
  describe.skipIf(!hasChromium)(`${name}, in Chromium`, () => {
    let browser: Browser;
    let desk: RunningDesk;
    const faults: string[] = [];
    beforeAll(async () => {
      [browser, desk] = await Promise.all([launchChromium(), startDesk()]);
    });
    afterAll(async () => {
      await browser?.close();
      desk?.program.child.kill();
    });
    beforeEach(async () => void (await fetch(`${desk.url}tries/start-over`, { method: 'POST' })));
    afterEach(async () => {
      await Promise.all(browser.contexts().map(async (context) => context.close()));
      expect(faults.splice(0)).toEqual([]);
    });
    const open: DeskPages['open'] = async (settings = {}, url = desk.url) => {
      const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...settings });
      await context.exposeFunction('noteViolation', (violation: string) => void faults.push(violation));
      await context.addInitScript(() => {
        document.addEventListener('securitypolicyviolation', (event) => noteViolation(event.violatedDirective));
      });
      const page = await context.newPage();
      page.on('pageerror', (error) => faults.push(String(error)));
      page.on('request', (request) => {
        if (!request.url().startsWith(url)) faults.push(`loads ${request.url()}`);
      });
      await page.goto(url);
      return page;
    };
    tests({ desk: () => desk, open });
  });
}

declare global {
  function noteViolation(violation: string): void;
}
