import { CHECKS, type Check } from './plan';
import type { Part, RunRecord } from './record';

/** The first line of every report. */
export const REPORT_TITLE = '# Acceptance run';

const ALL = Object.keys(CHECKS).length;

const list = (names: readonly string[]): string =>
  names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;

const titleOf = ({ name }: Part): string => (Object.hasOwn(CHECKS, name) ? CHECKS[name as Check] : name);

/** How a run came out. */
export interface Verdict {
  readonly kind: 'accepted' | 'not accepted' | 'not complete';
  /** The first sentence of the report. */
  readonly text: string;
}

const heldText = ({ checks, account, region, rehearsal }: RunRecord): string => {
  const where = `account ${account}, ${region}`;
  if (rehearsal !== undefined) {
    return `REHEARSED on ${rehearsal.emulator}, which says nothing of AWS: every check held beside its known deviations.`;
  }
  return checks.length === ALL
    ? `ACCEPTED: every check held in the ${where}.`
    : `HELD, of what was asked for: ${list(checks)}, in the ${where}. This is no acceptance.`;
};

/** The verdict of a run. Something that is left does not change it, and is said beside it. */
export const verdictOf = (run: RunRecord): Verdict => {
  const failed = run.parts.filter(({ result, name }) => result === 'failed' && name !== 'removal');
  if (failed.length > 0) {
    return { kind: 'not accepted', text: `NOT ACCEPTED: failed in ${list(failed.map(({ name }) => name))}.` };
  }
  const missing = run.checks.filter(
    (check) => !run.parts.some(({ name, result }) => name === check && result === 'held'),
  );
  if (run.isInterrupted || missing.length > 0) {
    const what = missing.length > 0 ? `: ${list(missing)} did not come to an end` : '';
    return { kind: 'not complete', text: `NOT COMPLETE: the run was interrupted${what}.` };
  }
  return { kind: 'accepted', text: heldText(run) };
};

/** Whether the removal came to its end. What it could not remove is another question. */
const isRemovalDone = ({ parts }: RunRecord): boolean =>
  parts.some(({ name, result }) => name === 'removal' && result === 'held');

/** What is left in the account, in a sentence. */
export const leftText = (run: RunRecord): string => {
  const { id, left, isKept, region, account } = run;
  const things = `${left.length} ${left.length === 1 ? 'thing is' : 'things are'}`;
  const command = `npm run accept -- --account ${account} --region ${region} --clean ${id}`;
  if (isKept) {
    return left.length === 0
      ? 'Nothing is there to be kept.'
      : `${things} kept, as asked for, and cost money. Remove them: ${command}`;
  }
  const found = `${things} STILL THERE, or may be.`;
  if (!isRemovalDone(run)) {
    return `THE REMOVAL FAILED. ${left.length === 0 ? 'A look at the end found nothing, which is no proof.' : found} Again: ${command}`;
  }
  if (left.length === 0) return 'Everything that it created was removed.';
  return `${found} Try again: ${command}. Or by hand, see "What is left".`;
};

/** 0: all as wanted; 1: a person has to look. */
export const exitOf = (run: RunRecord): 0 | 1 => {
  const isSettled = run.isKept || (isRemovalDone(run) && run.left.length === 0);
  return verdictOf(run).kind === 'accepted' && isSettled ? 0 : 1;
};

/** One line of Markdown, whatever it has to hold. */
const line = (text: string): string => text.replace(/\s*\n\s*/g, ' ').replaceAll('|', '\\|');

const table = (head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] => [
  `| ${head.join(' | ')} |`,
  `| ${head.map(() => '---').join(' | ')} |`,
  ...rows.map((row) => `| ${row.map(line).join(' | ')} |`),
];

const took = (seconds: number): string => {
  const whole = Math.round(seconds);
  if (whole < 60) return `${seconds.toFixed(1)} s`;
  return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`;
};

const section = (title: string, lines: readonly string[]): readonly string[] =>
  lines.length === 0 ? [] : ['', `## ${title}`, '', ...lines];

const partSection = (part: Part): readonly string[] => [
  '',
  `## ${part.name[0]?.toUpperCase()}${part.name.slice(1)}: ${part.result}, ${took(part.seconds)}`,
  '',
  `${titleOf(part)[0]?.toUpperCase()}${titleOf(part).slice(1)}.`,
  ...(part.problem === undefined ? [] : ['', '```text', part.problem, '```']),
  ...(part.steps.length === 0
    ? []
    : [
        '',
        ...table(
          ['step', 'began', 'took', ''],
          part.steps.map(({ title, at, seconds, ok }) => [title, at, took(seconds), ok ? 'ok' : 'FAILED']),
        ),
      ]),
  ...(part.figures.length === 0
    ? []
    : [
        '',
        ...table(
          ['measured', 'value'],
          part.figures.map(({ what, value }) => [what, value]),
        ),
      ]),
  ...(part.deviations.length === 0
    ? []
    : [
        '',
        'Known deviations of the emulator that it met:',
        '',
        ...part.deviations.map((one) => `- ${line(one)}`),
      ]),
];

/** The report for people: the verdict comes first. */
export const reportOf = (run: RunRecord): string => {
  const { id, account, region, caller, versions, startedAt, endedAt, parts, rehearsal } = run;
  const lines = [
    REPORT_TITLE,
    '',
    `**${verdictOf(run).text}** ${leftText(run)}`,
    '',
    ...table(
      ['', ''],
      [
        ['account', account],
        ['Region', region],
        ['caller', caller],
        ['run', id],
        ['from', startedAt],
        ['to', endedAt],
        ...Object.entries(versions),
      ],
    ),
    '',
    ...table(
      ['part', 'result', 'took'],
      parts.map((part) => [part.name, part.result, took(part.seconds)]),
    ),
    ...section(
      'What this run does not show',
      run.notShown.map((one) => `- ${one}`),
    ),
    ...parts.flatMap(partSection),
    ...section(
      `Known deviations of ${rehearsal?.emulator}`,
      (rehearsal?.deviations ?? []).map(
        ({ id: deviation, found, consequence }) => `- ${deviation}: ${line(found)} ${line(consequence)}`,
      ),
    ),
    ...section(
      'What is left',
      run.left.map(({ what, name, removal }) => `- ${what} ${name}: \`${removal}\``),
    ),
    ...section(
      `What was removed: ${run.removed.length}`,
      run.removed.map(({ what, name }) => `- ${what} ${name}`),
    ),
  ];
  return `${lines.join('\n')}\n`;
};

/** The report for machines. */
export const jsonOf = (run: RunRecord): object => ({
  verdict: verdictOf(run).kind,
  said: `${verdictOf(run).text} ${leftText(run)}`,
  ...run,
});
