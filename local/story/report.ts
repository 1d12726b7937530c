import { wrap } from '../../picture/wrap';
import { calendarTime, spoken, type TimelineEntry } from '../engine/timeline';
import type { ListedKey } from '../world/account';
import type { ExecutionDocument, RotationRun } from './rotation-run';
import type { Scenario } from './scenarios';
import { WIDTH } from './text';

/** Text on a terminal. */
export interface Style {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
}

const code =
  (on: number, off: number) =>
  (text: string): string =>
    `\u001b[${on}m${text}\u001b[${off}m`;
const plain = (text: string): string => text;

/** Colours if they can be shown and are not switched off (https://no-color.org). */
export const styleFor = (
  isTerminal: boolean,
  environment: Readonly<Record<string, string | undefined>>,
): Style =>
  isTerminal && !environment.NO_COLOR
    ? { bold: code(1, 22), dim: code(2, 22), good: code(32, 39), bad: code(31, 39) }
    : { bold: plain, dim: plain, good: plain, bad: plain };

const INDENT = '  ';
/** Where the text begins, after the time. */
const TIME_WIDTH = 'Mon 2026-03-02 09:00:00'.length + INDENT.length;

/** A text within the margins. */
export const paragraph = (text: string, indent = INDENT): string =>
  wrap(text, WIDTH - indent.length)
    .map((line) => `${indent}${line}\n`)
    .join('');

const PAINT_OF: Readonly<Record<TimelineEntry['kind'], keyof Style | undefined>> = {
  done: undefined,
  end: undefined,
  waiting: 'dim',
  trouble: 'bad',
  story: 'bold',
};

/** An entry of the timeline: the time, the state, and what happened there. */
export const timelineEntry = ({ at, state, outcome, kind }: TimelineEntry, style: Style): string => {
  const [first = '', ...others] = wrap(outcome, WIDTH - TIME_WIDTH);
  const name = PAINT_OF[kind];
  const paint = name === undefined ? plain : style[name];
  const below = [first, ...others].map((line) => `${' '.repeat(TIME_WIDTH)}${paint(line)}\n`).join('');
  return `${style.dim(calendarTime(at))}${INDENT}${style.bold(state)}\n${below}`;
};

/** Outcomes of checks are equal if they differ only in the times that they mention. */
const alike = (a: TimelineEntry, b: TimelineEntry): boolean =>
  a.state === b.state &&
  a.kind === 'done' &&
  b.kind === 'done' &&
  timeless(a.outcome) === timeless(b.outcome);

const timeless = (outcome: string): string => outcome.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'then');

/**
 * Prints the timeline of a story. Checks with the same result as the one before are counted, with the waits
 * between them, unless everything is to be shown.
 */
export class Timeline {
  #shown: TimelineEntry | undefined;
  #wait: TimelineEntry | undefined;
  #folded: TimelineEntry[] = [];
  #trouble: string | undefined;

  constructor(
    private readonly style: Style,
    private readonly verbose: boolean,
  ) {}

  /** The text to print for a new entry: a wait is held back until its purpose is known. */
  add(entry: TimelineEntry): string {
    if (this.verbose) return timelineEntry(entry, this.style);
    if (entry.kind === 'waiting') {
      const before = this.#wait === undefined ? '' : this.pause();
      this.#wait = entry;
      return before;
    }
    if (this.#shown !== undefined && alike(this.#shown, entry)) {
      this.#wait = undefined;
      this.#folded.push(entry);
      return '';
    }
    const before = this.pause();
    this.#shown = entry;
    return `${before}${timelineEntry(this.#once(entry), this.style)}`;
  }

  /** An error is told in full once, and not again with every retry and at the end. */
  #once(entry: TimelineEntry): TimelineEntry {
    if (entry.kind !== 'trouble' && entry.kind !== 'end') return entry;
    if (entry.outcome === this.#trouble)
      return { ...entry, outcome: `${entry.outcome.split(':')[0]}, as above.` };
    if (entry.outcome.includes(':')) this.#trouble = entry.outcome;
    return entry;
  }

  /** The text that was held back, before something else is printed. */
  pause(): string {
    const { length } = this.#folded;
    const last = this.#folded.at(-1);
    const more = length === 1 ? 'one more such check, on' : `${length} more such checks, to`;
    const count =
      last === undefined ? '' : paragraph(`… and ${more} ${calendarTime(last.at)}.`, ' '.repeat(TIME_WIDTH));
    const wait = this.#wait === undefined ? '' : timelineEntry(this.#wait, this.style);
    this.#folded = [];
    this.#wait = undefined;
    if (wait !== '' || count !== '') this.#shown = undefined;
    return `${count}${wait}`;
  }
}

/** The title of a section. */
export const heading = (text: string, style: Style): string => `\n${style.bold(text)}\n`;

/** The keys of the user at a moment, in one line. */
const keysLine = (moment: 'before' | 'after', keys: readonly ListedKey[]): string => {
  const list = keys.map(({ accessKeyId, status }) => `${accessKeyId} ${status}`).join(', ');
  return `${INDENT}${`Keys ${moment}:`.padEnd('Keys before:'.length)} ${list === '' ? 'none' : list}\n`;
};

/** Two columns. */
const pairs = (rows: readonly (readonly [string, string])[]): string => {
  const width = Math.max(0, ...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${INDENT}${name.padEnd(width)}${INDENT}${value}\n`).join('');
};

/** The announcement of the story. */
export const story = ({ is, ends }: Scenario, style: Style): string =>
  [`The story: ${is}.`, `Expected end: ${ends}.`]
    .flatMap((sentence) => wrap(sentence, WIDTH))
    .map((line) => `${style.bold(line)}\n`)
    .join('');

/** What the user has at the start. */
export const keysBefore = (keys: readonly ListedKey[]): string => keysLine('before', keys);

/** The start of an execution. */
export const started = (input: unknown, style: Style): string =>
  `\n${wrap(`An execution starts with ${JSON.stringify(input)}`, WIDTH)
    .map((line) => `${style.bold(line)}\n`)
    .join('')}`;

/** The state in which a successful rotation ends. */
const COMPLETE = 'Rotation complete';

const lastState = ({ executions }: RotationRun): string => executions.at(-1)?.timeline.at(-1)?.state ?? '';

/** How the story has ended, in one line. */
const verdict = (run: RotationRun, { failsWith }: Scenario, style: Style): string => {
  const { status, error, startedAt, finishedAt } = run.document;
  const state = lastState(run);
  if (status !== 'SUCCEEDED') {
    const name = error ?? 'no error was named';
    return error !== undefined && error === failsWith
      ? style.bold(`As expected in this story, the rotation fails with ${name}.`)
      : style.bad(`The rotation did not succeed (${status}): ${name}.`);
  }
  if (state !== COMPLETE) return style.good(`The execution succeeded: ${state}.`);
  const took = spoken(new Date(finishedAt).getTime() - new Date(startedAt).getTime());
  return style.good(`The rotation succeeded after ${took}.`);
};

/** Why it failed, for people who read from the bottom. */
/** What a person copies, and a break would spoil. */
const toCopy = (line: string): boolean => line.startsWith('   ') || /\S{70}/.test(line);

/** A mail as it comes, but for lines of prose, which are wrapped. */
const mail = (text: string): string =>
  text
    .split('\n')
    .map((line) => (line === '' ? '\n' : toCopy(line) ? `${INDENT}${line}\n` : paragraph(line)))
    .join('');

const failure = ({ document }: RotationRun): string => {
  const { status, error, cause } = document;
  return status === 'SUCCEEDED'
    ? ''
    : paragraph(`${error ?? 'No error was named'}.`) + mail(cause ?? 'No cause was given.');
};

const consumerRecord = ({ consumers }: RotationRun, style: Style): string =>
  consumers
    .map(({ name, calls, failures, outages, waits }) => {
      const paint = failures.length === 0 ? style.good : style.bad;
      const waited = waits === 0 ? '' : ` Before that it asked ${waits} times for a first key.`;
      const record = paragraph(`${name} made ${calls} calls, ${failures.length} of them failed.${waited}`);
      const lines = outages.map(({ from, to }) =>
        paragraph(
          `It failed from ${calendarTime(from)} ${
            to === undefined
              ? 'to the end'
              : `to ${calendarTime(to)}, for ${spoken(to.getTime() - from.getTime())}`
          }.`,
        ),
      );
      return [record, ...lines]
        .join('')
        .split('\n')
        .map((line) => (line === '' ? line : paint(line)))
        .join('\n');
    })
    .join('');

/**
 * The messages to people. Of those that ask nobody to act, in a story that ends well, the subject is enough: nobody looks for what
 * went wrong.
 */
const messages = ({ document }: RotationRun, verbose: boolean): string =>
  document.messages
    .map(({ at, subject, message, urgent }) => {
      const head = `${INDENT}${calendarTime(new Date(at))}\n${paragraph(`Subject: ${subject}`)}`;
      const isShort = !verbose && urgent === 'no' && document.status === 'SUCCEEDED';
      return isShort
        ? `${head}${paragraph(`(${message.split('\n').length} lines; --verbose shows them.)`)}`
        : `${head}\n${mail(message)}`;
    })
    .join('\n');

/** What it took to set a leaked key Inactive. */
const contained = ({ seconds, functions, calls }: NonNullable<ExecutionDocument['containment']>): string =>
  `The leaked key was Inactive ${seconds} s after the emergency was declared, with ${functions} functions and ${calls} calls to AWS.`;

/** What a survey logs, as far as it is shown. */
export interface SurveyRecord {
  readonly findings: readonly SurveyFinding[];
  readonly users: readonly {
    readonly userName: string;
    readonly keys?: readonly {
      readonly accessKeyId: string;
      readonly status: string;
      readonly ageDays: number;
      readonly allowedDays: number;
      readonly role: string;
    }[];
    readonly rotation: { readonly kind: string; readonly stage?: string; readonly since?: string };
    readonly onHold?: boolean;
    readonly findings: readonly SurveyFinding[];
  }[];
}

interface SurveyFinding {
  readonly check: string;
  readonly verdict: string;
  readonly code: string;
}

/** What the survey has found. */
const surveyLines = ({ users, findings }: SurveyRecord): string =>
  [
    ...findings.map(({ check, verdict, code }) => `${check}: ${verdict}, ${code}`),
    ...users.flatMap(({ userName, keys = [], rotation, onHold, findings: ofUser }) => [
      `${userName}: rotation: ${rotation.stage ?? rotation.kind}${onHold === true ? ', on hold' : ''}`,
      ...keys.map(
        ({ accessKeyId, status, ageDays, allowedDays, role }) =>
          `${userName}: ${accessKeyId} ${status}, ${ageDays} of ${allowedDays} days old, ${role}`,
      ),
      ...(ofUser.length === 0 ? [`${userName}: everything is fine`] : []),
      ...ofUser.map(({ check, verdict, code }) => `${userName}: ${check}: ${verdict}, ${code}`),
    ]),
  ]
    .map((line) => paragraph(line))
    .join('');

/** The inputs of {@link report}, besides the run. */
export interface ReportOptions {
  readonly scenario: Scenario;
  readonly historyFile: string;
  readonly style: Style;
  /** Whether every kind of AWS call is listed. */
  readonly verbose: boolean;
  /** What the survey has found; undefined when it was not asked for. */
  readonly surveyed?: SurveyRecord | undefined;
}

/** The report at the end of the story. Its last lines are the summary. */
export const report = (
  run: RotationRun,
  { scenario, historyFile, style, verbose, surveyed }: ReportOptions,
): string => {
  const { document, labels } = run;
  const { secret, stateTransitions, apiCalls, events } = document;
  const section = (title: string, content: string): string =>
    content === '' ? '' : `${heading(title, style)}${content}`;
  const calls = Object.values(apiCalls).reduce((sum, count) => sum + count, 0);
  return [
    section('Why the rotation failed', failure(run)),
    section('Messages to people', messages(run, verbose)),
    section('The consumers', consumerRecord(run, style)),
    section(
      `Staging labels of the secret ${secret.name}`,
      pairs(labels.map(({ label, holds }) => [label, holds])),
    ),
    section('The survey, when the story is over', surveyed === undefined ? '' : surveyLines(surveyed)),
    section('Events on the bus', paragraph(events.length === 0 ? 'None.' : `${events.join(', ')}.`)),
    section(
      'AWS calls of the executions',
      verbose ? pairs(Object.entries(apiCalls).map(([action, count]) => [action, String(count)])) : '',
    ),
    heading('What it took', style),
    ...document.executions.flatMap(({ containment }) =>
      containment === undefined ? [] : paragraph(contained(containment)),
    ),
    paragraph(
      `${stateTransitions} state transitions, as AWS bills them: states entered and retries. ` +
        `${calls} AWS calls. All of it is in ${historyFile}.`,
    ),
    `\n${verdict(run, scenario, style)}\n`,
    keysLine('before', document.keysBefore),
    keysLine('after', document.keysAfter),
  ].join('');
};
