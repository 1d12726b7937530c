import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Verdict, Verdicts } from './suite';

const RECORD_FILE = join(__dirname, 'record.json');

/** The judges whose answers are recorded. AWS itself is asked, and not recorded. */
export const RECORDED_JUDGES = ['embedded', 'moto', 'ministack'] as const;

/** A judge whose answers are recorded. */
export type RecordedJudge = (typeof RECORDED_JUDGES)[number];

/** What the judges answered. */
export interface JudgesRecord {
  /** Of the third-party judges. */
  readonly versions: Readonly<Record<Exclude<RecordedJudge, 'embedded'>, string>>;
  /** By judge, and by the statements’ keys. */
  readonly verdicts: Readonly<Record<RecordedJudge, Verdicts>>;
}

/** The recorded answers. */
export const readRecord = (): JudgesRecord => JSON.parse(readFileSync(RECORD_FILE, 'utf8')) as JudgesRecord;

/** Records the answers. */
export const writeRecord = (record: JudgesRecord): void =>
  writeFileSync(RECORD_FILE, `${JSON.stringify(record, undefined, 2)}\n`);

const inWords = (verdict: Verdict): string =>
  typeof verdict === 'string' ? verdict : `deviates: ${verdict.deviates}`;

/** A judge with its version, as messages name it. */
const titleOf = (judge: RecordedJudge, versions: JudgesRecord['versions']): string =>
  judge === 'embedded' ? 'the embedded AWS' : `${judge} ${versions[judge]}`;

/**
 * The differences between the present answers and the recorded ones, one line each. A deviation that has gone
 * away is a difference too.
 */
export const differences = (recorded: JudgesRecord, now: JudgesRecord): readonly string[] =>
  RECORDED_JUDGES.flatMap((judge) => {
    const title = titleOf(judge, now.versions);
    const version =
      judge === 'embedded' || recorded.versions[judge] === now.versions[judge]
        ? []
        : [`${judge} is ${now.versions[judge]} now; the record is of ${recorded.versions[judge]}`];
    const [before, after] = [recorded.verdicts[judge], now.verdicts[judge]];
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    const changes = keys.flatMap((key) => {
      const [was, is] = [before[key], after[key]];
      if (was === undefined) return [`${title}, ${key}: not in the record`];
      if (is === undefined) return [`${key} is in the record of ${title}, but is no statement`];
      if (inWords(was) === inWords(is)) return [];
      if (is === 'holds') return [`${title}, ${key}: holds now; it was: ${inWords(was)}`];
      return [`${title}, ${key}: ${inWords(is)}; it was: ${inWords(was)}`];
    });
    return [...version, ...changes];
  });
