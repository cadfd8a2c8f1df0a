import { changelog } from './changelog.ts';
import { contents } from './contents.ts';
import { licences } from './licences.ts';
import { manifest } from './manifest.ts';
import type { Check } from './packed.ts';
import { published } from './published.ts';
import { size } from './size.ts';
import { sourceMaps } from './source-maps.ts';
import { types } from './types.ts';

/** What every public package is held to, before it is published and with every change. */
export const CHECKS: readonly Check[] = [manifest, contents, changelog, sourceMaps, published, types, size, licences];
