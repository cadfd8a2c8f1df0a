import { hasProgram } from './debian-package.ts';

/** An example of `libnet-smpp-perl`, which Debian keeps with the documentation. */
export const PERL_SMSC = '/usr/share/doc/libnet-smpp-perl/examples/smsc.pl';
export const DRIVE_SMPP = '/usr/lib/kannel/test/drive_smpp';
export const BEARERBOX = '/usr/sbin/bearerbox';
export const SMSBOX = '/usr/sbin/smsbox';

/** Each of them installs what is missing. */
export const hasPerlSmsc = (): boolean => hasProgram(PERL_SMSC, 'libnet-smpp-perl');
export const hasDriveSmpp = (): boolean => hasProgram(DRIVE_SMPP, 'kannel-extras');
export const hasKannel = (): boolean => hasProgram(BEARERBOX, 'kannel');
