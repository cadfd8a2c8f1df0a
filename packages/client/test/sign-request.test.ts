import { expect, it } from 'vitest';
import { secretKeyFor, signedHeaders } from '@verified-mobile/client';

it('signs the published golden vector', () => {
  expect(secretKeyFor('TEST_ACCESS_KEY_DO_NOT_USE', '1700000000000')).toBe(
    'u30ak/iOGwKCaspqCeiYng8fd98QDx7kF3DBBOadQHk=',
  );
});

it('sends the timestamp that it signed, in milliseconds', () => {
  const headers = signedHeaders({ developerKey: 'dev', accessKey: 'TEST_ACCESS_KEY_DO_NOT_USE' }, 1_700_000_000_000);
  expect(headers).toEqual({
    developer_key: 'dev',
    'secret-key': 'u30ak/iOGwKCaspqCeiYng8fd98QDx7kF3DBBOadQHk=',
    'secret-key-timestamp': '1700000000000',
  });
});

it('never sends the access key', () => {
  const headers = signedHeaders({ developerKey: 'dev', accessKey: 'TEST_ACCESS_KEY_DO_NOT_USE' });
  expect(JSON.stringify(headers)).not.toContain('TEST_ACCESS_KEY');
});
