/** What this package uses of npm `smpp` 0.5.1, which has no types of its own. */
declare module 'smpp' {
  export interface FieldType {
    read(buffer: Buffer, offset: number): unknown;
    size(value: unknown): number;
  }

  export interface Command {
    readonly command: string;
    readonly params?: Readonly<Record<string, { readonly type: FieldType }>>;
  }

  const smpp: {
    readonly PDU: new (command: string, options: Readonly<Record<string, unknown>>) => { toBuffer(): Buffer };
    readonly commandsById: Readonly<Record<number, Command | undefined>>;
    readonly errors: Readonly<Record<string, number>>;
    readonly encodings: {
      readonly ASCII: { match(text: string): boolean; encode(text: string): Buffer };
    };
  };
  export default smpp;
}
