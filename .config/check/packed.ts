import { readdirSync, statSync } from 'node:fs';
import { join, sep } from 'node:path';
import type { Manifest } from '../house/workspace.ts';

/** A package as a registry would get it: packed, and unpacked again. */
export interface Packed {
  /** `packages/core` */
  readonly folder: string;
  /** Where the tarball is unpacked. */
  readonly at: string;
  readonly tarballBytes: number;
  /** The package.json in the tarball. */
  readonly manifest: Manifest;
  /** The file with its bill of materials, as CycloneDX. */
  readonly sbom: string;
}

/** What a check finds in one package. */
export interface Report {
  /** Each names the file and the remedy; none if all is well. */
  readonly objections: readonly string[];
  /** Figures for the printed line. */
  readonly note?: string;
}

/** One idea that every package is held to. */
export interface Check {
  readonly name: string;
  readonly look: (packed: Packed, root: string) => Report | Promise<Report>;
}

/** Every file of the tarball, as `dist/index.js`. */
export function filesOf({ at }: Packed): string[] {
  return readdirSync(at, { recursive: true, encoding: 'utf8' })
    .filter((file) => statSync(join(at, file)).isFile())
    .map((file) => file.replaceAll(sep, '/'))
    .toSorted();
}
