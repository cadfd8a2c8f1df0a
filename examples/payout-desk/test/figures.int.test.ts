import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { describePage, startDesk } from './support/page-under-test.ts';
import { personAt } from './support/person.ts';

const TIMES = 20;

describePage('figures, printed and not judged', ({ open }) => {
  it('from the URL at the terminal to a paid payout, by keyboard', async () => {
    const desk = await startDesk();
    const startedAt = performance.now();
    const page = await open({}, desk.url);
    const person = personAt(page);
    for (const key of ['Tab', 'Tab', 'Enter']) await page.keyboard.press(key);
    await person.phone.getByRole('button').waitFor();
    for (const key of ['Shift+Tab', 'Enter', 'Enter']) await page.keyboard.press(key);
    await person.outcome.getByText('Paid.').waitFor();
    await expect.poll(async () => person.newest(2)).toHaveLength(2);
    console.log(`URL printed to payout paid, by keyboard: ${(performance.now() - startedAt).toFixed(0)} ms`);
    desk.program.child.kill();
  });

  it('from the answer of a service to the decision on the page', async () => {
    const page = await open();
    const person = personAt(page);
    await person.payByTap();
    const delays: number[] = [];
    for (let time = 0; time < TIMES; time += 1) delays.push(await delayOfDecision(page));
    delays.sort((a, b) => a - b);
    console.log(
      `answer to decision shown, ${TIMES} times: median ${delays[TIMES / 2]!.toFixed(1)} ms, longest ${delays.at(-1)!.toFixed(1)} ms`,
    );
    expect(delays).toHaveLength(TIMES);
  });
});

/** Negative if the decision was shown before the answer had come. */
async function delayOfDecision(page: Page): Promise<number> {
  return page.evaluate(async () => {
    const list = document.querySelector('#decision-list')!;
    const shown = new Promise<number>((resolve) => {
      const observer = new MutationObserver(() => {
        observer.disconnect();
        resolve(performance.now());
      });
      observer.observe(list, { childList: true });
    });
    performance.clearResourceTimings();
    document.querySelector<HTMLButtonElement>('[data-try="again"]')!.click();
    const shownAt = await shown;
    for (;;) {
      const answer = performance.getEntriesByType('resource').find(({ name }) => name.endsWith('/tries/again'));
      if (answer) return shownAt - (answer as PerformanceResourceTiming).responseEnd;
      await new Promise(requestAnimationFrame);
    }
  });
}
