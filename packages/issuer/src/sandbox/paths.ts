export const INBOX_PATH = '/sandbox/messages';
export const EVENTS_PATH = '/sandbox/events';
export const CLOCK_PATH = '/sandbox/clock';
export const RESET_PATH = '/sandbox/reset';

const OWN_PATHS: ReadonlySet<string> = new Set(['/', INBOX_PATH, EVENTS_PATH, CLOCK_PATH, RESET_PATH]);

export function isSandboxPath(path: string): boolean {
  return OWN_PATHS.has(path);
}
