import type * as z from 'zod/mini';
import { cut } from '../shared/contract/errors';
import { emergencyMachineName } from '../shared/contract/names';
import type { RecordedUser } from '../shared/contract/recorded';
import type { StepName } from '../shared/contract/steps';
import { STOPPED_FOR_ANOTHER, takenOverBy } from '../shared/contract/stop';
import type { StarterAnswer } from '../shared/gateways/audit-trail-gateway';
import type { DescribedExecution } from '../shared/gateways/history-gateway';
import { milliseconds } from '../shared/rotation/calendar';
import { endEventOf, executionsOf } from '../shared/rotation/execution-end';
import { DECLARED_BY, DeclaredLeak, RotationInput } from '../shared/rotation/rotation-state';
import type { Verdict } from '../shared/rotation/verdict';
import { executionOf } from '../shared/secret/versions';
import { oneLine } from '../shared/text/bounded';
import { withoutWhatLooksSecret } from '../shared/text/material';
import { type Course, endOf, timesOf } from './history';
import type { Moment, Result, RotationRecord, StartedBy } from './record';

/** Every end. */
export const EndEvent = endEventOf(['SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED']);
export type EndEvent = z.output<typeof EndEvent>;

/**
 * The stream of executions for no user of the stack. Names of IAM users have no slash (IAM API Reference, CreateUser). Whoever may
 * start executions must not be able to make a stream for every name that there could be.
 */
const NOT_ADMITTED_STREAM = '/not-admitted';

/** How long CloudTrail may take to show an event: "within an average of about 5 minutes" (CloudTrail User Guide), three times that. */
const SHOWN_WITHIN_MS = 15 * 60 * 1000;

const DAY_MS = 24 * 60 * 60 * 1000;

/** What others write may be long. A reason has up to as many characters. */
const LONGEST = 1000;

/** More names of alarms than that are not listed. */
const MOST_ALARMS = 100;

/** The state machines, and who may be expected to start them. */
export interface Deployed {
  /** ARN of the state machine of the rotations. */
  readonly rotations: string;
  readonly schedulerRoleArn: string;
  /** Of the state machine in which emergencies are declared. */
  readonly emergencyRoleArn: string;
}

/** An execution that has ended, as far as Step Functions tells of it. */
export interface EndedExecution {
  readonly arn: string;
  readonly of: RotationRecord['kind'];
  /** As Step Functions describes it; where it may not be asked, as its event does. */
  readonly described: DescribedExecution;
  readonly course: Course;
  readonly read: RotationRecord['history']['read'];
  /**
   * The execution that is said to have taken over, as Step Functions describes it. Undefined: none is named, or Step Functions knows none
   * of that ARN.
   */
  readonly successor: DescribedExecution | 'not-answered' | undefined;
}

/** What CloudTrail says of the start. */
export type TrailAnswer = StarterAnswer | { readonly kind: 'not-asked' | 'not-answered' };

/** Why something is not known. Words say it in a sentence. */
export type UnknownWhy =
  | 'history-not-read'
  | 'history-cut'
  | 'not-noted'
  | 'by-an-earlier-execution'
  | 'found-so'
  | 'no-plan'
  | 'not-noted-of-each'
  | 'nothing-ties-it'
  | 'starter-not-shown-yet'
  | 'starter-not-shown'
  | 'starter-not-answered'
  | 'starter-cut'
  | 'start-unknown'
  | 'condemned-key'
  | 'step-cut-off'
  | 'successor-not-answered'
  | 'not-traced'
  | 'nothing-says-its-result';

/** What is missing in a record, as it is made. */
type Missing = (field: string, why: UnknownWhy) => null;

/** The record, with codes in the place of the words. */
export type DraftRecord = Omit<RotationRecord, 'unknown'> & {
  readonly unknown: readonly { readonly field: string; readonly why: UnknownWhy }[];
};

/** Which of the two state machines an execution is of; undefined: of none of this stack. */
export const machineOf = (
  { stateMachineArn, executionArn }: EndEvent['detail'],
  rotations: string,
): RotationRecord['kind'] | undefined => {
  if (!executionArn.startsWith(executionsOf(stateMachineArn))) return undefined;
  if (stateMachineArn === rotations) return 'rotation';
  return stateMachineArn === emergencyMachineName(rotations) ? 'declaration' : undefined;
};

/** What an event tells of an execution that nothing else tells of. */
export const describedBy = ({ detail }: EndEvent, input: unknown): DescribedExecution => ({
  status: detail.status,
  startedAt: detail.startDate === undefined ? undefined : new Date(detail.startDate),
  endedAt: detail.stopDate === undefined ? undefined : new Date(detail.stopDate),
  redriveCount: 0,
  input,
  output: undefined,
  error: detail.error,
  cause: undefined,
});

/** What an execution was started with, as far as its plan would admit it. */
interface Admitted {
  readonly userName: string | undefined;
  readonly action: string | undefined;
  readonly claimed: StartedBy['claimed'];
  readonly declaration: string | undefined;
  readonly accessKeyId: string | undefined;
  readonly reason: string | undefined;
  readonly comment: string | undefined;
}

const NOTHING_ADMITTED: Admitted = {
  userName: undefined,
  action: undefined,
  claimed: null,
  declaration: undefined,
  accessKeyId: undefined,
  reason: undefined,
  comment: undefined,
};

const reasonIn = (input: unknown): string | undefined => {
  const { reason } = (input ?? {}) as { readonly reason?: unknown };
  return typeof reason === 'string' ? reason : undefined;
};

const admittedDeclaration = (input: unknown): Admitted => {
  const { data } = DeclaredLeak.safeParse(input);
  if (data === undefined) return NOTHING_ADMITTED;
  return { ...NOTHING_ADMITTED, ...data, action: 'emergency', claimed: 'person', reason: reasonIn(input) };
};

const admittedRotation = (input: unknown, rotations: string): Admitted => {
  const { data } = RotationInput.safeParse(input);
  if (data === undefined) return NOTHING_ADMITTED;
  const { userName, action, trigger, accessKeyId, reason, comment, [DECLARED_BY]: by } = data;
  const isDeclared = action === 'emergency' && by?.startsWith(executionsOf(emergencyMachineName(rotations)));
  const byWhom = trigger === 'schedule' ? 'schedule' : 'person';
  return {
    ...{ userName, action, accessKeyId, reason, comment },
    claimed: isDeclared ? 'declaration' : byWhom,
    declaration: isDeclared ? by : undefined,
  };
};

const admitted = ({ of, described }: EndedExecution, { rotations }: Deployed): Admitted =>
  of === 'declaration' ? admittedDeclaration(described.input) : admittedRotation(described.input, rotations);

/** The user for whom an execution was started; undefined: for none that there could be. */
export const userOf = (ended: EndedExecution, deployed: Deployed): string | undefined =>
  admitted(ended, deployed).userName;

/** The stream for the record: the user's, if it is one of the stack's, or a step has taken it for one. */
export const streamOf = (
  ended: EndedExecution,
  userName: string | undefined,
  user: RecordedUser | undefined,
): string =>
  userName !== undefined && (user !== undefined || ended.course.known.userName === userName)
    ? userName
    : NOT_ADMITTED_STREAM;

/**
 * Whether CloudTrail is asked who has started an execution. Not for a start by schedule of which nothing came: there is one for each user
 * every day, and CloudTrail answers twice a second.
 */
export const asksForStarter = (ended: EndedExecution, deployed: Deployed): boolean => {
  const { last } = ended.course;
  const onlyPlanned = last === undefined || last.step === 'plan-rotation';
  return !(admitted(ended, deployed).claimed === 'schedule' && onlyPlanned && ended.read === 'whole');
};

/** What a step's last status makes of an execution that has succeeded. */
const RESULT_OF: Readonly<Record<string, Result>> = {
  completed: 'rotated',
  planned: 'planned',
  'nothing-to-do': 'nothing-to-do',
  'on-hold': 'on-hold',
  'rolled-back': 'rolled-back',
  'rolled-back-by-hand': 'rolled-back',
};

const statusIn = (output: unknown): string => {
  const { status } = (output ?? {}) as { readonly status?: unknown };
  return typeof status === 'string' ? status : '';
};

/** The ARN of the execution that is said to have taken over, if the cause of a stop names another one of the same state machine. */
export const claimedSuccessorOf = (
  { arn, described }: Omit<EndedExecution, 'successor'>,
  { rotations }: Deployed,
): string | undefined => {
  const { error, cause = '' } = described;
  const claimed = error === STOPPED_FOR_ANOTHER ? takenOverBy(cause) : undefined;
  return claimed?.startsWith(executionsOf(rotations)) && claimed !== arn ? claimed : undefined;
};

/**
 * The ARN of the execution that has taken over. Whoever may stop an execution can name any: it counts if it is the same user's, and was
 * running when this one ended.
 */
const successorOf = (ended: EndedExecution, deployed: Deployed, missing: Missing): string | null => {
  const claimed = claimedSuccessorOf(ended, deployed);
  const { described, successor } = ended;
  if (claimed === undefined || successor === undefined) return null;
  if (successor === 'not-answered') return missing('takenOverBy', 'successor-not-answered');
  const { userName } = admittedRotation(successor.input, deployed.rotations);
  const isSameUser = userName !== undefined && userName === userOf(ended, deployed);
  const at = described.endedAt;
  const wasRunning =
    at !== undefined &&
    successor.startedAt !== undefined &&
    successor.startedAt <= at &&
    (successor.endedAt === undefined || successor.endedAt >= at);
  return isSameUser && wasRunning ? claimed : null;
};

const rolledBackAt = (course: Course): Date | undefined =>
  endOf(course, 'reactivate-access-key', 'rolled-back') ??
  endOf(course, 'reactivate-access-key', 'rolled-back-by-hand');

const resultOf = (ended: EndedExecution, successor: string | null): Result => {
  const { of, described, course } = ended;
  switch (described.status) {
    case 'TIMED_OUT':
      return 'timed-out';
    case 'ABORTED':
      return successor === null ? 'stopped' : 'taken-over';
    case 'SUCCEEDED': {
      if (of === 'declaration') return 'declared';
      return RESULT_OF[course.last?.status ?? statusIn(described.output)] ?? 'unknown';
    }
    default:
      return rolledBackAt(course) === undefined ? 'failed' : 'rolled-back';
  }
};

/** Words of others, as one line of the record. */
const line = (text: string): string => cut(oneLine(withoutWhatLooksSecret(text)).trim(), LONGEST);
const lineOrNull = (text: string | undefined): string | null => (text ? line(text) : null);

const byStep = (at: string | undefined): Moment | null => (at === undefined ? null : { at, by: 'step' });
const byHistory = (at: Date | undefined): Moment | null =>
  at === undefined ? null : { at: at.toISOString(), by: 'history' };

/** What a step would have noted: there is none, unless the step did not come to its end. */
const noneUnless = (
  { unfinished }: Course,
  steps: StepName | readonly StepName[],
  field: string,
  missing: Missing,
): null => ([steps].flat().some((step) => unfinished.has(step)) ? missing(field, 'step-cut-off') : null);

/** The steps that set the old key Inactive: in an emergency, the one that takes the lock may do it. */
const deactivatorsOf = ({ known: { rotation } }: Course): readonly StepName[] =>
  (rotation?.leakedAccessKeyIds ?? []).length > 0
    ? ['create-access-key', 'deactivate-access-key']
    : ['deactivate-access-key'];

/** Steps that create, delete, activate or deactivate keys. */
const CHANGE_KEYS: readonly StepName[] = [
  'create-access-key',
  'test-access-key',
  'deactivate-access-key',
  'reactivate-access-key',
  'delete-access-key',
];

const mayHaveChangedKeys = ({ unfinished }: Course): boolean =>
  CHANGE_KEYS.some((step) => unfinished.has(step));

const createdOf = ({ known }: Course, accessKeyId: string): Moment | null => {
  const found = known.keysFound?.find((key) => key.accessKeyId === accessKeyId);
  return found === undefined ? null : { at: found.createDate, by: 'iam' };
};

const newKeyOf = (course: Course, missing: Missing): RotationRecord['newKey'] => {
  const { known } = course;
  const { newAccessKeyId: accessKeyId, newKeySource: source } = known;
  if (!accessKeyId) return noneUnless(course, 'create-access-key', 'newKey', missing);
  const createdAt = endOf(course, 'create-access-key', 'created');
  const isOurs = source === 'created';
  const earlier = source === undefined ? 'not-noted' : 'by-an-earlier-execution';
  const isPublishedHere = timesOf(course, 'publish-access-key', 'published') > 0;
  const isPublished = known.publishedAt !== undefined;
  // A key that AWS does not accept is deleted by the step that finds it out, which then ends in an error.
  if (course.last?.error === 'AccessKeyNotUsable') missing('newKey', 'condemned-key');
  else noneUnless(course, 'test-access-key', 'newKey', missing);
  return {
    accessKeyId,
    source: source ?? null,
    created:
      createdOf(course, accessKeyId) ??
      (isOurs ? byHistory(createdAt) : null) ??
      missing('newKey.created', earlier),
    stored: isOurs || source === 'held-before' ? byHistory(createdAt) : missing('newKey.stored', earlier),
    tested:
      byStep(known.testedAt) ??
      (isPublished
        ? missing('newKey.tested', 'by-an-earlier-execution')
        : noneUnless(course, 'test-access-key', 'newKey.tested', missing)),
    published: isPublishedHere
      ? byStep(known.publishedAt)
      : isPublished
        ? missing('newKey.published', 'by-an-earlier-execution')
        : noneUnless(course, 'publish-access-key', 'newKey.published', missing),
    lastUsed: known.usesSeen?.newKey[0] ?? null,
  };
};

/** How often a step has ended in a status of its own. */
const checksOf = ({ ends }: Course, step: StepName): number =>
  [...ends].reduce((sum, [key, { times }]) => (key.startsWith(`${step} `) ? sum + times : sum), 0);

/**
 * Whether the old key may have been deleted to make room for the new one: only a leaked key is, and only where there are two. The step
 * does not note it.
 */
const mayHaveMadeRoom = (course: Course): boolean => {
  const { rotation, keysFound } = course.known;
  const { oldAccessKeyId, leakedAccessKeyIds = [] } = rotation ?? {};
  const hasBegun = course.unfinished.has('create-access-key') || checksOf(course, 'create-access-key') > 0;
  return (
    hasBegun &&
    keysFound?.length !== 1 &&
    typeof oldAccessKeyId === 'string' &&
    leakedAccessKeyIds.includes(oldAccessKeyId)
  );
};

const oldKeyOf = (course: Course, missing: Missing): RotationRecord['oldKey'] => {
  const { known } = course;
  const accessKeyId = known.rotation?.oldAccessKeyId;
  if (!accessKeyId) return null;
  const completedAt = endOf(course, 'delete-access-key', 'completed');
  const backAt = rolledBackAt(course);
  return {
    accessKeyId,
    created: createdOf(course, accessKeyId) ?? missing('oldKey.created', 'not-noted'),
    lastUsed: known.usesSeen?.oldKey[0] ?? null,
    deactivated:
      // A leaked key may have been Inactive before the step whose part that is.
      known.contained !== undefined || known.deactivatedHere === true
        ? byStep(known.contained?.at ?? known.deactivatedAt)
        : known.deactivatedAt === undefined
          ? noneUnless(course, deactivatorsOf(course), 'oldKey.deactivated', missing)
          : missing('oldKey.deactivated', 'found-so'),
    reactivated:
      backAt === undefined
        ? noneUnless(course, 'reactivate-access-key', 'oldKey.reactivated', missing)
        : known.reactivatedHere === true
          ? byHistory(backAt)
          : missing('oldKey.reactivated', 'found-so'),
    deleted:
      completedAt === undefined
        ? mayHaveMadeRoom(course)
          ? missing('oldKey.deleted', 'not-noted-of-each')
          : noneUnless(course, 'delete-access-key', 'oldKey.deleted', missing)
        : known.deletedHere === true
          ? byHistory(completedAt)
          : missing('oldKey.deleted', 'found-so'),
  };
};

interface DatedKey {
  readonly accessKeyId: string;
  readonly created: string;
}

/** Whether the old key is Active after the execution; undefined: nobody has noted it. */
const isOldKeyActive = (course: Course, status: string): boolean | undefined => {
  const { deactivatedAt, reactivatedHere } = course.known;
  if (reactivatedHere === true) return true;
  if (deactivatedAt === undefined) {
    return status === 'Active' && mayHaveMadeRoom(course) ? undefined : status === 'Active';
  }
  return rolledBackAt(course) === undefined ? false : undefined;
};

/** The keys that are Active after the execution; undefined: that is not known of each. */
const activeKeys = (
  course: Course,
  newKey: RotationRecord['newKey'],
  oldKey: RotationRecord['oldKey'],
): readonly DatedKey[] | undefined => {
  const { keysFound } = course.known;
  if (mayHaveChangedKeys(course)) return undefined;
  const added = newKey?.created ? [{ accessKeyId: newKey.accessKeyId, created: newKey.created.at }] : [];
  const isComplete = endOf(course, 'delete-access-key', 'completed') !== undefined;
  // The last step leaves no other key, or fails.
  if (isComplete) return newKey === null || added.length > 0 ? added : undefined;
  if (keysFound === undefined || (newKey !== null && added.length === 0)) return undefined;
  // Once there is a new key, one of a crash may have been discarded, or another one deleted to make room.
  const mayBeGone = checksOf(course, 'create-access-key') > 0;
  const found = keysFound.map(({ accessKeyId, status, createDate: created }) => {
    const isActive =
      accessKeyId === oldKey?.accessKeyId
        ? isOldKeyActive(course, status)
        : accessKeyId === newKey?.accessKeyId || mayBeGone
          ? undefined
          : status === 'Active';
    return { accessKeyId, created, isActive, isNew: accessKeyId === newKey?.accessKeyId };
  });
  if (found.some(({ isActive, isNew }) => isActive === undefined && !isNew)) return undefined;
  return [...found.filter(({ isActive }) => isActive === true), ...added];
};

const oldestActiveKey = (
  course: Course,
  newKey: RotationRecord['newKey'],
  oldKey: RotationRecord['oldKey'],
  missing: Missing,
): RotationRecord['oldestActiveKey'] => {
  const active = activeKeys(course, newKey, oldKey);
  if (active === undefined) {
    const notNoted = course.known.keysFound === undefined ? 'no-plan' : 'not-noted-of-each';
    return missing('oldestActiveKey', mayHaveChangedKeys(course) ? 'step-cut-off' : notNoted);
  }
  const [oldest] = active.toSorted((one, other) => Date.parse(one.created) - Date.parse(other.created));
  if (oldest === undefined) return null;
  const { accessKeyId, created } = oldest;
  return { accessKeyId, created, createdSeconds: Math.floor(Date.parse(created) / 1000) };
};

const validatorOf = (asked: number, verdict: Verdict | undefined) => ({
  asked,
  verdict: verdict?.kind ?? null,
  said: verdict === undefined || verdict.kind === 'unknown' ? null : lineOrNull(verdict.reason ?? undefined),
});

const adoptionOf = (course: Course, missing: Missing): RotationRecord['adoption'] => {
  const checks = checksOf(course, 'confirm-adoption');
  if (checks === 0) return null;
  const { adoption, known, validators } = course;
  const { asked, verdict } = validators['confirm-adoption'];
  const isSettled = ['adopted', 'go-on', 'no-old-key'].some(
    (status) => timesOf(course, 'confirm-adoption', status) > 0,
  );
  return {
    checks,
    ground: adoption?.ground ?? (isSettled ? missing('adoption.ground', 'not-noted') : null),
    overruled: [...(adoption?.overruled ?? [])],
    usesOfOldKey: known.usesSeen?.oldKey ?? [],
    usesOfNewKey: known.usesSeen?.newKey ?? [],
    validator: validatorOf(asked, verdict),
  };
};

const acknowledgementOf = (
  { acknowledgement }: Course,
  missing: Missing,
): RotationRecord['acknowledgement'] => {
  if (acknowledgement === undefined) return null;
  const { askedAt, answeredAt, answer } = acknowledgement;
  const why = answer?.kind === 'missing' ? answer.why : undefined;
  const isSomebodys = answer?.kind === 'given' || why?.code === 'refused';
  return {
    askedAt: askedAt.toISOString(),
    answeredAt: answeredAt?.toISOString() ?? null,
    result: answer?.kind === 'given' ? 'given' : (why?.code ?? 'open'),
    said: why?.code === 'refused' ? lineOrNull(why.objection) : null,
    by: isSomebodys ? missing('acknowledgement.by', 'nothing-ties-it') : null,
  };
};

const healthOf = (course: Course): RotationRecord['health'] => {
  const checks = checksOf(course, 'confirm-health');
  if (checks === 0) return null;
  const { asked, verdict } = course.validators['confirm-health'];
  const ended = (status: string): boolean => timesOf(course, 'confirm-health', status) > 0;
  const open = ended('roll-back') ? 'rolled-back' : 'unfinished';
  return {
    checks,
    noVerdict: timesOf(course, 'confirm-health', 'no-verdict'),
    validator: validatorOf(asked, verdict),
    result: ended('recovered') ? 'recovered' : open,
  };
};

const rollbackOf = (course: Course, missing: Missing): RotationRecord['rollback'] => {
  const { rollback } = course.known;
  if (rollback === undefined) return null;
  return {
    asked: rollback.error === null ? 'person' : 'rotation',
    error: rollback.error,
    reason: line(rollback.reason),
    doneAt:
      rolledBackAt(course)?.toISOString() ??
      noneUnless(course, 'reactivate-access-key', 'rollback.doneAt', missing),
  };
};

const settingsOf = ({ known }: Course): RotationRecord['settings'] => {
  if (known.settings === undefined) return null;
  const { deactivationWindow, validator, acknowledgement, healthAlarms, ...periods } = known.settings;
  return {
    ...periods,
    deactivationWindow:
      deactivationWindow === 'always'
        ? deactivationWindow
        : `${deactivationWindow.days.join(' ')} ${deactivationWindow.from}-${deactivationWindow.to}`,
    healthAlarms: healthAlarms.slice(0, MOST_ALARMS),
    validator: validator ?? null,
    acknowledgementDeadline: acknowledgement?.deadline ?? null,
  };
};

const rotationOf = ({ arn, described, course }: EndedExecution): RotationRecord['rotation'] => {
  const { rotation } = course.known;
  if (rotation === undefined) return null;
  const root = executionOf(rotation.rootRotationId);
  const isSameStart =
    root.startedAt === undefined || root.startedAt.getTime() === described.startedAt?.getTime();
  return {
    id: rotation.rootRotationId,
    startedAt: rotation.startedAt,
    begunHere: root.executionArn === arn && isSameStart,
    leakedAccessKeyIds: rotation.leakedAccessKeyIds,
  };
};

const STARTER_UNREAD = { 'not-answered': 'starter-not-answered', cut: 'starter-cut' } as const;
const NOT_SHOWN = { 'not-shown-yet': 'starter-not-shown-yet', 'not-shown': 'starter-not-shown' } as const;

/** Who started it: what the input says, and what CloudTrail shows. The two are never mixed. */
const startedBy = (
  { described }: EndedExecution,
  { claimed, declaration }: Admitted,
  answer: TrailAnswer,
  { schedulerRoleArn, emergencyRoleArn }: Deployed,
  now: Date,
  missing: Missing,
): StartedBy => {
  const asClaimed = { claimed, declaration: declaration ?? null };
  if (answer.kind === 'shown') {
    const { identity, role = null } = answer.starter;
    const expected =
      claimed === 'schedule' ? schedulerRoleArn : claimed === 'declaration' ? emergencyRoleArn : undefined;
    const isMachine = role === schedulerRoleArn || role === emergencyRoleArn;
    const bornOut = claimed === null ? null : expected === undefined ? !isMachine : role === expected;
    return { ...asClaimed, identity, role, evidence: 'seen', bornOut };
  }
  const unseen = { ...asClaimed, identity: null, role: null, bornOut: null };
  if (answer.kind === 'not-asked') return { ...unseen, evidence: 'not-asked' };
  if (answer.kind !== 'not-shown') {
    missing('startedBy.identity', STARTER_UNREAD[answer.kind]);
    return { ...unseen, evidence: answer.kind };
  }
  const age = now.getTime() - (described.startedAt?.getTime() ?? 0);
  const evidence = age < SHOWN_WITHIN_MS ? 'not-shown-yet' : 'not-shown';
  missing('startedBy.identity', NOT_SHOWN[evidence]);
  return { ...unseen, evidence };
};

const emergencyOf = (
  { described, course }: EndedExecution,
  { action, accessKeyId }: Admitted,
  oldKey: RotationRecord['oldKey'],
  missing: Missing,
): RotationRecord['emergency'] => {
  if (action !== 'emergency' || accessKeyId === undefined) return null;
  const inactiveAt = oldKey?.accessKeyId === accessKeyId ? oldKey.deactivated?.at : undefined;
  const startedAt = described.startedAt?.getTime();
  return {
    accessKeyId,
    secondsToInactive:
      inactiveAt === undefined || startedAt === undefined
        ? noneUnless(course, deactivatorsOf(course), 'emergency.secondsToInactive', missing)
        : Math.round((Date.parse(inactiveAt) - startedAt) / 1000),
  };
};

const traceIn = (
  { of, course }: EndedExecution,
  { action, accessKeyId }: Admitted,
  missing: Missing,
): RotationRecord['trace'] => {
  const { trace } = course.known;
  if (trace !== undefined) return trace;
  const expected = of === 'rotation' && action === 'emergency' && accessKeyId !== undefined;
  return expected ? missing('trace', 'not-traced') : null;
};

const errorOf = ({ described, course }: EndedExecution): RotationRecord['error'] => {
  if (described.status === 'SUCCEEDED') return null;
  const { error = course.last?.error, cause } = described;
  return error === undefined ? null : { name: line(error), said: lineOrNull(cause) };
};

const executionIn = ({ arn, described }: EndedExecution): RotationRecord['execution'] => ({
  arn,
  name: arn.split(':').at(-1) ?? '',
  status: described.status,
  startedAt: described.startedAt?.toISOString() ?? null,
  endedAt: described.endedAt?.toISOString() ?? null,
  redriveCount: described.redriveCount,
});

const lastStepOf = ({ last }: Course, missing: Missing): RotationRecord['lastStep'] =>
  last === undefined
    ? null
    : {
        step: last.step,
        status: last.status ?? (last.error === undefined ? missing('lastStep.status', 'step-cut-off') : null),
        at: last.at.toISOString(),
        said: lineOrNull(last.said),
        why: last.why ?? null,
      };

const keysFoundBy = ({ known }: Course): RotationRecord['keysFound'] =>
  known.keysFound?.map(({ accessKeyId, status, createDate: created }) => ({
    accessKeyId,
    status,
    created,
  })) ?? null;

const holdOf = (course: Course, missing: Missing): RotationRecord['hold'] => {
  if (rolledBackAt(course) !== undefined) return 'set';
  if (endOf(course, 'plan-rotation', 'on-hold') !== undefined) return 'found';
  return noneUnless(course, 'reactivate-access-key', 'hold', missing);
};

const noticesOf = ({ rotationNoticeAt, known }: Course): RotationRecord['notices'] => ({
  ofRotation: rotationNoticeAt?.toISOString() ?? null,
  ofDeactivation: known.noticedAt ?? null,
});

const historyOf = ({ course, read }: EndedExecution): RotationRecord['history'] => ({
  read,
  events: course.events,
  failedAttempts: course.failedAttempts,
  notUnderstood: course.notUnderstood,
});

const deploymentOf = (
  user: RecordedUser | undefined,
): Pick<RotationRecord, 'enrolled' | 'rotateAfterDays' | 'owners'> => ({
  enrolled: user !== undefined,
  rotateAfterDays: user === undefined ? null : milliseconds(user.rotateAfter) / DAY_MS,
  owners: [...(user?.owners ?? [])],
});

/** The record of an execution. It says of everything whether it is known, and of nothing more than it is. */
export const draftOf = (
  ended: EndedExecution,
  answer: TrailAnswer,
  user: RecordedUser | undefined,
  deployed: Deployed,
  now: Date,
): DraftRecord => {
  const { of, described, course, read } = ended;
  const { known } = course;
  const input = admitted(ended, deployed);
  const unknown: { readonly field: string; readonly why: UnknownWhy }[] = [];
  const missing: Missing = (field, why) => {
    unknown.push({ field, why });
    return null;
  };
  if (read !== 'whole') missing('history', read === 'none' ? 'history-not-read' : 'history-cut');
  if (described.startedAt === undefined) missing('execution.startedAt', 'start-unknown');
  const successor = successorOf(ended, deployed, missing);
  const result = resultOf(ended, successor);
  if (result === 'unknown') missing('result', 'nothing-says-its-result');
  const newKey = newKeyOf(course, missing);
  const oldKey = oldKeyOf(course, missing);
  return {
    schema: 1,
    kind: of,
    recordedAt: now.toISOString(),
    execution: executionIn(ended),
    result,
    userName: input.userName ?? null,
    userId: known.userId ?? null,
    secretId: known.secretId ?? null,
    action: input.action ?? null,
    startedBy: startedBy(ended, input, answer, deployed, now, missing),
    reason: lineOrNull(input.reason),
    comment: lineOrNull(input.comment),
    rotation: rotationOf(ended),
    takenOverBy: successor,
    error: errorOf(ended),
    lastStep: lastStepOf(course, missing),
    newKey,
    oldKey,
    keysFound: keysFoundBy(course),
    oldestActiveKey: of === 'declaration' ? null : oldestActiveKey(course, newKey, oldKey, missing),
    adoption: adoptionOf(course, missing),
    acknowledgement: acknowledgementOf(course, missing),
    health: healthOf(course),
    rollback: rollbackOf(course, missing),
    hold: holdOf(course, missing),
    notices: noticesOf(course),
    emergency: emergencyOf(ended, input, oldKey, missing),
    settings: settingsOf(course),
    ...deploymentOf(user),
    history: historyOf(ended),
    trace: traceIn(ended, input, missing),
    unknown,
  };
};
