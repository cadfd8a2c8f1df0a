import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { membersOf } from '../house/workspace.ts';
import { CHECKS } from './checks.ts';
import { packAll } from './pack-all.ts';
import { unusedIn } from './unused.ts';

/** Looks at every public package as a registry would get it. */
async function main(root: string): Promise<void> {
  const into = mkdtempSync(join(tmpdir(), 'packed-'));
  try {
    const members = membersOf(root).filter((member) => member.manifest.private !== true);
    let failed = 0;
    const print = (subject: string, name: string, objections: readonly string[], note = ''): void => {
      if (objections.length > 0) failed += 1;
      console.log(
        `${objections.length > 0 ? 'FAIL' : 'ok  '} ${subject.padEnd(26)} ${name.padEnd(12)} ${note}`.trimEnd(),
      );
      for (const objection of objections) console.log(`     ${objection}`);
    };
    for (const packed of await packAll(root, members, into)) {
      for (const { name, look } of CHECKS) {
        const { objections, note } = await look(packed, root);
        print(packed.manifest.name, name, objections, note);
      }
    }
    print('the whole repository', 'unused', await unusedIn(root));
    console.log(failed === 0 ? `${members.length} packages can be published.` : `Checks that failed: ${failed}.`);
    process.exitCode = failed === 0 ? 0 : 1;
  } finally {
    rmSync(into, { recursive: true, force: true });
  }
}

await main(process.cwd());
