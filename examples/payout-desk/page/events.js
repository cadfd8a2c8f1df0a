import { byId } from './element.js';

const PAUSE_MS = 1000;

/** Follows the sandbox's events, and comes back when the connection was lost. `listeners` are by the event's name. */
export function followEvents(listeners) {
  const seen = new Set();
  const connection = byId('connection');
  const connect = () => {
    const source = new EventSource('/sandbox/events');
    source.addEventListener('open', () => (connection.textContent = ''));
    source.addEventListener('error', () => {
      connection.textContent = 'No connection to the sandbox. Trying again…';
      // The browser comes back by itself, unless the answer was no stream of events.
      if (source.readyState !== EventSource.CLOSED) return;
      setTimeout(connect, PAUSE_MS);
    });
    for (const [name, listener] of Object.entries(listeners)) {
      source.addEventListener(name, ({ data, lastEventId }) => {
        // A new source is told of everything again.
        if (seen.has(lastEventId)) return;
        seen.add(lastEventId);
        listener(JSON.parse(data));
      });
    }
  };
  connect();
}
