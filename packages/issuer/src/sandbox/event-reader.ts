/** How many pieces may wait for one reader. One that is further behind is dropped, and resumes from what is remembered. */
const LONGEST_BACKLOG = 1000;
/** How long a reader that is behind may take to read the rest when the stream ends. */
const REST_WITHIN_MS = 1_000;

export interface EventReaderListener {
  /** It reads for the first time: what it must be told before all else. */
  readonly onOpen: (reader: EventReader) => string;
  /** It takes no more. */
  readonly onGone: (reader: EventReader) => void;
}

const encoder = new TextEncoder();

/** One reader of an endless stream: a body for its answer, with what it has not read yet. */
export class EventReader {
  readonly body: ReadableStream<Uint8Array>;
  readonly #onGone: EventReaderListener['onGone'];
  readonly #backlog: string[] = [];
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  #isOpen = false;
  #isWaiting = false;
  #isEnding = false;

  constructor({ onOpen, onGone }: EventReaderListener) {
    this.#onGone = onGone;
    this.body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => void (this.#controller = controller),
        pull: () => {
          // Not before: the body of an answer to HEAD is never read, nor ever cancelled.
          if (!this.#isOpen) this.#backlog.unshift(onOpen(this));
          this.#isOpen = true;
          this.#isWaiting = true;
          this.#serve();
        },
        cancel: () => onGone(this),
      },
      // So that it is pulled only when somebody reads.
      { highWaterMark: 0 },
    );
  }

  tell(text: string): void {
    this.#backlog.push(text);
    if (this.#backlog.length > LONGEST_BACKLOG) this.#drop('A reader of /sandbox/events was too slow and was dropped.');
    else this.#serve();
  }

  /** Ends the stream once everything is read; a reader that does not read is dropped. */
  end(): void {
    this.#isEnding = true;
    this.#serve();
    setTimeout(() => this.#drop('A reader of /sandbox/events did not read to the end.'), REST_WITHIN_MS).unref();
  }

  #serve(): void {
    if (!this.#isWaiting) return;
    if (this.#backlog.length > 0) {
      this.#isWaiting = false;
      this.#controller?.enqueue(encoder.encode(this.#backlog.splice(0).join('')));
    } else if (this.#isEnding) {
      this.#isWaiting = false;
      this.#controller?.close();
      this.#onGone(this);
    }
  }

  #drop(reason: string): void {
    this.#backlog.length = 0;
    this.#isWaiting = false;
    // Nothing happens to a stream that has ended. A text, because Node's server prints it, and an error with its stack.
    this.#controller?.error(reason);
    this.#onGone(this);
  }
}
