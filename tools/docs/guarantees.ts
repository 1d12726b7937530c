/**
 * Writes the safety mechanisms and the faults that test them, from simulation, and the figures of the last
 * runs, from docs/guarantees-runs.json, into the marked regions of docs/guarantees.md:
 *
 *     npx tsx tools/docs/guarantees.ts
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import figures from '../../docs/guarantees-runs.json';
import { MECHANISMS, type Mechanism } from '../../simulation/mechanisms/mechanisms';
import { INVARIANTS, type InvariantNumber } from '../../simulation/schedule/invariants';
import { type Mishap, nameOf, SHAPES } from '../../simulation/schedule/schedule';
import {
  CRASHES,
  EXHAUSTIVE_MODES,
  FAULTS,
  NOT_TRIED,
  PERSONS,
  PROVED,
} from '../../simulation/search/exhaustive';
import { withRegion } from './region';
import { table } from './table';

const GUARANTEES_FILE = join(__dirname, '..', '..', 'docs', 'guarantees.md');

/** The result of a run. */
interface Run {
  /** What was run: options of `npm run simulate`. */
  readonly run: string;
  /** At which commit; null if it was not recorded. */
  readonly commit: string | null;
  readonly schedules: number;
  readonly executions: number;
  /** Faults that happened. */
  readonly faults: number;
  readonly violations: number;
}

/** The last runs. */
interface Figures {
  /**
   * The last time that `--exhaustive all` ran completely, with the day, as in 2026-11-25; null before the
   * first time.
   */
  readonly whole: (Omit<Run, 'run'> & { readonly date: string }) | null;
  readonly runs: readonly Run[];
}

const number = (value: number): string => value.toLocaleString('en-US');

const runs = ({ runs: all }: Figures): string =>
  table([
    ['run', 'commit', 'schedules', 'executions', 'faults that struck', 'violations'],
    ...all.map(({ run, commit, ...counts }) => [
      run,
      commit ?? 'not noted',
      ...[counts.schedules, counts.executions, counts.faults, counts.violations].map(number),
    ]),
  ]);

const whole = ({ whole: last }: Figures): string => {
  const rule = 'It has to be run whole before a release.';
  if (last === null) return `\n\`--exhaustive all\` has not been run whole in one go yet. ${rule}\n`;
  const { date, commit, schedules, executions, faults, violations } = last;
  return [
    '',
    `\`--exhaustive all\` was last run whole on ${date}, at commit ${commit}: ${number(schedules)} schedules,`,
    `${number(executions)} executions, ${number(faults)} faults that struck, ${number(violations)} violations. ${rule}`,
    '',
  ].join('\n');
};

const list = (items: readonly string[]): string => items.map((item) => `- ${item}`).join('\n');

const namesOf = (faults: readonly Mishap[]): readonly string[] => [...new Set(faults.map(nameOf))];

const otherFaults = (): readonly string[] => {
  const crashes: readonly Mishap[] = CRASHES;
  return [
    ...namesOf(FAULTS.filter((fault) => !crashes.includes(fault))),
    ...Object.entries(NOT_TRIED).map(([kind, why]) => `not tried: ${kind}, ${why}`),
  ];
};

/** What goes wrong without a mechanism. */
const consequence = ({ doubledBy, proof }: Mechanism): string => {
  if ('harmless' in proof) return `nothing, as far as the simulation can tell: ${proof.harmless}`;
  const number: InvariantNumber = proof.violates;
  const others = doubledBy === undefined ? '' : `without ${doubledBy.join(' and ')}, too: `;
  return `${others}${number}. ${INVARIANTS[number]}`;
};

const mechanisms = (): string =>
  table([
    ['mechanism', 'what it is', 'what is violated without it'],
    ...MECHANISMS.map((mechanism) => [`\`${mechanism.name}\``, mechanism.is, consequence(mechanism)]),
  ]);

const shapes = (): string =>
  table([
    ['shape', 'what it is', 'in `all`'],
    ...Object.entries(SHAPES).map(([shape, is]) => [
      shape,
      is,
      EXHAUSTIVE_MODES.filter((mode) => PROVED[mode].some((one) => one === shape)).join(', ') || '–',
    ]),
  ]);

/** The text with all generated parts in its marked regions. */
export const withGuarantees = (markdown: string, last: Figures = figures): string => {
  const regions = {
    runs: runs(last),
    whole: whole(last),
    shapes: shapes(),
    crashes: `\n${list(namesOf(CRASHES))}\n`,
    faults: `\n${list(otherFaults())}\n`,
    persons: `\n${list(namesOf(PERSONS))}\n`,
    mechanisms: mechanisms(),
  };
  return Object.entries(regions).reduce((text, [name, content]) => withRegion(text, name, content), markdown);
};

if (require.main === module) {
  writeFileSync(GUARANTEES_FILE, withGuarantees(readFileSync(GUARANTEES_FILE, 'utf8')));
}
