import { BOOKWORM_BACKPORTS, hasProgram } from './debian-package.ts';
import { hasDriveSmpp, hasKannel, hasPerlSmsc } from './smpp-programs.ts';

/** Once, before the test files: beside each other they would fight for the package manager's lock. */
export default function installServers(): void {
  hasProgram('redis-server', 'redis-server');
  hasProgram('valkey-server', 'valkey-server', BOOKWORM_BACKPORTS);
  hasProgram('faketime', 'faketime');
  hasProgram('chromium', 'chromium');
  hasProgram('openssl', 'openssl');
  hasPerlSmsc();
  hasKannel();
  hasDriveSmpp();
}
