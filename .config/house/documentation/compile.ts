import { execFile } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../workspace.ts';
import type { CodeBlock } from './blocks.ts';
import { consumerFolder, packagesIn } from './consumer-folder.ts';
import { PRELUDE } from './prelude.ts';

/** As an application sets it, with TypeScript's own strictness. */
const COMPILER_OPTIONS = {
  target: 'es2023',
  lib: ['es2023'],
  module: 'nodenext',
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  // As NestJS wants it.
  experimentalDecorators: true,
  types: ['node'],
};

/** What the compiler says of the blocks, each as a module of its own: file, line and message. */
export async function compilerErrors(blocks: readonly CodeBlock[]): Promise<string[]> {
  const code = blocks.map((block) => block.code).join('\n');
  const folder = consumerFolder(new Set([...packagesIn(code + PRELUDE), '@types/node']));
  try {
    const options = { compilerOptions: COMPILER_OPTIONS, include: ['*.ts'] };
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module' }));
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(options));
    writeFileSync(join(folder, 'prelude.ts'), PRELUDE);
    // Behind the code, so that the lines stay where they are.
    for (const [index, block] of blocks.entries()) {
      writeFileSync(join(folder, `block-${index}.ts`), `${block.code}export {};\n`);
    }
    return errorsIn(await compile(folder), blocks);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function compile(folder: string): Promise<string> {
  const tsc = join(ROOT, 'node_modules', '.bin', 'tsc');
  // It ends with a code of its own if it finds something.
  return new Promise((resolve) => {
    execFile(tsc, ['-p', folder, '--pretty', 'false'], { cwd: folder, maxBuffer: 2 ** 26 }, (_error, stdout) =>
      resolve(stdout),
    );
  });
}

function errorsIn(output: string, blocks: readonly CodeBlock[]): string[] {
  const lines = output.split('\n').filter((line) => /error TS\d+/.test(line));
  return lines.map((line) =>
    line.replace(/^block-(\d+)\.ts\((\d+),\d+\)/, (_match, index: string, at: string) => {
      const block = blocks[Number(index)]!;
      return `${block.file}:${block.line + Number(at)}`;
    }),
  );
}
