/** What is registered on DLT, India's platform for commercial SMS: read, compared with texts, and counted in segments. */
export { chainHash } from './dlt/chain-hash.ts';
export { readDltRegistry } from './dlt/read-registry.ts';
export type { DltAccount, DltHeader, DltRegistry, DltTemplate } from './dlt/registry.ts';
export { scrub, type ScrubbedTemplate, type ScrubResult, type TemplateMismatch } from './dlt/scrub.ts';
export { countSegments, type SegmentCount } from './dlt/segments.ts';
export type { TemplatePart, VariableBinding, VariablePart } from './dlt/template.ts';
export type { VariableTag } from './dlt/variable-tags.ts';
