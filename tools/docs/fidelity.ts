/**
 * Writes the answers of the contract suite's judges, from test/contract, into the marked regions of
 * docs/fidelity.md:
 *
 *     npx tsx tools/docs/fidelity.ts
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type JudgesRecord,
  RECORDED_JUDGES,
  type RecordedJudge,
  readRecord,
} from '../../test/contract/record';
import type { Statement } from '../../test/contract/statement';
import { STATEMENTS } from '../../test/contract/statements';
import { keyOf, type Verdict } from '../../test/contract/suite';
import type { KnownDeviation, Shim } from '../../test/e2e/known';
import { DEVIATIONS as MINISTACK_DEVIATIONS } from '../../test/e2e/ministack/deviations';
import { SHIMS as MINISTACK_SHIMS } from '../../test/e2e/ministack/shims';
import { DEVIATIONS as MOTO_DEVIATIONS } from '../../test/e2e/moto/deviations';
import { SHIMS as MOTO_SHIMS } from '../../test/e2e/moto/shims';
import { withRegion } from './region';
import { table } from './table';

const FIDELITY_FILE = join(__dirname, '..', '..', 'docs', 'fidelity.md');

const HEADS: Readonly<Record<RecordedJudge, string>> = {
  embedded: 'embedded',
  moto: 'moto',
  ministack: 'ministack',
};

/** How many statements hold for each judge. */
const summary = ({ versions, verdicts }: JudgesRecord): string => {
  const rows = RECORDED_JUDGES.map((judge) => {
    const given = Object.values<Verdict>(verdicts[judge]);
    const how = (wanted: (verdict: Verdict) => boolean): string => String(given.filter(wanted).length);
    return [
      judge === 'embedded' ? 'embedded AWS, `embedded-aws`' : `${judge} ${versions[judge]}`,
      how((verdict) => verdict === 'holds'),
      how((verdict) => typeof verdict !== 'string'),
      how((verdict) => verdict === 'not modelled'),
    ];
  });
  return table([['judge', 'holds', 'deviates', 'not modelled'], ...rows]);
};

/** The statements about one service, followed by the deviations of judges. */
const section = (service: string, statements: readonly Statement[], { verdicts }: JudgesRecord): string => {
  const notes: string[] = [];
  const cell = (judge: RecordedJudge, key: string): string => {
    const verdict = verdicts[judge][key];
    if (verdict === undefined) return 'not asked';
    if (typeof verdict === 'string') return verdict === 'holds' ? 'holds' : '–';
    notes.push(`${notes.length + 1}. ${HEADS[judge]}: \`${verdict.deviates}\``);
    return `**deviates** <sup>${notes.length}</sup>`;
  };
  const rows = statements.map((statement) => [
    `${statement.says}<br><sub>\`${keyOf(statement)}\` · ${statement.source}</sub>`,
    statement.matters,
    ...RECORDED_JUDGES.map((judge) => cell(judge, keyOf(statement))),
  ]);
  const head = ['statement', 'what rests on it', ...RECORDED_JUDGES.map((judge) => HEADS[judge])];
  return [`### ${service}`, table([head, ...rows]), ...(notes.length > 0 ? [notes.join('\n')] : [])].join(
    '\n\n',
  );
};

type Known = Omit<KnownDeviation<never>, 'persists'>;

/** How an emulator differs when the app runs on it. */
const deviations = (emulator: string, known: readonly Known[]): string => {
  const rows = known.map(({ id, aws, source, found, consequence }) => [
    `\`${id}\``,
    `${aws}<br><sub>${source}</sub>`,
    found,
    consequence,
  ]);
  return [`### ${emulator}`, table([['deviation', 'AWS', emulator, 'what follows'], ...rows])].join('\n\n');
};

/** The adapters around an emulator. */
const shims = (emulator: string, known: readonly Shim[]): string => {
  const rows = known.map(({ name, lacks, faithful, source, where }) => [
    `${name}<br><sub>\`${where}\`</sub>`,
    lacks,
    `${faithful}<br><sub>${source}</sub>`,
  ]);
  return [`### ${emulator}`, table([['shim', 'what is lacking', 'what stands in'], ...rows])].join('\n\n');
};

/** The text with the answers, and the known facts about the emulators, in its marked regions. */
export const withFidelity = (
  markdown: string,
  statements: readonly Statement[],
  record: JudgesRecord,
): string => {
  const services = [...new Set(statements.map(({ service }) => service))];
  const sections = services.map((service) =>
    section(
      service,
      statements.filter((statement) => statement.service === service),
      record,
    ),
  );
  const ministack = `ministack ${record.versions.ministack}`;
  const moto = `moto ${record.versions.moto}`;
  const regions = {
    judges: summary(record),
    statements: `\n${sections.join('\n\n')}\n`,
    deviations: `\n${deviations(ministack, MINISTACK_DEVIATIONS)}\n\n${deviations(moto, MOTO_DEVIATIONS)}\n`,
    shims: `\n${shims(ministack, MINISTACK_SHIMS)}\n\n${shims(moto, MOTO_SHIMS)}\n`,
  };
  return Object.entries(regions).reduce((text, [name, content]) => withRegion(text, name, content), markdown);
};

/** Writes docs/fidelity.md again. */
export const writeFidelity = (): void =>
  writeFileSync(FIDELITY_FILE, withFidelity(readFileSync(FIDELITY_FILE, 'utf8'), STATEMENTS, readRecord()));

if (require.main === module) writeFidelity();
