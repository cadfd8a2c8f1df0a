import { describe, expect, it } from 'vitest';
import { type Fields, readPdu, type Tlv, tlvOf, userDataOf, writePdu } from '../src/smpp-pdu.ts';

const PE_ID = 0x14_00;
const TEXT = Buffer.from('Hello', 'latin1');
const SUBMIT: Fields = {
  source_addr_ton: 5,
  source_addr: 'EKOIND',
  dest_addr_ton: 1,
  dest_addr_npi: 1,
  destination_addr: '919876543210',
  registered_delivery: 1,
  short_message: TEXT,
};

const submit = (fields: Fields = {}, tlvs: readonly Tlv[] = []): Buffer =>
  writePdu({ command: 'submit_sm', sequence: 7, fields: { ...SUBMIT, ...fields }, tlvs });
const faultsOf = (bytes: Buffer): readonly string[] => readPdu(withLength(bytes)).faults;
const withLength = (bytes: Buffer): Buffer => {
  bytes.writeUInt32BE(bytes.length, 0);
  return bytes;
};
const tlv = (tag: number, ...bytes: number[]): Tlv => ({ tag, value: Buffer.from(bytes) });

/** Chapter 3 of the specification shows it, byte by byte. */
const EXAMPLE = Buffer.from(
  '0000002f000000020000000000000001534d50503354455354007365637265743038005355424d4954310000010100',
  'hex',
);

describe('a PDU is read', () => {
  it('as chapter 3 of the specification reads its example, and is written with the same bytes', () => {
    const { command, sequence, fields, faults } = readPdu(EXAMPLE);
    expect({ command, sequence, fields, faults }).toEqual({
      command: 'bind_transmitter',
      sequence: 1,
      fields: {
        system_id: 'SMPP3TEST',
        password: 'secret08',
        system_type: 'SUBMIT1',
        interface_version: 0,
        addr_ton: 1,
        addr_npi: 1,
        address_range: '',
      },
      faults: [],
    });
    expect(writePdu({ command, sequence, fields })).toEqual(EXAMPLE);
  });

  it('with its optional parameters, in the order and with the NUL of the wire', () => {
    const entity = { tag: PE_ID, value: Buffer.from('1201159\0') };
    const pdu = readPdu(submit({}, [entity, tlv(0x02_04, 0, 9)]));
    expect(pdu.faults).toEqual([]);
    expect(pdu.tlvs).toEqual([entity, tlv(0x02_04, 0, 9)]);
    expect(tlvOf(pdu, PE_ID)?.toString()).toBe('1201159\0');
    expect(pdu.fields).toMatchObject({ source_addr: 'EKOIND', sm_length: 5, short_message: TEXT });
  });

  it('with the header of a part apart from its text', () => {
    const short_message = Buffer.of(5, 0, 3, 0xaa, 2, 1, 0x41);
    const pdu = readPdu(submit({ esm_class: 0x40, short_message }));
    expect(pdu.faults).toEqual([]);
    expect(userDataOf(pdu)).toEqual({ header: short_message.subarray(0, 6), text: Buffer.of(0x41) });
  });

  it('with its text from message_payload', () => {
    const pdu = readPdu(submit({ short_message: Buffer.alloc(0) }, [{ tag: 0x04_24, value: TEXT }]));
    expect(pdu.faults).toEqual([]);
    expect(userDataOf(pdu).text).toEqual(TEXT);
  });

  it('without a body, where it is the answer with an error', () => {
    const bytes = writePdu({ command: 'submit_sm_resp', sequence: 7, status: 0x58, bare: true });
    expect(readPdu(bytes)).toMatchObject({ command: 'submit_sm_resp', status: 0x58, faults: [] });
  });
});

describe('a field at its longest is right, and one more is a fault', () => {
  it.each([
    ['destination_addr', '9'.repeat(20)],
    ['source_addr', 'A'.repeat(20)],
    ['service_type', 'ABCDE'],
    ['priority_flag', 3],
    ['source_addr_ton', 6],
    ['sm_default_msg_id', 254],
    ['replace_if_present_flag', 1],
    ['data_coding', 10],
    ['registered_delivery', 2],
  ])('%s', (name, value) => {
    expect(faultsOf(submit({ [name]: value }))).toEqual([]);
    expect(faultsOf(submit({ [name]: typeof value === 'string' ? `${value}9` : value + 1 }))).toHaveLength(1);
  });

  it('short_message', () => {
    expect(faultsOf(submit({ short_message: Buffer.alloc(254, 0x41) }))).toEqual([]);
    expect(faultsOf(submit({ short_message: Buffer.alloc(255, 0x41) }))).toEqual([
      'submit_sm: sm_length is 255, which is reserved',
    ]);
  });

  it('the sequence number', () => {
    const numbered = (sequence: number): Buffer => writePdu({ command: 'enquire_link', sequence });
    expect(faultsOf(numbered(0x7f_ff_ff_ff))).toEqual([]);
    expect(faultsOf(numbered(0x80_00_00_00))).toHaveLength(1);
    expect(faultsOf(numbered(1))).toEqual([]);
    expect(faultsOf(numbered(0))).toHaveLength(1);
  });
});

describe('a fault is', () => {
  const cut = (bytes: Buffer, count: number): Buffer => bytes.subarray(0, bytes.length - count);

  it.each<[string, Buffer, string]>([
    ['a text that is shorter than its length', cut(submit(), 1), 'short_message has 4 bytes, not 5'],
    ['bytes after the text', Buffer.concat([submit(), Buffer.of(0)]), '1 bytes at its end are no parameter'],
    ['a field without its NUL', cut(EXAMPLE, 1), 'address_range has no NUL at its end'],
    ['bytes after a body without parameters', Buffer.concat([EXAMPLE, Buffer.of(0)]), '1 bytes follow its body'],
    ['a body that ends early', submit().subarray(0, 17), 'source_addr_ton is missing'],
    ['a field that is not ASCII', submit({ source_addr: 'EKÖ' }), 'source_addr is not ASCII text'],
    ['a time without its zone', submit({ validity_period: '261129120000000' }), 'validity_period has the wrong form'],
    ['a parameter that is cut off', cut(submit({}, [tlv(PE_ID, 1, 2)]), 1), 'parameter 0x1400 has 1 bytes, not 2'],
    ['a parameter twice', submit({}, [tlv(PE_ID), tlv(PE_ID)]), 'parameter 0x1400 is there twice'],
    ['a parameter with a wrong length', submit({}, [tlv(0x02_04, 1)]), 'parameter 0x0204 may not have 1 bytes'],
    ['a reserved parameter', submit({}, [tlv(0x40_00)]), 'parameter 0x4000 is reserved'],
    ['two texts', submit({}, [tlv(0x04_24, 1)]), 'it has a short_message and a message_payload'],
    ['half a UCS-2 character', submit({ data_coding: 8 }), 'its UCS-2 text has half a character'],
    [
      'a user data header longer than its data',
      submit({ esm_class: 0x40, short_message: Buffer.of(5, 0, 3) }),
      'its user data header is longer than its data',
    ],
    [
      'a user data header that is not there',
      submit({ esm_class: 0x40, short_message: Buffer.alloc(0) }),
      'it promises a user data header and has none',
    ],
  ])('%s', (_what, bytes, fault) => {
    expect(faultsOf(bytes).map((one) => one.replace(/^\w+: /, ''))).toEqual([fault]);
  });

  it.each([
    ['part 2 of 1', [5, 0, 3, 9, 1, 2], 'it is part 2 of 1'],
    ['part 0', [5, 0, 3, 9, 1, 0], 'it is part 0 of 1'],
    [
      'a reference of two bytes under the number of one',
      [6, 0, 4, 0, 9, 2, 1],
      'its part is numbered in 4 bytes, not 3',
    ],
    ['an element that is cut off', [4, 0, 3, 9, 2], 'an element of its user data header is cut off'],
    ['an element without a length', [1, 0], 'an element of its user data header is cut off'],
    ['a second element that is cut off', [6, 0, 3, 9, 2, 1, 5], 'an element of its user data header is cut off'],
  ])('in a user data header: %s', (_what, header, fault) => {
    const short_message = Buffer.from([...header, 0x41]);
    expect(faultsOf(submit({ esm_class: 0x40, short_message }))).toEqual([`submit_sm: ${fault}`]);
  });

  it('no user data header with several elements, or a reference of two bytes', () => {
    for (const header of [
      [9, 0, 3, 9, 2, 1, 0x70, 2, 1, 2],
      [6, 8, 4, 1, 9, 2, 2],
    ]) {
      const short_message = Buffer.from([...header, 0x41]);
      expect(faultsOf(submit({ esm_class: 0x40, short_message }))).toEqual([]);
    }
  });

  it('a request with a status, and a command that is not known', () => {
    expect(faultsOf(writePdu({ command: 'enquire_link', sequence: 1, status: 8 }))).toEqual([
      'enquire_link: a request has the status 8',
    ]);
    const unknown = writePdu({ command: 'enquire_link', sequence: 1 });
    unknown.writeUInt32BE(0x7777, 4);
    expect(readPdu(unknown)).toMatchObject({
      command: '0x00007777',
      faults: ['0x00007777: the command is not known'],
    });
  });

  it('the length of a time, which has both its forms', () => {
    expect(faultsOf(submit({ validity_period: '261129120000022+' }))).toEqual([]);
    expect(faultsOf(submit({ validity_period: '000000000500000R' }))).toEqual([]);
    expect(faultsOf(submit({ validity_period: '000000000500049R' }))).toHaveLength(1);
    expect(faultsOf(submit({ validity_period: '261129120000049+' }))).toHaveLength(1);
  });
});
