/**
 * Writes the commands of docs/audit.md and their answers, which come from the deployed app in the embedded AWS, the words for what is not
 * known, the saved queries, and docs/audit-record.schema.json:
 *
 *     npx tsx tools/docs/audit.ts
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { RotationRecord } from '../../lambdas/record-rotation/record';
import { WHY } from '../../lambdas/record-rotation/words';
import { RECORD_QUERIES, SECRET_READS, secretReadsQuery } from '../../lib/audit-queries';
import { type Asked, toldStory } from './audit-story';
import { item } from './prose';
import { withRegion } from './region';

const DOCS = join(__dirname, '..', '..', 'docs');
const PAGE_FILE = join(DOCS, 'audit.md');
const SCHEMA_FILE = join(DOCS, 'audit-record.schema.json');

/** What the shell function `rows` of the page makes of an answer: a row for each item of a list, without those that are there already. */
interface Rows {
  /** The field that has the list. */
  readonly list: string;
  /** The field of an item that has JSON as text. */
  readonly json?: string;
  /** Only items that have this. */
  readonly only?: readonly [path: string, equals: string];
  /** Only items in which this is the name of a secret, or its ARN. */
  readonly ofSecret?: readonly [path: string, name: string];
  /** And only those in which this does not have that in it. */
  readonly without?: readonly [path: string, text: string];
  /** Only the latest item of each that has this. */
  readonly latestOf?: string;
  readonly show: readonly string[];
}

/** A question of the page: its region, the command, and what is shown of the answer. */
interface Question {
  readonly region: string;
  readonly command: string;
  /** Default: the JSON of the last record. */
  readonly rows?: Rows;
}

const records = (pattern: string): string =>
  `aws logs filter-log-events --log-group-name "$AUDIT_LOG_GROUP" --start-time "$FROM" --end-time "$TO" \\\n  --filter-pattern '${pattern}'`;
const trail = (eventName: string): string =>
  `aws cloudtrail lookup-events --lookup-attributes AttributeKey=EventName,AttributeValue=${eventName}`;
const ofRecords = (...show: readonly string[]): Rows => ({ list: 'events', json: 'message', show });
const ofTrail = (only: Rows['only'], ...show: readonly string[]): Rows => ({
  list: 'Events',
  json: 'CloudTrailEvent',
  ...(only && { only }),
  show,
});

/** What the generated names of the steps' roles have in them. */
const ROLES_OF_STEPS = 'AccessKeyRotationSteps';

const QUESTIONS: readonly Question[] = [
  {
    region: 'rotated',
    command: records('{ ($.kind = "rotation") && ($.result = "rotated") }'),
    rows: ofRecords('execution.endedAt', 'userName', 'action', 'oldKey.accessKeyId', 'newKey.accessKeyId'),
  },
  {
    region: 'ages',
    command: records('{ ($.kind = "rotation") && ($.userName = "*") }'),
    rows: {
      ...ofRecords(
        'userName',
        'execution.endedAt',
        'oldestActiveKey.accessKeyId',
        'oldestActiveKey.created',
        'rotateAfterDays',
      ),
      latestOf: 'userName',
    },
  },
  {
    region: 'keys',
    command: 'aws iam list-access-keys --user-name "$USER_NAME"',
    rows: { list: 'AccessKeyMetadata', show: ['AccessKeyId', 'Status', 'CreateDate'] },
  },
  {
    region: 'not-rotated',
    command: records(
      '{ ($.result = "failed") || ($.result = "rolled-back") || ($.result = "stopped") || ($.result = "timed-out") || ($.result = "on-hold") }',
    ),
    rows: ofRecords('execution.endedAt', 'userName', 'result', 'error.name', 'error.said'),
  },
  { region: 'one', command: records('{ $.execution.arn = "\'"$EXECUTION_ARN"\'" }') },
  {
    region: 'starts',
    command: records('{ $.startedBy.evidence = "seen" }'),
    rows: ofRecords(
      'userName',
      'action',
      'startedBy.claimed',
      'startedBy.identity',
      'startedBy.bornOut',
      'acknowledgement.result',
      'acknowledgement.answeredAt',
    ),
  },
  {
    region: 'start-later',
    command: trail('StartExecution'),
    rows: ofTrail(
      ['responseElements.executionArn', '$EXECUTION_ARN'],
      'eventTime',
      'userIdentity.arn',
      'userIdentity.invokedBy',
    ),
  },
  {
    region: 'reads',
    command: trail('GetSecretValue'),
    rows: {
      ...ofTrail(undefined, 'userIdentity.arn', 'userIdentity.accountId'),
      ofSecret: ['requestParameters.secretId', '$SECRET_ID'],
      without: ['userIdentity.arn', ROLES_OF_STEPS],
    },
  },
  {
    region: 'emergencies',
    command: records('{ $.emergency.accessKeyId = "*" }'),
    rows: ofRecords(
      'execution.startedAt',
      'kind',
      'userName',
      'emergency.accessKeyId',
      'emergency.secondsToInactive',
      'result',
      'startedBy.identity',
      'reason',
    ),
  },
  {
    region: 'enrolled',
    command: records('{ ($.kind = "rotation") && ($.enrolled IS TRUE) }'),
    rows: {
      ...ofRecords('userName', 'execution.endedAt', 'rotateAfterDays', 'lastStep.why'),
      latestOf: 'userName',
    },
  },
  {
    region: 'schedule',
    command: 'aws scheduler get-schedule --group-name "$STACK" --name "$SCHEDULE_NAME"',
    rows: { list: '', show: ['Name', 'State'] },
  },
  {
    region: 'pauses',
    command: records('{ $.lastStep.why = "paused" }'),
    rows: ofRecords('execution.endedAt', 'userName', 'result', 'lastStep.said'),
  },
  {
    region: 'settings',
    command: records('{ $.settings.overlapPeriod = "*" }'),
    rows: ofRecords(
      'userName',
      'execution.startedAt',
      'settings.overlapPeriod',
      'settings.quietPeriod',
      'settings.adoptionDeadline',
      'settings.recoveryPeriod',
      'settings.acknowledgementDeadline',
    ),
  },
  {
    region: 'retention',
    command: 'aws logs describe-log-groups --log-group-name-prefix "$AUDIT_LOG_GROUP"',
    rows: { list: 'logGroups', show: ['logGroupName', 'retentionInDays'] },
  },
];

/** The value at a path; undefined: there is none. */
const at = (value: unknown, path: string): unknown =>
  path === ''
    ? value
    : path
        .split('.')
        .reduce<unknown>(
          (inner, name) => (inner as Record<string, unknown> | null)?.[name] ?? undefined,
          value,
        );

/** The name of a secret, or its ARN, in which six characters follow the name. Both jq and JavaScript take it so. */
const ofSecretNamed = (name: string): string => `(^|:)${name}(-[A-Za-z0-9]{6})?$`;

/** What the page gives `rows`: the part of a program for jq that finds the items and what is shown of them. */
const programOf = ({ list, json, only, ofSecret, without, latestOf, show }: Rows): string => {
  const items = [
    `.${list}${list === '' ? '' : '[]'}${json === undefined ? '' : `.${json}`}`,
    ...(json === undefined ? [] : ['fromjson']),
    ...(only === undefined ? [] : [`select(.${only[0]} == "'"${only[1]}"'")`]),
    ...(ofSecret === undefined
      ? []
      : [`select(.${ofSecret[0]} // "" | test("${ofSecretNamed(`'"${ofSecret[1]}"'`)}"))`]),
    ...(without === undefined ? [] : [`select(.${without[0]} // "" | contains("${without[1]}") | not)`]),
  ].join(' | ');
  return [
    ...(latestOf === undefined ? [items] : [`[${items}]`, `group_by(.${latestOf})[]`, 'max_by(.recordedAt)']),
    `[${show.map((path) => `.${path}`).join(', ')}]`,
  ].join(' | ');
};

/** `column -t` of util-linux: columns as wide as their widest cell, two spaces apart. */
const aligned = (rows: readonly (readonly string[])[]): string => {
  const widths = (rows[0] ?? []).map((_cell, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows
    .map((row) =>
      row
        .map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd((widths[column] ?? 0) + 2)))
        .join(''),
    )
    .join('\n');
};

const textOf = (value: unknown): string => (value == null ? '-' : String(value));

/** Of several records of one, the latest. */
const latest = (items: readonly unknown[], of: string): readonly unknown[] => [
  ...new Map(
    items
      .toSorted((one, other) => (String(at(one, 'recordedAt')) < String(at(other, 'recordedAt')) ? -1 : 1))
      .map((item) => [at(item, of), item]),
  ).values(),
];

/** The same as `rows` of the page writes. */
const rowsOf = (answer: unknown, rows: Rows, variables: Asked['variables']): string => {
  const { list, json, only, ofSecret, without, latestOf, show } = rows;
  const givenTo = (variable: string): string => variables[variable.slice(1)] ?? '';
  const found = at(answer, list);
  const items = (Array.isArray(found) ? found : [found])
    .map((item) => (json === undefined ? item : (JSON.parse(String(at(item, json))) as unknown)))
    .filter((item) => only === undefined || at(item, only[0]) === givenTo(only[1]))
    .filter(
      (item) =>
        ofSecret === undefined ||
        new RegExp(ofSecretNamed(givenTo(ofSecret[1]))).test(String(at(item, ofSecret[0]) ?? '')),
    )
    .filter((item) => without === undefined || !String(at(item, without[0]) ?? '').includes(without[1]));
  const shownOf = latestOf === undefined ? items : latest(items, latestOf);
  const cells = shownOf.map((item) => show.map((path) => textOf(at(item, path))));
  const once = [...new Map(cells.map((row) => [row.join('\t'), row])).entries()]
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([, row]) => row);
  return aligned(once);
};

const fenced = (language: string, text: string): string => `\`\`\`${language}\n${text.trimEnd()}\n\`\`\``;

const shown = async (question: Question, asked: Asked): Promise<string> => {
  const { command, rows } = question;
  const answer = await asked.ask(command);
  if (rows !== undefined) {
    const written = `${command} \\\n  | rows '${programOf(rows)}'`;
    return `${fenced('sh', written)}\n\n${fenced('text', rowsOf(answer, rows, asked.variables))}`;
  }
  const { events } = answer as { readonly events: readonly { readonly message: string }[] };
  const text = JSON.stringify(JSON.parse(events.at(-1)?.message ?? 'null'), undefined, 2);
  // As the formatter leaves it.
  const record = text.replace(/\[\n\s+("[^"\n]*")\n\s+\]/g, '[$1]');
  const written = `${command} \\\n  | jq '.events[-1].message | fromjson'`;
  return `${fenced('sh', written)}\n\n${fenced('json', record)}`;
};

/** The queries as they are saved. */
const queries = (): string => {
  const reads = secretReadsQuery(['arn:aws:iam::111122223333:role/a-step-of-the-stack']);
  return [...Object.entries(RECORD_QUERIES), [SECRET_READS, reads] as const]
    .map(([name, query]) => `**${name}**\n\n${fenced('text', query)}`)
    .join('\n\n');
};

/** What a record says of what is not known. */
const unknowns = (): string => Object.values(WHY).map(item).join('\n');

/** The page with its regions up to date. */
export const withAnswers = async (page: string, asked: Asked): Promise<string> => {
  let text = withRegion(page, 'queries', queries());
  text = withRegion(text, 'execution', fenced('sh', `EXECUTION_ARN=${asked.variables.EXECUTION_ARN}`));
  text = withRegion(text, 'unknown', unknowns());
  for (const question of QUESTIONS) {
    text = withRegion(text, question.region, await shown(question, asked));
  }
  return text;
};

/** The form of a record, for tools that read it. */
export const recordSchema = (): string =>
  `${JSON.stringify({ title: 'Record of an execution that has ended', ...z.toJSONSchema(RotationRecord) }, undefined, 2)}\n`;

const main = async (): Promise<void> => {
  const asked = await toldStory();
  try {
    writeFileSync(PAGE_FILE, await withAnswers(readFileSync(PAGE_FILE, 'utf8'), asked));
    writeFileSync(SCHEMA_FILE, recordSchema());
  } finally {
    await asked.close();
  }
};

if (require.main === module) void main();
