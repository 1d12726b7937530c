import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import * as z from 'zod';
import type { AwsState } from '../../embedded-aws/embedded-aws';
import type { Moment } from '../play/simulate';

/** Settings that came later, as the stories of earlier releases went without them. */
const BEFORE_THERE_WERE = { noticeBefore: 'PT0S' };

/** The name of the file with a release's definition. Each other file of its directory is a shape's. */
export const DEFINITION_FILE = 'definition.asl.json';

const instant = z.codec(z.iso.datetime(), z.date(), {
  decode: (text) => new Date(text),
  encode: (date) => date.toISOString(),
});
/** The same, for values in milliseconds. */
const milliseconds = z.codec(z.iso.datetime(), z.number(), {
  decode: (text) => Date.parse(text),
  encode: (time) => new Date(time).toISOString(),
});
const words = z.record(z.string(), z.string());
const json = z.record(z.string(), z.unknown());
/** A secret's text. In the file it is JSON, if that gives the same text again. */
const secretString = z.codec(z.union([z.string(), json]), z.string(), {
  decode: (value) => (typeof value === 'string' ? value : JSON.stringify(value)),
  encode: (text) => {
    const value: unknown = text.startsWith('{') ? JSON.parse(text) : text;
    return JSON.stringify(value) === text ? (value as Record<string, unknown>) : text;
  },
});

/** No identifier of AWS contains EXAMPLE and such a number. */
const madeUpId = z.string().regex(/^[A-Z]{4}EXAMPLE\d+$/);
const keyStatus = z.enum(['Active', 'Inactive']);
const accessKey = z.strictObject({
  accessKeyId: madeUpId,
  secretAccessKey: z.string().startsWith('made-up-'),
  createdAt: instant,
  statuses: z.array(z.strictObject({ at: instant, status: keyStatus })).min(1),
  uses: z.array(z.strictObject({ at: instant, service: z.string(), region: z.string() })),
  deletedAt: instant.optional(),
});
const user = z.strictObject({
  userName: z.string(),
  userId: madeUpId,
  path: z.string(),
  arn: z.string(),
  createDate: instant,
  keys: z.array(accessKey),
  tags: words.optional(),
});

const principal = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('user'), arn: z.string(), userId: madeUpId, userName: z.string() }),
  z.strictObject({
    kind: z.literal('role'),
    arn: z.string(),
    sessionArn: z.string(),
    roleId: madeUpId,
    sessionName: z.string(),
  }),
]);
/** Of IAM. */
const trailEntry = z.strictObject({
  // Older recordings have neither of these.
  eventSource: z.string().default('iam.amazonaws.com'),
  region: z.string().default('us-east-1'),
  eventName: z.string(),
  at: instant,
  principal,
  accessKeyId: madeUpId,
  requestParameters: json,
  responseElements: json.nullable(),
  error: z.strictObject({ code: z.string(), message: z.string() }).optional(),
});

const version = z.strictObject({ versionId: z.string(), createdDate: instant, secretString });
/** A reference to a row of one of the file's tables. */
const row = z.int().min(0);
const secret = z.strictObject({
  arn: z.string(),
  name: z.string(),
  createdDate: instant,
  description: z.string().optional(),
  tags: words,
  kmsKeyArn: z.string().optional(),
  replicas: z.array(
    z.strictObject({ region: z.string(), status: z.enum(['InSync', 'InProgress', 'Failed']) }),
  ),
  rotationEnabled: z.boolean(),
  deletedDate: instant.optional(),
  changedAt: instant,
  versions: z.array(z.strictObject({ version: row, labels: z.array(z.string()) })),
});

const alarm = z.strictObject({
  name: z.string(),
  arn: z.string(),
  kind: z.enum(['metric', 'composite']),
  state: z.enum(['OK', 'ALARM', 'INSUFFICIENT_DATA']),
  stateUpdated: instant,
});

const alarmChange = z.strictObject({
  name: z.string(),
  kind: alarm.shape.kind,
  at: instant,
  from: alarm.shape.state,
  to: alarm.shape.state,
});

/** The content of AWS, except for what is in other tables. */
const aws = z.strictObject({
  users: z.array(user),
  secrets: z.array(secret),
  trail: z.array(row),
  alarms: z.array(alarm),
  // Older recordings do not have this.
  alarmChanges: z.array(alarmChange).default([]),
});

const execution = z.strictObject({
  name: z.string(),
  startDate: instant,
  redriveCount: z.int().min(0),
  input: json,
  status: z.enum(['RUNNING', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED']),
  stopDate: instant.optional(),
});
/** An execution, as a moment knows it. */
export interface RecordedExecution extends z.infer<typeof execution> {
  /** While it is running: the state that it has entered last, and its data then. */
  readonly state?: { readonly name: string; readonly input: Readonly<Record<string, unknown>> } | undefined;
}

const learnt = z.strictObject({
  keys: z.record(
    z.string(),
    z.strictObject({
      madeBy: z.enum(['start', 'rotation', 'person']),
      status: z.string(),
      inactiveSince: milliseconds.optional(),
      currentAt: milliseconds.optional(),
      tested: z.boolean(),
      lastUse: milliseconds.optional(),
      broughtBack: z.boolean(),
    }),
  ),
  leaked: z.array(z.string()),
  elsewhere: z.array(z.string()).optional(),
  alarmed: z.boolean(),
  // Older recordings do not have this.
  wentOffAt: z.array(milliseconds).default([]),
  paused: z.boolean(),
  currentSince: milliseconds,
  brokenAt: milliseconds.optional(),
});

const conduct = z.strictObject({
  held: z.string().optional(),
  readAt: milliseconds.optional(),
  usedAt: milliseconds.optional(),
  consumersMove: z.boolean(),
  failsOnDeactivation: z.boolean(),
  refusals: z.int(),
  acted: z.boolean(),
  pauseEnds: milliseconds.optional(),
});

/** How executions end, and the final result. */
const ends = z.strictObject({
  /** By name, or `successor`: `SUCCEEDED`, or the status and the error. */
  executions: words,
  /** The `end` of {@link simulate}: `converged`, or an error. */
  end: z.string(),
});
export type Ends = z.infer<typeof ends>;

const moment = z.strictObject({
  at: instant,
  /** The execution that has just entered its state. */
  execution: z.string(),
  /** In the order in which they were started. */
  executions: z
    .array(
      z.strictObject({
        execution: row,
        state: z.strictObject({ name: z.string(), input: row }).optional(),
      }),
    )
    .min(1),
  aws: row,
  learnt: row,
  conduct: row,
  /** If the execution goes on, with those that run beside it. */
  goesOn: ends,
  /** If all are stopped there, and another one is started. */
  takenOver: ends,
});

const shapeFile = z.strictObject({
  /** For people: the simulation may have other shapes by now. */
  shape: z.string(),
  /** The user's configuration in the story. */
  config: z.looseObject({
    userName: z.string(),
    overlapPeriod: z.string(),
    quietPeriod: z.string(),
    recoveryPeriod: z.string(),
  }),
  /** CloudTrail's entries. */
  trail: z.array(trailEntry),
  /** Versions of secrets, without their labels. */
  versions: z.array(version),
  aws: z.array(aws),
  learnt: z.array(learnt),
  conduct: z.array(conduct),
  executions: z.array(execution),
  /** Data of executions. */
  data: z.array(json),
  moments: z.array(moment),
});
type ShapeFile = z.infer<typeof shapeFile>;

/** The tables of a file: equal values are kept once. */
const TABLES = ['trail', 'versions', 'aws', 'learnt', 'conduct', 'executions', 'data'] as const;
type TableName = (typeof TABLES)[number];

/** A moment of a shape's story: an execution has entered a state. */
export interface RecordedMoment extends Moment {
  /** The story's name. */
  readonly shape: string;
  /** Name of the execution that has just entered its state. */
  readonly execution: string;
  readonly executions: readonly RecordedExecution[];
}

/** The same, with its results. */
export interface JudgedMoment extends RecordedMoment {
  /** If the execution goes on, with those that run beside it. */
  readonly goesOn: Ends;
  /** If all are stopped there, and another one is started. */
  readonly takenOver: Ends;
}

/** The record of a release: its definition, and moments of its executions. */
export interface Recording {
  readonly name: string;
  /** With its placeholders. */
  readonly definition: string;
  readonly moments: readonly JudgedMoment[];
}

/** The name of the state of a moment. */
export const stateOf = ({ execution, executions }: RecordedMoment): string => {
  const state = executions.find(({ name }) => name === execution)?.state;
  if (state === undefined) throw new Error(`The moment does not know its execution ${execution}`);
  return state.name;
};

/** Rows of a table. */
class Table {
  readonly rows: unknown[] = [];
  readonly #index = new Map<string, number>();

  /** The number of the row that holds a value: an existing one, or a new one. */
  rowOf(value: unknown): number {
    const text = JSON.stringify(value);
    const known = this.#index.get(text);
    if (known !== undefined) return known;
    this.#index.set(text, this.rows.length);
    return this.rows.push(value) - 1;
  }
}

/**
 * The text of a shape's file: JSON, one row or moment per line.
 *
 * @param moments - Of one shape.
 */
export const writeShape = (
  shape: string,
  config: Moment['config'],
  moments: readonly JudgedMoment[],
): string => {
  const tables = Object.fromEntries(TABLES.map((name) => [name, new Table()])) as Record<TableName, Table>;
  const inRows = ({ secrets, trail, ...others }: AwsState) => ({
    ...others,
    secrets: secrets.map((secret) => ({
      ...secret,
      versions: secret.versions.map(({ labels, ...version }) => ({
        version: tables.versions.rowOf(version),
        labels,
      })),
    })),
    trail: trail.map((entry) => tables.trail.rowOf(entry)),
  });
  const rows = moments.map(({ at, execution, executions, aws, learnt, conduct, goesOn, takenOver }) => ({
    at,
    execution,
    executions: executions.map(({ state, ...others }) => ({
      execution: tables.executions.rowOf(others),
      ...(state && { state: { name: state.name, input: tables.data.rowOf(state.input) } }),
    })),
    aws: tables.aws.rowOf(inRows(aws)),
    learnt: tables.learnt.rowOf(learnt),
    conduct: tables.conduct.rowOf(conduct),
    goesOn,
    takenOver,
  }));
  const filled = Object.fromEntries(TABLES.map((name) => [name, tables[name].rows]));
  // Encoding also checks what the type cannot express.
  const encoded = z.encode(shapeFile, { shape, config, ...filled, moments: rows } as unknown as ShapeFile);
  const lines = (name: TableName | 'moments'): string => {
    const list = encoded[name].map((item) => JSON.stringify(item)).join(',\n');
    return `"${name}": [\n${list}\n]`;
  };
  return `{
"shape": ${JSON.stringify(encoded.shape)},
"config": ${JSON.stringify(encoded.config)},
${[...TABLES, 'moments' as const].map(lines).join(',\n')}
}
`;
};

/**
 * The moments in the text of a shape's file.
 *
 * @param file - Its name, for the error.
 * @throws Error that says what is wrong with the file, and where.
 */
export const readShape = (text: string, file: string): readonly JudgedMoment[] => {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    throw new Error(`${file} is not JSON: ${(error as Error).message}`);
  }
  const parsed = z.safeDecode(shapeFile, content as z.input<typeof shapeFile>);
  if (!parsed.success) throw new Error(`${file} is not a recording:\n${z.prettifyError(parsed.error)}`);
  const { shape, moments } = parsed.data;
  const config = { ...BEFORE_THERE_WERE, ...parsed.data.config };
  const at = <T extends TableName>(table: T, index: number): ShapeFile[T][number] => {
    const found = parsed.data[table][index];
    if (found === undefined) throw new Error(`${file} has no row ${index} in "${table}"`);
    return found;
  };
  const awsAt = (index: number): AwsState => {
    const { secrets, trail, ...others } = at('aws', index);
    return {
      ...others,
      secrets: secrets.map((secret) => ({
        ...secret,
        versions: secret.versions.map(({ version: index, labels }) => ({ ...at('versions', index), labels })),
      })),
      trail: trail.map((index) => at('trail', index)),
    };
  };
  return moments.map(({ executions, aws, learnt, conduct, ...others }) => ({
    ...others,
    shape,
    config,
    executions: executions.map(({ execution, state }) => ({
      ...at('executions', execution),
      ...(state && { state: { name: state.name, input: at('data', state.input) } }),
    })),
    aws: awsAt(aws),
    learnt: at('learnt', learnt),
    conduct: at('conduct', conduct),
  }));
};

/**
 * Reads the record of a release.
 *
 * @param directory - The directory of the release.
 * @throws Error that says what is wrong with which file.
 */
export const readRecording = (directory: string): Recording => ({
  name: basename(directory),
  definition: readFileSync(join(directory, DEFINITION_FILE), 'utf8'),
  moments: readdirSync(directory)
    .filter((file) => file !== DEFINITION_FILE)
    .toSorted()
    .flatMap((file) => readShape(readFileSync(join(directory, file), 'utf8'), join(directory, file))),
});
