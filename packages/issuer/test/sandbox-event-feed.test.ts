/** What the feed of events owes its readers, without a server. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createEventFeed } from '../src/sandbox/event-feed.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'setTimeout'] }));
afterEach(() => void vi.useRealTimers());

const decoder = new TextDecoder();

async function textOf(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<string> {
  return decoder.decode((await reader.read()).value);
}

it('says every 15 s that it is there', async () => {
  const reader = createEventFeed().readFrom(undefined).getReader();
  expect(await textOf(reader)).toBe('retry: 1000\n\n');
  const heard: string[] = [];
  const next = textOf(reader).then((text) => heard.push(text));
  await vi.advanceTimersByTimeAsync(14_999);
  expect(heard).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  await next;
  expect(heard).toEqual([':\n\n']);
});

it('forgets a reader that has left, and its timer with the last one', async () => {
  const feed = createEventFeed();
  const readers = [feed.readFrom(undefined).getReader(), feed.readFrom(undefined).getReader()];
  await Promise.all(readers.map(textOf));
  expect(vi.getTimerCount()).toBe(1);
  await readers[0]!.cancel();
  expect(vi.getTimerCount()).toBe(1);
  await readers[1]!.cancel();
  expect(vi.getTimerCount()).toBe(0);
});

it('keeps nothing for a body that is never read, as that of an answer to HEAD', () => {
  const feed = createEventFeed();
  feed.readFrom(undefined);
  expect(vi.getTimerCount()).toBe(0);
});

it('keeps 1000 pieces for a reader that is behind, and drops it with the next one', async () => {
  const feed = createEventFeed();
  const reader = feed.readFrom(undefined).getReader();
  await textOf(reader);
  for (let count = 0; count < 1000; count += 1) feed.publish('clock', { count });
  expect((await textOf(reader)).split('\n\n')).toHaveLength(1001);
  for (let count = 0; count < 1001; count += 1) feed.publish('clock', { count });
  await expect(reader.read()).rejects.toBe('A reader of /sandbox/events was too slow and was dropped.');
  expect(vi.getTimerCount()).toBe(0);
});

it('writes whatever it is told on one line of data', async () => {
  const feed = createEventFeed();
  feed.publish('message', { text: 'one\r\ntwo\u2028\n\nevent: forged' });
  const text = await textOf(feed.readFrom(undefined).getReader());
  expect(text.split(/\r\n|\r|\n/)).toEqual([
    'retry: 1000',
    '',
    expect.stringMatching(/^id: \w+-1$/),
    'event: message',
    expect.stringMatching(/^data: \{[^\n]*\}$/),
    '',
    '',
  ]);
});
