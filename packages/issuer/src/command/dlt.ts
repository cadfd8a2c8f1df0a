import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type LintFinding, lintAccount } from '../dlt/lint.ts';
import { namedCode } from '../dlt/operator-codes.ts';
import { parseRegistry } from '../dlt/read-registry.ts';
import type { DltRegistry, DltTemplate } from '../dlt/registry.ts';
import { scrub, type ScrubResult } from '../dlt/scrub.ts';
import { countSegments, type SegmentCount } from '../dlt/segments.ts';
import { misconfigured } from '../lib/errors.ts';
import { readWholeSetting, type Variables } from '../lib/read-setting.ts';
import { required } from './setting-values.ts';

const USAGE =
  'Usage: verified-mobile-issuer dlt check [<file>] [--text <text>] [--account <account>] [--template <id>] [--json].';
const SETTING = 'ISSUER_DLT_REGISTRY';

interface Report {
  readonly findings: readonly (Omit<LintFinding, 'severity' | 'account'> & {
    readonly severity: LintFinding['severity'] | 'error';
    readonly account?: string;
    readonly operatorCode?: string;
  })[];
  /** With `--text`: what it costs, and how it compares with each template. */
  readonly text?: SegmentCount & { readonly templates: readonly Compared[] };
  readonly passed: boolean;
}

type Compared = ScrubResult & { readonly account: string; readonly template: string };

/** `dlt check`: 0 if the registry has no mistake and the text, if there is one, matches a template of it. */
export function runDlt(args: readonly string[], variables: Variables): number {
  const { positionals, values } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      text: { type: 'string' },
      account: { type: 'string' },
      template: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  });
  const [action, path, ...more] = positionals;
  if (action !== 'check' || more.length > 0) throw misconfigured(USAGE);
  const { registry, problems } = parseRegistry(readRegistryText(path, variables));
  const mistakes = problems.map(({ line, column, field, message, operatorCode }) => {
    const said = `${field === '' ? '' : `${field} `}${message}`;
    return { severity: 'error', line, column, message: said, operatorCode } as const;
  });
  const chosen = mistakes.length > 0 ? [] : choose(registry, values);
  const findings = values.text === undefined ? lint(registry, chosen) : [];
  const text = values.text === undefined ? undefined : compare(values.text, chosen);
  const isMatched = text === undefined || text.templates.some(({ outcome }) => outcome === 'matched');
  const report: Report = {
    findings: [...mistakes, ...findings],
    ...(text && { text }),
    passed: mistakes.length === 0 && isMatched,
  };
  const said = values.json ? `${JSON.stringify(report)}\n` : describe(report, path ?? SETTING, chosen.length);
  process.stdout.write(said);
  return report.passed ? 0 : 1;
}

function readRegistryText(path: string | undefined, variables: Variables): string {
  if (path === undefined)
    return required(readWholeSetting(variables, SETTING), SETTING, 'a DLT registry, or name a file');
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw misconfigured(`${path} cannot be read.`, { cause });
  }
}

interface Chosen {
  readonly account: string;
  readonly template: DltTemplate;
}

function choose({ accounts }: DltRegistry, { account, template }: { account?: string; template?: string }): Chosen[] {
  if (account !== undefined && !accounts.has(account)) {
    throw misconfigured(`There is no account ${account}. There are ${[...accounts.keys()].join(', ')}.`);
  }
  const all = [...accounts].flatMap(([id, { templates }]) => templates.map((one) => ({ account: id, template: one })));
  const ofAccount = all.filter((one) => account === undefined || one.account === account);
  const chosen = ofAccount.filter((one) => template === undefined || one.template.id === template);
  if (chosen.length > 0) return chosen;
  throw misconfigured(
    `There is no template ${template}. There are ${ofAccount.map((one) => one.template.id).join(', ')}.`,
  );
}

function lint({ accounts }: DltRegistry, chosen: readonly Chosen[]): readonly LintFinding[] {
  const named = new Set(chosen.map(({ account, template }) => `${account} ${template.id}`));
  return [...accounts]
    .flatMap(([account, registered]) => lintAccount(account, registered))
    .filter(({ account, template }) =>
      template === undefined ? chosen.some((one) => one.account === account) : named.has(`${account} ${template}`),
    );
}

function compare(text: string, chosen: readonly Chosen[]): NonNullable<Report['text']> {
  const templates = chosen.map(({ account, template }) => ({
    account,
    template: template.id,
    ...scrub(template, text),
  }));
  return { ...countSegments(text), templates };
}

function describe({ findings, text }: Report, name: string, templates: number): string {
  const lines = findings.map(({ severity, account, template, line, column, message, operatorCode }) => {
    const subject = [account, template].filter((part) => part !== undefined).join(' ');
    const code = operatorCode === undefined ? '' : ` Operators' code ${operatorCode}.`;
    return `${name}:${line}:${column}: ${severity}: ${subject === '' ? '' : `${subject} `}${message}${code}`;
  });
  return [...lines, ...(text === undefined ? [countsOf(findings, templates)] : describeText(text)), ''].join('\n');
}

function countsOf(findings: Report['findings'], templates: number): string {
  const count = (severity: string): number => findings.filter((one) => one.severity === severity).length;
  const counts = ['error', 'warning', 'note'].map((severity) => `${severity}s: ${count(severity)}`).join(', ');
  return `${counts}. Templates checked: ${templates}.`;
}

function describeText({ alphabet, units, segments, templates }: NonNullable<Report['text']>): readonly string[] {
  const compared = templates.map((one) => {
    const subject = `${one.account} ${one.template}`;
    if (one.outcome === 'matched') return `matches ${subject}`;
    return `does not match ${subject}: character ${one.index} (${one.character}), ${namedCode(one.operatorCode)}`;
  });
  return [...compared, `${alphabet}, ${units} units, segments: ${segments}`];
}
