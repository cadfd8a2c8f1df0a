import { refuse, STATUS } from '@verified-mobile/test-support/smsc-script';
import { startSmscRecorder } from '@verified-mobile/test-support/smsc-recorder';
import { expect, it, onTestFinished } from 'vitest';
import { libraryContender, routeContender } from '../src/smpp/contenders.ts';

it('the route of the SMPP benchmark sends, and stops it if the SMSC refuses a message', async () => {
  const smsc = await startSmscRecorder();
  const { send, close } = await routeContender(smsc.port);
  onTestFinished(async () => {
    await close();
    await smsc.stop();
  });
  await send();
  smsc.follow({ submit: () => refuse(STATUS.invalidDestination) });
  await expect(send()).rejects.toThrow('refused');
});

it('npm smpp by hand stops the SMPP benchmark if it is refused', async () => {
  const smsc = await startSmscRecorder({ script: { bind: () => refuse(STATUS.bindFailed) } });
  onTestFinished(async () => smsc.stop());
  await expect(libraryContender(smsc.port)).rejects.toThrow('refused');
  // It says that it speaks SMPP 5.0.
  expect(smsc.takeFaults()).toEqual([expect.stringContaining('interface_version is 80')]);
});
