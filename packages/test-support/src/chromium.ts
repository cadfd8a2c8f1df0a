import { type Browser, chromium } from 'playwright-core';
import { hasProgram } from './debian-package.ts';

/** Pages are opened in Debian's Chromium. */
export const hasChromium: boolean = hasProgram('chromium', 'chromium');

const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'];

/** A browser of the test's own, which the test closes. */
export async function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: '/usr/bin/chromium', args: FLAGS });
}
