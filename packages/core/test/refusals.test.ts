import { expect, it } from 'vitest';
import { refusalTable } from '../src/guard/refusals.ts';

it('answers each refusal with these bytes, and no others', () => {
  const table = Object.values(refusalTable(300)).map(({ status, headers, body }) => ({ status, headers, body }));
  expect(table).toMatchSnapshot();
});

it('asks for the age that the guard accepts', () => {
  expect(refusalTable(120).otp_token_missing.headers['WWW-Authenticate']).toMatch(/, max_age=120$/);
});
