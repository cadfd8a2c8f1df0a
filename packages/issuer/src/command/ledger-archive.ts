import { hostname } from 'node:os';
import { archiveLedger } from '../ledger/archive.ts';
import { IssuerError, misconfigured } from '../lib/errors.ts';
import { signCheckpoint } from '../tokens/sign-checkpoint.ts';
import { loadSigningKeys } from '../tokens/signing-keys.ts';
import { readSetting, type Variables } from '../lib/read-setting.ts';
import { readKeys } from './key-file.ts';

export const ARCHIVE_USAGE: string = 'ledger archive <folder> <archive folder>';

/** `ledger archive`: moves all files but the newest, and leaves a checkpoint in their place. */
export async function runArchive(args: readonly string[], variables: Variables): Promise<number> {
  const [folder, archive] = args;
  if (folder === undefined || archive === undefined || args.length > 2) {
    throw misconfigured(`Usage: verified-mobile-issuer ${ARCHIVE_USAGE}.`);
  }
  const [issuer, keyText] = [readSetting(variables, 'ISSUER_URL'), readSetting(variables, 'ISSUER_KEYS')];
  if (issuer === undefined || keyText === undefined) {
    throw misconfigured(
      'ISSUER_URL and ISSUER_KEYS are needed to sign the last archived entry. Set them as for the service.',
    );
  }
  const keys = loadSigningKeys(readKeys(keyText, 'ISSUER_KEYS'));
  const chain = readSetting(variables, 'ISSUER_NODE') ?? hostname();
  const files = await archived({
    folder,
    archive,
    sign: (head) => signCheckpoint({ chain, ...head }, { issuer, keys, now: Date.now() }),
  });
  process.stdout.write(
    files.length === 0 ? 'Nothing to archive: one file, which is the newest.\n' : moved(files, archive),
  );
  return 0;
}

async function archived(archiving: Parameters<typeof archiveLedger>[0]): Promise<readonly string[]> {
  try {
    return await archiveLedger(archiving);
  } catch (cause) {
    if (cause instanceof IssuerError) throw cause;
    throw new IssuerError('ledger_unavailable', `${archiving.folder} cannot be archived. Run it again.`, { cause });
  }
}

function moved(files: readonly string[], archive: string): string {
  return `${files.map((file) => `${file}\n`).join('')}Moved to ${archive}: ${files.length}. Keep the keys that signed start.jws.\n`;
}
