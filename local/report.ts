import type { ListedKey } from './account';
import type { RotationRun } from './rotation-run';
import type { Scenario } from './scenarios';
import { WIDTH, wrap } from './text';
import { calendarTime, spoken, type TimelineEntry } from './timeline';

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

/** Colours where they can be seen, and nobody has asked for none (https://no-color.org). */
export const styleFor = (
  isTerminal: boolean,
  environment: Readonly<Record<string, string | undefined>>,
): Style =>
  isTerminal && !environment.NO_COLOR
    ? { bold: code(1, 22), dim: code(2, 22), good: code(32, 39), bad: code(31, 39) }
    : { bold: plain, dim: plain, good: plain, bad: plain };

const INDENT = '  ';
/** Where what happened begins: behind the time. */
const TIME_WIDTH = 'Mon 2026-03-02 09:00:00'.length + INDENT.length;

const paragraph = (text: string, indent = INDENT): string =>
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

const heading = (text: string, style: Style): string => `\n${style.bold(text)}\n`;

/** As `aws iam list-access-keys --output table` shows them. */
const keyTable = (keys: readonly ListedKey[]): string => {
  const rows = keys.map(({ accessKeyId, createDate, status }) => [
    accessKeyId,
    createDate.replace('.000Z', '+00:00'),
    status,
  ]);
  const header = ['AccessKeyId', 'CreateDate', 'Status'];
  const widths = header.map((title, column) =>
    Math.max(...[header, ...rows].map((row) => (row[column] ?? title).length)),
  );
  const line = (row: readonly string[]) =>
    `${INDENT}|| ${widths.map((width, column) => (row[column] ?? '').padEnd(width)).join(' | ')} ||\n`;
  const inner = widths.reduce((sum, width) => sum + width + 3, 1);
  const rule = `${INDENT}|+${widths.map((width) => '-'.repeat(width + 2)).join('+')}+|\n`;
  const centred = (title: string, width: number) => {
    const left = Math.floor((width - title.length) / 2);
    return `${' '.repeat(left)}${title}${' '.repeat(width - title.length - left)}`;
  };
  const frame = `${INDENT}+${'-'.repeat(inner)}+\n`;
  const title = `${INDENT}|${centred('ListAccessKeys', inner)}|\n`;
  return (
    frame +
    title +
    (rows.length === 0 ? frame : rule + line(header) + rule + rows.map(line).join('') + rule + frame)
  );
};

/** Two columns. */
const pairs = (rows: readonly (readonly [string, string])[]): string => {
  const width = Math.max(0, ...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${INDENT}${name.padEnd(width)}${INDENT}${value}\n`).join('');
};

/** What is going to be told. */
export const story = ({ is }: Scenario): string =>
  wrap(`The story: ${is}. Times are virtual, in UTC.`, WIDTH)
    .map((line) => `${line}\n`)
    .join('');

/** The start of an execution. */
export const started = (input: unknown, style: Style): string =>
  `\n${wrap(`An execution starts with ${JSON.stringify(input)}`, WIDTH)
    .map((line) => `${style.bold(line)}\n`)
    .join('')}`;

/** How the last execution ended, in its own words. */
const verdict = ({ document, executions }: RotationRun, style: Style): string => {
  const { status, error, cause, userName } = document;
  const last = document.executions.at(-1);
  const state = executions.at(-1)?.timeline.at(-1)?.state ?? '';
  if (status !== 'SUCCEEDED') {
    const happened = `${error ?? 'No error was named'}: ${cause ?? 'no cause was given.'}`;
    return (
      `${style.bad(`The rotation did not succeed (${status}).`)}\n${paragraph(happened)}` +
      paragraph(`The failed step is in the history of ${last?.name}; what to do is in docs/runbook.md.`)
    );
  }
  if (state !== COMPLETE) return `${style.good(`${state}.`)}\n${paragraph(last?.outcome ?? '')}`;
  const took = spoken(new Date(document.finishedAt).getTime() - new Date(document.startedAt).getTime());
  return `${style.good('The rotation succeeded.')}\n${paragraph(`${userName}'s key was rotated in ${took} of virtual time.`)}`;
};

/** The state in which a rotation ends as it should. */
const COMPLETE = 'Rotation complete';

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

/** What people were sent: the subject, and the message without what the report says already. */
const messages = ({ document }: RotationRun): string =>
  document.messages
    .map(
      ({ at, subject, message }) =>
        `${INDENT}${calendarTime(new Date(at))}${INDENT}${subject}\n${message
          .split('\n')
          .map((line) => (line === '' ? '\n' : paragraph(line, INDENT.repeat(2))))
          .join('')}`,
    )
    .join('\n');

/** What a person reads when the rotation has ended. */
export const report = (run: RotationRun, historyFile: string, style: Style): string => {
  const { document, labels } = run;
  const { keysBefore, keysAfter, secret, stateTransitions, apiCalls } = document;
  return [
    `\n${verdict(run, style)}`,
    heading(`Access keys of ${document.userName} before`, style),
    keyTable(keysBefore),
    heading(`Access keys of ${document.userName} now`, style),
    keyTable(keysAfter),
    heading(`Staging labels of the secret ${secret.name}`, style),
    pairs(labels.map(({ label, holds }) => [label, holds])),
    heading('The consumers', style),
    consumerRecord(run, style),
    heading('Messages to people', style),
    document.messages.length === 0 ? paragraph('None.') : messages(run),
    heading('Events on the bus', style),
    paragraph(document.events.length === 0 ? 'None.' : `${document.events.join(', ')}.`),
    heading('AWS calls of the executions', style),
    pairs(Object.entries(apiCalls).map(([action, count]) => [action, String(count)])),
    heading('State transitions', style),
    paragraph(`${stateTransitions}, as AWS bills them: every state entered, and every retry.`),
    heading('Full history', style),
    `${INDENT}${historyFile}\n`,
  ].join('');
};
