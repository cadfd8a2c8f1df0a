import { randomBytes } from 'node:crypto';
import { EventReader } from './event-reader.ts';

export type FeedEvent = 'message' | 'issuer' | 'decision' | 'fault' | 'clock' | 'reset';

/** What happens in the sandbox, as server-sent events. */
export interface EventFeed {
  readonly publish: (event: FeedEvent, data: object) => void;
  /** What is remembered from after that event on, or all of it, and then what happens. */
  readonly readFrom: (lastEventId: string | undefined) => ReadableStream<Uint8Array>;
  /** Forgets everything; readers stay. */
  readonly restart: () => void;
  /** Ends every stream. */
  readonly close: () => void;
}

const MOST_EVENTS = 1000;
const RETRY_MS = 1_000;
/** Proxies drop a connection on which nothing is said for a minute or so. */
const HEARTBEAT_MS = 15_000;

export function createEventFeed(): EventFeed {
  const history = createHistory();
  const readers = new Set<EventReader>();
  let heartbeat: NodeJS.Timeout | undefined;
  let isClosed = false;
  const tell = (text: string): void => readers.forEach((reader) => reader.tell(text));
  const onGone = (reader: EventReader): void => {
    readers.delete(reader);
    if (readers.size === 0) clearInterval(heartbeat);
  };
  const admit = (reader: EventReader, lastEventId: string | undefined): string => {
    if (readers.size === 0) heartbeat = setInterval(() => tell(':\n\n'), HEARTBEAT_MS).unref();
    readers.add(reader);
    if (isClosed) reader.end();
    return `retry: ${RETRY_MS}\n\n${history.after(lastEventId)}`;
  };
  return {
    publish: (event, data) => tell(history.add(event, data)),
    readFrom: (lastEventId) => new EventReader({ onOpen: (reader) => admit(reader, lastEventId), onGone }).body,
    restart: history.restart,
    close() {
      isClosed = true;
      for (const reader of readers) reader.end();
    },
  };
}

interface History {
  /** Returns the event as it goes out. */
  readonly add: (event: FeedEvent, data: object) => string;
  readonly after: (eventId: string | undefined) => string;
  readonly restart: () => void;
}

/** The newest 1000 events. An id that is not among them, as of an earlier process, gets all of them. */
function createHistory(): History {
  const run = randomBytes(6).toString('hex');
  let count = 0;
  let events: { readonly id: string; readonly text: string }[] = [];
  return {
    add(event, data) {
      count += 1;
      const id = `${run}-${count}`;
      // No line feed: JSON writes one as \n.
      const text = `id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
      events.push({ id, text });
      if (events.length > MOST_EVENTS) events.shift();
      return text;
    },
    after(eventId) {
      const seen = events.findIndex(({ id }) => id === eventId);
      return events
        .slice(seen + 1)
        .map(({ text }) => text)
        .join('');
    },
    // The count goes on: an id of before must name no event of after.
    restart: () => void (events = []),
  };
}
