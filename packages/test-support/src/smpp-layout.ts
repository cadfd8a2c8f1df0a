/** How a field of a PDU's body is written, as chapter 4 of SMPP 3.4 lists it. */
export type Field =
  | { readonly name: string; readonly form: 'byte'; readonly allows: (value: number) => boolean }
  /** `most` counts the NUL at the end. */
  | { readonly name: string; readonly form: 'text'; readonly most: number; readonly allows: (text: string) => boolean }
  /** As many bytes as the field named here says. */
  | { readonly name: string; readonly form: 'octets'; readonly lengthField: string; readonly most: number };

export interface Command {
  readonly name: string;
  readonly id: number;
  readonly body: readonly Field[];
  /** Whether optional parameters may follow the body. */
  readonly takesTlvs: boolean;
}

const anything = (): boolean => true;
const upTo =
  (most: number) =>
  (value: number): boolean =>
    value <= most;
const byte = (name: string, allows: (value: number) => boolean = anything): Field => ({ name, form: 'byte', allows });
const text = (name: string, most: number, allows: (value: string) => boolean = anything): Field => ({
  name,
  form: 'text',
  most,
  allows,
});

/** §5.2.6: 0x0a and the rest are reserved. */
const isNumberingPlan = (value: number): boolean => [0, 1, 3, 4, 6, 8, 9, 10, 14, 18].includes(value);
/** §5.2.19. */
const isDataCoding = (value: number): boolean =>
  value <= 10 || value === 13 || value === 14 || (value >= 0xc0 && value <= 0xdf) || value >= 0xf0;
/** §5.2.17: the two upper bits and the one beside the receipts of the user's own are not in use; 3 is reserved. */
const isRegisteredDelivery = (value: number): boolean => (value & 0b1110_0000) === 0 && (value & 0b11) !== 3;
/** §7.1.1: absolute with its quarters of an hour from UTC, or relative with `R`. */
const isTime = (value: string): boolean => value === '' || /^\d{12}(?:\d(?:[0-3]\d|4[0-8])[+-]|000R)$/.test(value);

const BIND: readonly Field[] = [
  text('system_id', 16),
  text('password', 9),
  text('system_type', 13),
  byte('interface_version', upTo(0x34)),
  byte('addr_ton', upTo(6)),
  byte('addr_npi', isNumberingPlan),
  text('address_range', 41),
];

const MESSAGE: readonly Field[] = [
  text('service_type', 6),
  byte('source_addr_ton', upTo(6)),
  byte('source_addr_npi', isNumberingPlan),
  text('source_addr', 21),
  byte('dest_addr_ton', upTo(6)),
  byte('dest_addr_npi', isNumberingPlan),
  text('destination_addr', 21),
  byte('esm_class'),
  byte('protocol_id'),
  byte('priority_flag', upTo(3)),
  text('schedule_delivery_time', 17, isTime),
  text('validity_period', 17, isTime),
  byte('registered_delivery', isRegisteredDelivery),
  byte('replace_if_present_flag', upTo(1)),
  byte('data_coding', isDataCoding),
  byte('sm_default_msg_id', upTo(254)),
  byte('sm_length', upTo(254)),
  { name: 'short_message', form: 'octets', lengthField: 'sm_length', most: 254 },
];

const RESPONSE = 0x8000_0000;
const pair = (name: string, id: number, body: readonly Field[], response: readonly Field[]): Command[] => {
  const isBind = name.startsWith('bind_');
  return [
    { name, id, body, takesTlvs: body === MESSAGE },
    { name: `${name}_resp`, id: RESPONSE + id, body: response, takesTlvs: isBind },
  ];
};

/** What an ESME and an SMSC may say to each other here. `data_sm`, `query_sm` and the like are refused. */
export const COMMANDS: readonly Command[] = [
  { name: 'generic_nack', id: RESPONSE, body: [], takesTlvs: false },
  ...pair('bind_receiver', 0x01, BIND, [text('system_id', 16)]),
  ...pair('bind_transmitter', 0x02, BIND, [text('system_id', 16)]),
  ...pair('bind_transceiver', 0x09, BIND, [text('system_id', 16)]),
  ...pair('submit_sm', 0x04, MESSAGE, [text('message_id', 65)]),
  // §4.6.2: its message_id is unused, and is a lone NUL.
  ...pair('deliver_sm', 0x05, MESSAGE, [text('message_id', 1)]),
  ...pair('unbind', 0x06, [], []),
  ...pair('enquire_link', 0x15, [], []),
];

/** The lengths that §5.3.2 allows the optional parameters of these commands, from and to. */
export const TLV_LENGTHS: ReadonlyMap<number, readonly [least: number, most: number]> = new Map([
  [0x00_05, [1, 1]],
  [0x00_06, [1, 1]],
  [0x00_07, [1, 1]],
  [0x00_08, [2, 2]],
  [0x00_0d, [1, 1]],
  [0x00_0e, [1, 1]],
  [0x00_0f, [1, 1]],
  [0x00_10, [1, 1]],
  [0x00_17, [4, 4]],
  [0x00_19, [1, 1]],
  [0x00_1d, [1, 256]],
  [0x00_1e, [1, 65]],
  [0x00_30, [1, 1]],
  [0x02_01, [1, 1]],
  [0x02_02, [2, 23]],
  [0x02_03, [2, 23]],
  [0x02_04, [2, 2]],
  [0x02_05, [1, 1]],
  [0x02_0a, [2, 2]],
  [0x02_0b, [2, 2]],
  [0x02_0c, [2, 2]],
  [0x02_0d, [1, 1]],
  [0x02_0e, [1, 1]],
  [0x02_0f, [1, 1]],
  [0x02_10, [1, 1]],
  [0x03_02, [1, 1]],
  [0x03_03, [1, 65]],
  [0x03_04, [1, 1]],
  [0x03_81, [4, 19]],
  [0x04_20, [1, 1]],
  [0x04_21, [1, 1]],
  [0x04_22, [1, 1]],
  [0x04_23, [3, 3]],
  [0x04_24, [0, 65_535]],
  [0x04_25, [1, 1]],
  [0x04_26, [1, 1]],
  [0x04_27, [1, 1]],
  [0x05_01, [1, 1]],
  [0x12_01, [1, 1]],
  [0x12_03, [2, 2]],
  [0x12_04, [1, 1]],
  [0x13_0c, [0, 0]],
  [0x13_80, [1, 1]],
  [0x13_83, [2, 2]],
]);

/** §5.3.1: the tags that belong to the SMSC's vendor, among them those of DLT. Other tags are reserved. */
export const isVendorTag = (tag: number): boolean => tag >= 0x14_00 && tag <= 0x3f_ff;
