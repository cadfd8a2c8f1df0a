/** SMS over SMPP 3.4, as a route of the issuer, with the DLT fields that Indian operators ask for. */
export type { SmppFault } from './link/faults.ts';
export type { DltOptions, SmppRouteOptions, StatusOptions, TlsOptions } from './setup/options.ts';
export type { SettingSource } from './setup/setting-source.ts';
export { type SmppRoute, smppRoute } from './smpp-route.ts';
