/** What a stream of server-sent events says, read as a browser does. */
export interface ServerSentEvent {
  id: string;
  event: string;
  data: Record<string, unknown>;
}

export interface EventStream {
  /** The next event; `undefined` when the stream has ended. Rejects if it was cut off. */
  next: () => Promise<ServerSentEvent | undefined>;
  /** The next event of that name. */
  nextOf: (event: string) => Promise<ServerSentEvent | undefined>;
  /** Blocks that were no events: comments, and what says when to come again. */
  remarks: string[];
  leave: () => Promise<void>;
}

export function eventStream(response: Response): EventStream {
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  const remarks: string[] = [];
  let text = '';
  const next: EventStream['next'] = async () => {
    for (;;) {
      const [block] = text.split('\n\n', 1);
      if (text.includes('\n\n')) {
        text = text.slice(block!.length + 2);
        const found = parsed(block!);
        if (found !== undefined) return found;
        remarks.push(block!);
        continue;
      }
      const { done, value } = await reader.read();
      if (done) return undefined;
      text += value;
    }
  };
  const nextOf: EventStream['nextOf'] = async (event) => {
    for (;;) {
      const found = await next();
      if (found === undefined || found.event === event) return found;
    }
  };
  return { next, nextOf, remarks, leave: async () => reader.cancel() };
}

/** All that a sandbox remembers. */
export async function eventsOf({ get }: { get: (path: string) => Promise<Response> }): Promise<ServerSentEvent[]> {
  const reader = (await get('/sandbox/events')).body!.getReader();
  const { value } = await reader.read();
  await reader.cancel();
  const blocks = new TextDecoder().decode(value).split('\n\n');
  return blocks.map(parsed).filter((event) => event !== undefined);
}

function parsed(block: string): ServerSentEvent | undefined {
  const [, id, event, data] = /^id: (.+)\nevent: (.+)\ndata: (.+)$/.exec(block) ?? [];
  if (id === undefined || event === undefined || data === undefined) return undefined;
  return { id, event, data: JSON.parse(data) as Record<string, unknown> };
}
