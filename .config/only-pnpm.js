import { basename } from 'node:path';

// npm that a pnpm script runs takes over pnpm's user agent, and yarn that npm runs takes over npm's path: both have to be pnpm's.
const { npm_config_user_agent: agent = '', npm_execpath: program = '' } = process.env;
if (!agent.startsWith('pnpm/') || !/^pnpm\b/.test(basename(program))) {
  process.stderr.write(
    'Pack and publish with pnpm (npx -y pnpm@12 pack): any other tool leaves "workspace:" and "catalog:" in the package.json, and what it packs cannot be installed.\n',
  );
  process.exit(1);
}
