/** A PDU is never shorter than its header. */
export const HEADER_BYTES = 16;
/** Nothing that a provider sends is longer than one `message_payload`, which is 64 KiB, and the fields around it. */
const LONGEST_FRAME_BYTES = 66_000;

/** The peer's bytes are no SMPP: where its next PDU begins cannot be known any more. */
export class GarbageError extends Error {}

/** Cuts a stream of bytes into PDUs. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0);

  /**
   * The whole PDUs that there are by now, one by one: those before the garbage are good.
   *
   * @throws {GarbageError} a length that no PDU has: the connection is of no more use
   */
  *push(chunk: Buffer): Generator<Buffer, void> {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    while (this.#rest.length >= 4) {
      const length = this.#rest.readUInt32BE(0);
      if (length < HEADER_BYTES || length > LONGEST_FRAME_BYTES) throw new GarbageError();
      if (this.#rest.length < length) return;
      const frame = this.#rest.subarray(0, length);
      this.#rest = this.#rest.subarray(length);
      yield frame;
    }
  }
}
