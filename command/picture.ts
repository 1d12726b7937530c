import type { AccessKey } from '../lambdas/shared/rotation/access-key';
import { keyLabel } from '../lambdas/shared/secret/versions';
import type {
  ConsumerLane,
  ExecutionLane,
  KeyLane,
  KeyRole,
  LabelLane,
  PictureData,
  Span,
} from '../picture/data';
import { waitsAndChecks } from '../picture/executions';
import { brief } from '../picture/scale';
import { merged } from '../picture/spans';
import type { SeenCall, SeenCalls } from './gateways/calls';
import type { KnownExecution, KnownRecord } from './known-rotation';
import { at as minuteOf } from './times';

/** What CloudTrail shows in a Region, or why nothing is known of it. */
export interface RegionCalls {
  readonly region: string;
  readonly answer: SeenCalls | { readonly problem: string };
}

/** What is known of a rotation. */
export interface RotationFacts {
  readonly userName: string;
  readonly now: Date;
  /** At least one, the oldest first. */
  readonly executions: readonly KnownExecution[];
  /** The user's keys now. Undefined: nobody may know, or it does not matter any more. */
  readonly keysNow: readonly AccessKey[] | undefined;
  /** Version IDs of the secret by staging label, now. Undefined: the same. */
  readonly labelsNow: ReadonlyMap<string, string> | undefined;
  readonly calls: readonly RegionCalls[];
  /** Who has started an execution, by its ARN, as far as a record or CloudTrail says. */
  readonly starters: ReadonlyMap<string, string>;
  /** What could not be found out, in sentences. */
  readonly notes: readonly string[];
}

const MINUTE = 60 * 1000;

/** So many consumers have a lane; the others share one. */
const MOST_CONSUMERS = 6;

const isRunning = ({ execution }: KnownRecord): boolean => execution.status === 'RUNNING';
const isKnown = <T>(value: T | null | undefined): value is T => value !== null && value !== undefined;

const timeOf = (moment: { readonly at: string } | null | undefined): Date | undefined =>
  isKnown(moment) ? new Date(moment.at) : undefined;

/** From the start of the first execution to a little after the end of the last, so that both are within. */
const spanOf = ({ executions, now }: RotationFacts): Span => {
  const records = executions.map(({ record }) => record);
  const [first] = records;
  const from = new Date(first?.execution.startedAt ?? first?.recordedAt ?? now);
  const ends = records.map((record) =>
    isRunning(record) ? now : new Date(record.execution.endedAt ?? record.recordedAt),
  );
  const end = Math.max(...ends.map((one) => one.getTime()));
  return { from, to: new Date(Math.max(from.getTime() + MINUTE, Math.min(end + MINUTE, now.getTime()))) };
};

/** Whether an execution goes on. */
export const isUnderWay = (executions: readonly KnownExecution[]): boolean =>
  executions.some(({ record }) => isRunning(record));

/** The IDs of the keys that a rotation is about. */
export const keysOf = (
  executions: readonly KnownExecution[],
): {
  readonly old: string | undefined;
  readonly brought: string | undefined;
  readonly all: readonly string[];
} => {
  const records = executions.map(({ record }) => record);
  const old = records.findLast(({ oldKey }) => oldKey !== null)?.oldKey?.accessKeyId;
  const brought = records.findLast(({ newKey }) => newKey !== null)?.newKey?.accessKeyId;
  const all = records.flatMap(({ keysFound, oldKey, newKey }) =>
    [...(keysFound ?? []), oldKey, newKey].flatMap((key) => key?.accessKeyId ?? []),
  );
  return { old, brought, all: [...new Set(all)] };
};

/** A key has come into a status, or was seen in one. Undefined: from then on nobody knows. */
interface Point {
  readonly at: Date;
  readonly status: string | undefined;
  /** It was seen so, and may have been so before. */
  readonly isSeen?: true;
}

const GONE = 'gone';

/** Changes of a key that a step may have made without anybody having noted when. */
const isUnclear = ({ unknown, oldKey }: KnownRecord, accessKeyId: string): boolean => {
  const part = oldKey?.accessKeyId === accessKeyId ? 'oldKey' : 'newKey';
  const fields = [part, `${part}.deactivated`, `${part}.reactivated`, `${part}.deleted`];
  return unknown.some(({ field }) => fields.includes(field));
};

const pointsOf = (record: KnownRecord, accessKeyId: string): readonly Point[] => {
  const { execution, recordedAt, keysFound, oldKey, newKey } = record;
  const start = new Date(execution.startedAt ?? recordedAt);
  const found = keysFound?.find((key) => key.accessKeyId === accessKeyId);
  const seen: readonly Point[] =
    keysFound === null ? [] : [{ at: start, status: found?.status ?? GONE, isSeen: true }];
  const told = (moment: { readonly at: string } | null, status: string): readonly Point[] => {
    const at = timeOf(moment);
    return at === undefined ? [] : [{ at, status }];
  };
  const isOld = oldKey?.accessKeyId === accessKeyId;
  const isNew = newKey?.accessKeyId === accessKeyId;
  const changes: readonly Point[] = [
    // A key that AWS has accepted is Active. It may have been Inactive, and have come back for the place of a leaked one.
    ...(isNew
      ? [
          ...(found === undefined ? told(newKey.created, 'Active') : []),
          ...[newKey.tested, newKey.published].flatMap((moment) =>
            told(moment, 'Active').map((point) => ({ ...point, isSeen: true as const })),
          ),
        ]
      : []),
    ...(isOld
      ? [
          ...told(oldKey.deactivated, 'Inactive'),
          ...told(oldKey.reactivated, 'Active'),
          ...told(oldKey.deleted, GONE),
        ]
      : []),
  ];
  const known: readonly Point[] = [...seen, ...changes];
  if (!(isOld || isNew) || !isUnclear(record, accessKeyId)) return known;
  const last = known.toSorted((one, other) => one.at.getTime() - other.at.getTime()).at(-1);
  // An earlier execution may have set it Inactive, or deleted it: then nothing is unclear.
  if (last?.isSeen === true && last.status !== 'Active') return known;
  return [...known, { at: last?.at ?? start, status: undefined }];
};

/**
 * In which status a key was when. A key that is seen to have changed without anybody having noted when: from the last time that its
 * status was known nobody knows it.
 */
const lifeOf = (points: readonly Point[], { from, to }: Span): KeyLane['spans'] => {
  const steps: { at: Date; status: string | undefined }[] = [];
  let known: Date | undefined;
  for (const { at, status, isSeen } of points.toSorted(
    (one, other) => one.at.getTime() - other.at.getTime(),
  )) {
    const last = steps.at(-1);
    if (last === undefined ? status !== GONE : last.status !== status) {
      const isSurprise = isSeen === true && last?.status !== undefined && known !== undefined && known < at;
      if (isSurprise) steps.push({ at: known as Date, status: undefined });
      steps.push({ at, status });
    }
    known = at;
  }
  return steps.flatMap(({ at, status }, index) => {
    const next = steps[index + 1]?.at ?? to;
    const span = { from: at > from ? at : from, to: next < to ? next : to, status };
    return status === GONE || span.from >= span.to ? [] : [span];
  });
};

const keyLanes = (
  { executions, keysNow, now }: RotationFacts,
  span: Span,
): readonly KeyLane[] | undefined => {
  const lanes = keysOf(executions).all.map((accessKeyId): KeyLane => {
    const present: readonly Point[] =
      keysNow === undefined
        ? []
        : [
            {
              at: now,
              status: keysNow.find((key) => key.accessKeyId === accessKeyId)?.status ?? GONE,
              isSeen: true,
            },
          ];
    const points = executions.flatMap(({ record }) => pointsOf(record, accessKeyId));
    return { accessKeyId, spans: lifeOf([...points, ...present], span) };
  });
  const drawn = lanes.filter(({ spans }) => spans.length > 0);
  return drawn.length === 0 ? undefined : drawn;
};

/** Where AWSCURRENT was after a rollback: the labels say it as long as the rotation is unfinished. */
const currentAfterRollback = (
  { labelsNow }: RotationFacts,
  brought: string | undefined,
): string | undefined => {
  const current = labelsNow?.get('AWSCURRENT');
  const isUnfinished = labelsNow?.has('AWSPENDING') === true;
  return isUnfinished &&
    brought !== undefined &&
    current !== undefined &&
    labelsNow?.get(keyLabel(brought)) === current
    ? brought
    : undefined;
};

const UNKNOWN_LABEL = { accessKeyId: undefined, holds: 'not known' };

const currentLane = (facts: RotationFacts, { from, to }: Span): LabelLane => {
  const { executions } = facts;
  const { brought } = keysOf(executions);
  const before = executions.map(({ history }) => history?.currentBefore).find((one) => one !== undefined);
  const holding = (accessKeyId: string | undefined) =>
    accessKeyId === undefined ? UNKNOWN_LABEL : { accessKeyId, holds: `access key ${accessKeyId}` };
  const published = executions.flatMap(({ record: { newKey } }) => {
    const at = timeOf(newKey?.published);
    return at === undefined || newKey === null ? [] : [{ at, ...holding(newKey.accessKeyId) }];
  });
  const back = executions.flatMap(({ record: { rollback } }) =>
    isKnown(rollback?.doneAt)
      ? [{ at: new Date(rollback.doneAt), ...holding(currentAfterRollback(facts, brought)) }]
      : [],
  );
  const start = before === null ? { accessKeyId: undefined, holds: 'placeholder' } : holding(before);
  const steps = [
    { at: from, ...start },
    ...[...published, ...back].toSorted((a, b) => a.at.getTime() - b.at.getTime()),
  ];
  const spans = steps.map(({ at, ...holds }, index) => ({
    from: at,
    to: steps[index + 1]?.at ?? to,
    ...holds,
  }));
  return { label: 'AWSCURRENT', spans: merged(spans, ({ holds }) => holds) };
};

/** The lock: from the first step until the last. */
const pendingLane = ({ executions }: RotationFacts, { to }: Span): readonly LabelLane[] => {
  const starts = executions.flatMap(({ record }) => record.rotation?.startedAt ?? []).toSorted();
  const [start] = starts;
  if (start === undefined) return [];
  const done = executions.find(({ record }) => record.result === 'rotated' && !isRunning(record))?.record;
  const end =
    timeOf(done?.oldKey?.deleted) ??
    (isKnown(done?.execution.endedAt) ? new Date(done.execution.endedAt) : to);
  return [{ label: 'AWSPENDING', spans: [{ from: new Date(start), to: end, holds: 'intent' }] }];
};

const labelLanes = (facts: RotationFacts, span: Span): readonly LabelLane[] | undefined =>
  facts.executions.every(({ record }) => record.rotation === null)
    ? undefined
    : [currentLane(facts, span), ...pendingLane(facts, span)];

/** Only the rotation itself can have called with a key that nobody could read yet. */
const isConsumers = ({ accessKeyId, at }: SeenCall, executions: readonly KnownExecution[]): boolean => {
  const published = executions
    .map(({ record: { newKey } }) =>
      newKey?.accessKeyId === accessKeyId ? timeOf(newKey.published) : undefined,
    )
    .find((one) => one !== undefined);
  const isHere = executions.some(
    ({ record: { newKey } }) => newKey?.accessKeyId === accessKeyId && newKey.source === 'created',
  );
  // CloudTrail has whole seconds.
  return published === undefined ? !isHere : at.getTime() + 1000 > published.getTime();
};

const runsOf = (calls: readonly SeenCall[]): ConsumerLane['spans'] => {
  const runs: ConsumerLane['spans'][number][] = [];
  for (const { at, accessKeyId, failed } of calls.toSorted(
    (one, other) => one.at.getTime() - other.at.getTime(),
  )) {
    const last = runs.at(-1);
    if (last !== undefined && last.accessKeyId === accessKeyId && last.failed === failed) {
      runs[runs.length - 1] = { ...last, to: at, calls: last.calls + 1 };
    } else runs.push({ from: at, to: at, accessKeyId, failed, calls: 1 });
  }
  return runs;
};

/** Undefined: CloudTrail shows none, which does not say that there was none. */
const consumerLanes = (calls: readonly SeenCall[]): readonly ConsumerLane[] | undefined => {
  if (calls.length === 0) return undefined;
  const byCaller = new Map<string, SeenCall[]>();
  for (const call of calls) byCaller.set(call.caller, [...(byCaller.get(call.caller) ?? []), call]);
  const busiest = [...byCaller].toSorted(([, one], [, other]) => other.length - one.length);
  const isTooMany = busiest.length > MOST_CONSUMERS;
  const own = isTooMany ? busiest.slice(0, MOST_CONSUMERS - 1) : busiest;
  const others = isTooMany ? busiest.slice(MOST_CONSUMERS - 1) : [];
  return [
    ...own,
    ...(others.length === 0
      ? []
      : [[`${others.length} others`, others.flatMap(([, theirs]) => theirs)] as [string, SeenCall[]]]),
  ].map(([name, theirs]) => ({ name, spans: runsOf(theirs) }));
};

const NAMES: Readonly<Record<string, string>> = { rotate: 'rotation', resume: 'rotation' };

/** The last part of an ARN tells who it was: a user, or a session of a role. */
const nameIn = (arn: string): string => (arn.split(':').at(-1) ?? arn).replace(/^assumed-role\//, '');

const executionLane = (
  { record, history }: KnownExecution,
  { starters, now }: RotationFacts,
): ExecutionLane => {
  const { execution, action, result, error, startedBy } = record;
  const name = NAMES[action ?? 'rotate'] ?? action ?? 'rotation';
  const from = new Date(execution.startedAt ?? record.recordedAt);
  const to = isRunning(record) ? now : new Date(execution.endedAt ?? record.recordedAt);
  const ends: Readonly<Record<string, string | undefined>> = {
    RUNNING: undefined,
    SUCCEEDED: history?.entered.at(-1)?.name ?? `The ${name} ends: ${result.replaceAll('-', ' ')}`,
    ABORTED: result === 'taken-over' ? `Another execution takes the ${name} over` : `The ${name} is stopped`,
    TIMED_OUT: `The ${name} runs out of time`,
  };
  // Of an emergency, whoever has declared it.
  const starter = starters.get(startedBy.declaration ?? execution.arn) ?? starters.get(execution.arn);
  return {
    name,
    by: starter === undefined ? undefined : nameIn(starter),
    from,
    to,
    end:
      execution.status in ends
        ? ends[execution.status]
        : `The ${name} fails: ${error?.name ?? execution.status}`,
    failed: ['FAILED', 'TIMED_OUT'].includes(execution.status),
    ...waitsAndChecks(history?.entered ?? [], to),
  };
};

const verdictOf = ({ executions, now }: RotationFacts, failedCalls: number): string => {
  const { record } = executions.at(-1) as KnownExecution;
  const { result, error } = record;
  const start = Math.min(
    ...executions.map(({ record: one }) => Date.parse(one.execution.startedAt ?? one.recordedAt)),
  );
  const lasted = (until: string | null): string =>
    brief(Math.max(1000, (until === null ? now.getTime() : Date.parse(until)) - start));
  const { secondsToInactive } = record.emergency ?? {};
  const words: Readonly<Record<string, string>> = {
    rotated: isKnown(secondsToInactive)
      ? `leaked key Inactive within ${brief(Math.max(1, secondsToInactive) * 1000)}`
      : `rotated in ${lasted(record.execution.endedAt)}`,
    'rolled-back': error === null ? 'rolled back' : `rolled back after ${error.name}`,
    failed: `failed with ${error?.name ?? 'an error that nobody has noted'}`,
    unknown: 'ended, and nothing says how',
  };
  const how = isRunning(record)
    ? `under way for ${lasted(null)}`
    : (words[result] ?? result.replaceAll('-', ' '));
  if (failedCalls === 0) return how;
  return `${how}, ${failedCalls} failed call${failedCalls === 1 ? '' : 's'} in CloudTrail`;
};

/** What the picture cannot say of the consumers' calls. */
const notesOfCalls = ({ calls }: RotationFacts, seen: number): readonly string[] => {
  const answered = calls.flatMap(({ region, answer }) => ('problem' in answer ? [] : [{ region, answer }]));
  const regions = answered.map(({ region }) => region).join(', ');
  return [
    ...calls.flatMap(({ region, answer }) =>
      'problem' in answer
        ? [`Calls of consumers in ${region} are not known: ${answer.problem}`]
        : answer.cut === undefined
          ? []
          : [`Of ${region}, calls before ${minuteOf(answer.cut)} were not read: there are too many.`],
    ),
    ...(answered.length === 0
      ? []
      : [
          `Calls of consumers are ${seen === 0 ? 'not known: the event history of CloudTrail has none with these keys in' : 'those in the event history of CloudTrail, in'} ${regions}. It has management events of 90 days. Calls to the data of services, such as objects of S3, and calls that AWS refuses because of their key, need not be in it: WHETHER ANY CALL FAILED IS NOT KNOWN${seen === 0 ? '' : ' beyond what is drawn'}.`,
        ]),
  ];
};

/** What a picture shows of a rotation in an account: what is known of it, and of everything else that it is not. */
export const pictureOfRotation = (facts: RotationFacts): PictureData => {
  const { userName, executions } = facts;
  const span = spanOf(facts);
  const { old, brought } = keysOf(executions);
  const roles: Readonly<Record<string, KeyRole>> = {
    ...(old !== undefined && { [old]: 'old' as const }),
    ...(brought !== undefined && { [brought]: 'new' as const }),
  };
  const calls = facts.calls
    .flatMap(({ answer }) => ('problem' in answer ? [] : answer.calls))
    .filter((call) => isConsumers(call, executions) && call.at >= span.from && call.at <= span.to);
  const unseen = executions.filter(({ history }) => history === undefined);
  const messages = executions.flatMap(({ history }) => history?.messages ?? []);
  return {
    ...span,
    userName,
    verdict: verdictOf(facts, calls.filter(({ failed }) => failed).length),
    roles,
    keys: keyLanes(facts, span),
    labels: labelLanes(facts, span),
    consumers: consumerLanes(calls),
    executions: executions.map((one) => executionLane(one, facts)),
    messages:
      unseen.length > 0
        ? undefined
        : messages.filter(({ sent }) => sent).map(({ at, subject }) => ({ at, subject })),
    remarks: messages
      .filter(({ sent }) => !sent)
      .map(({ at, subject }) => ({ at, text: `A message could not be sent: ${subject}.` })),
    notes: [
      ...notesOfCalls(facts, calls.length),
      'Labels are drawn as the steps have moved them. What others have done to the secret is not in it.',
      ...unseen.map(
        ({ record: { execution } }) =>
          `Step Functions does not show the history of ${execution.name}: its waits, checks and messages are not drawn.`,
      ),
      ...facts.notes,
    ],
  };
};
