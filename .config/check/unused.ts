import { execFile } from 'node:child_process';
import { join } from 'node:path';

const REMEDY = 'Remove what nothing uses, or say in .config/knip.json by what it is used:';
const HINT = 'what its settings say too much of is told by "npx knip --config .config/knip.json".';

/** What nothing uses: files, exports and dependencies of the whole repository, a line for each below the remedy. */
export async function unusedIn(root: string): Promise<string[]> {
  const knip = join(root, 'node_modules', '.bin', 'knip');
  const words = ['--config', '.config/knip.json', '--reporter', 'compact', '--treat-config-hints-as-errors'];
  return new Promise((resolve, reject) => {
    execFile(knip, words, { cwd: root, maxBuffer: 2 ** 26 }, (error, stdout, stderr) => {
      if (error === null) resolve([]);
      else if (stdout.trim() === '') reject(new Error(`knip ended without a list: ${stderr || HINT}`));
      else resolve([REMEDY, ...stdout.trim().split('\n')]);
    });
  });
}
