/**
 * Writes the index of the decisions into docs/adr/README.md. Number, title and status are those of the files; what a decision is
 * in one line stands in the index alone, and stays:
 *
 *     npx tsx tools/docs/decisions.ts
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withRegion } from './region';
import { table } from './table';

const FOLDER = join(__dirname, '..', '..', 'docs', 'adr');
const INDEX_FILE = join(FOLDER, 'README.md');

/** A decision as the index has it. */
interface Decision {
  readonly file: string;
  readonly number: string;
  readonly title: string;
  readonly status: string;
}

/** Whether a decision holds, and which ones came after it. What they changed is in the file. */
const statusOf = (file: string, text: string): string => {
  const [, line = 'accepted'] = /^# .*\n\nStatus: ((?:.+\n)+)/.exec(text) ?? [];
  const [kind] = /^(accepted|superseded( in part)?)\b/.exec(line) ?? [];
  if (kind === undefined) throw new Error(`${file} must be accepted, superseded, or superseded in part.`);
  const successors = [...line.matchAll(/\[ADR \d+\]\([^)]+\)/g)].map(([link]) => link);
  return kind === 'accepted' ? kind : `${kind} by ${successors.join(', ')}`;
};

const decisions = (): readonly Decision[] =>
  readdirSync(FOLDER)
    .filter((file) => /^\d{4}-.*\.md$/.test(file))
    .map((file) => {
      const text = readFileSync(join(FOLDER, file), 'utf8');
      const [, number, title] = /^# (\d+)\. (.+)$/m.exec(text) ?? [];
      if (number === undefined || title === undefined || !file.startsWith(number.padStart(4, '0'))) {
        throw new Error(`${file} must begin with its number and its title.`);
      }
      return { file, title, number, status: statusOf(file, text) };
    });

/** What the index says of a decision in one line. */
const lineOf = (index: string, { file }: Decision): string =>
  new RegExp(`^\\|[^|]*\\]\\(${file}\\) *\\|[^|]*\\|([^|]*)\\|`, 'm').exec(index)?.[1]?.trim() ?? '';

/** Stands where a new decision has no line yet. A test looks for it. */
export const NO_LINE = 'NO LINE YET';

/** The index with all decisions. */
export const withDecisions = (index: string): string => {
  const rows = decisions().map((decision) => {
    const line = lineOf(index, decision);
    return [
      `[${decision.number}. ${decision.title}](${decision.file})`,
      decision.status,
      line === '' ? NO_LINE : line,
    ];
  });
  return withRegion(index, 'decisions', table([['decision', 'status', 'in one line'], ...rows]));
};

if (require.main === module) writeFileSync(INDEX_FILE, withDecisions(readFileSync(INDEX_FILE, 'utf8')));
