import { readFileSync } from 'node:fs';
import type { Figures, Result, Results } from './results';
import type { Step } from './steps';

/** What has been found out about a release. */
export interface Verdict {
  readonly version: string;
  readonly commit: string;
  /** `incomplete` has no failure, but has not run everything. */
  readonly verdict: 'ready' | 'failed' | 'incomplete';
  readonly seconds: number;
  /** The sum of all parts; undefined before the last one has ended. */
  readonly whole?: Figures;
  readonly steps: readonly (Pick<Step, 'name' | 'proves'> & Partial<Result>)[];
}

const sumOf = (results: readonly (Result | undefined)[]): Figures | undefined => {
  const sum = { schedules: 0, executions: 0, faultsInjected: 0, violations: 0 };
  for (const result of results) {
    if (result?.figures === undefined) return undefined;
    for (const name of Object.keys(sum) as (keyof Figures)[]) sum[name] += result.figures[name];
  }
  return results.length === 0 ? undefined : sum;
};

/** Judges what was run at a commit, in this run and in earlier ones. */
export const verdictOn = (
  { version, commit }: Pick<Verdict, 'version' | 'commit'>,
  steps: readonly Step[],
  results: Results,
): Verdict => {
  const ended = steps.map(({ name }) => results.get(name));
  const whole = sumOf(steps.filter(({ isPart }) => isPart).map(({ name }) => results.get(name)));
  const failed = ended.some((result) => result?.passed === false);
  const missing = ended.some((result) => result === undefined);
  return {
    version,
    commit,
    verdict: failed ? 'failed' : missing ? 'incomplete' : 'ready',
    seconds: ended.reduce((sum, result) => sum + (result?.seconds ?? 0), 0),
    ...(whole && { whole }),
    steps: steps.map(({ name, proves }, index) => ({ name, proves, ...ended[index] })),
  };
};

/** Lines of a log that a person sees without opening it. */
const SHOWN = 15;

const endOf = (log: string): string =>
  readFileSync(log, 'utf8')
    .trimEnd()
    .split('\n')
    .slice(-SHOWN)
    .map((line) => `    ${line}`)
    .join('\n');

const duration = (seconds: number): string =>
  seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 3600)} h ${Math.round((seconds % 3600) / 60)} min`;

const names = (steps: Verdict['steps']): string => steps.map(({ name }) => name).join(', ');

const headline = ({ version, commit, verdict, seconds, steps }: Verdict): string => {
  const what = `${version} at commit ${commit.slice(0, 7)}`;
  const failed = steps.filter(({ passed }) => passed === false);
  const missing = steps.filter(({ passed }) => passed === undefined);
  if (verdict === 'ready') {
    return `READY: ${what}. All ${steps.length} steps have passed, in ${duration(seconds)}.`;
  }
  if (verdict === 'incomplete') {
    return `NOT PROVED YET: ${what}. Nothing has failed, and these were not run: ${names(missing)}. The rest: npm run release:check -- --resume`;
  }
  const rest = missing.length === 0 ? '' : ` Not run: ${names(missing)}.`;
  return `NOT READY: ${what}. Failed: ${names(failed)}.${rest}`;
};

const row = ({ name, passed, seconds, proves }: Verdict['steps'][number]): string => {
  const outcome = passed === undefined ? 'not run' : passed ? 'passed' : 'FAILED';
  return `${String(seconds ?? '-').padStart(8)}  ${outcome.padEnd(8)} ${name.padEnd(15)} ${proves}`;
};

/** The report for people: the verdict, the steps with their seconds, and where to look. */
export const reportOf = (verdict: Verdict, date: string): string => {
  const { steps, whole, commit } = verdict;
  const failures = steps.flatMap(({ name, passed, ended, log, differences = [] }) =>
    passed === false && log !== undefined
      ? [
          `${name} ended with ${ended}; all of it is in ${log}. Its last lines:\n${endOf(log)}`,
          ...differences.map((difference) => `${name} does not count. ${difference}`),
        ]
      : [],
  );
  const figures = whole && {
    date,
    commit: commit.slice(0, 7),
    schedules: whole.schedules,
    executions: whole.executions,
    faults: whole.faultsInjected,
    violations: whole.violations,
  };
  return [
    headline(verdict),
    [`${'seconds'.padStart(8)}  outcome  step            what it proves`, ...steps.map(row)].join('\n'),
    ...failures,
    ...(figures === undefined
      ? []
      : [
          `"whole" in docs/guarantees-runs.json, then npx tsx tools/docs/guarantees.ts:\n${JSON.stringify(figures)}`,
        ]),
  ].join('\n\n');
};

/** The steps, with how long they take. */
export const listOf = (steps: readonly Step[]): string => {
  const hours = steps.reduce((sum, { minutes }) => sum + minutes, 0) / 60;
  return [
    `${steps.length} steps, about ${hours.toFixed(1)} hours on two cores that nothing else uses:`,
    '',
    `${'minutes'.padStart(8)}  step            what it proves`,
    ...steps.map(
      ({ name, proves, minutes }) => `${String(minutes).padStart(8)}  ${name.padEnd(15)} ${proves}`,
    ),
  ].join('\n');
};
