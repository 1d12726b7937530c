import { LABELS, METRICS, type MetricName } from '../shared/contract/names';
import type { SurveyedUser } from '../shared/contract/survey';
import type { AlarmReading } from '../shared/gateways/alarm-gateway';
import type { ScheduleState } from '../shared/gateways/schedule-gateway';
import type { SecretDescription } from '../shared/gateways/secret-gateway';
import type { Subscriptions } from '../shared/gateways/topic-gateway';
import type { AccessKey } from '../shared/rotation/access-key';
import { withPresent } from '../shared/rotation/promised';
import { type Pause, pauseOf } from '../shared/secret/pause';
import { isKeyVersion, isVersionOfKey, keyOfLabel } from '../shared/secret/versions';
import { allowedAge, latestEnd, type Progress, type Stage, unfinishedFor } from './limits';
import type { RunningRotation } from './progress';
import type { Problem, Reading } from './reading';

/** What was read of a user. */
export interface UserFacts {
  readonly user: SurveyedUser;
  /** Undefined: there is no such user. */
  readonly keys: Reading<readonly AccessKey[] | undefined>;
  /** Undefined: there is no such secret. */
  readonly secret: Reading<SecretDescription | undefined>;
  /** Undefined: no execution runs for the user. */
  readonly running: Reading<RunningRotation | undefined>;
  /** When the last execution ended that has left the rotation unfinished; undefined: none did lately, or nobody has asked. */
  readonly lastEnd: Reading<Date | undefined>;
  readonly alarms: readonly AlarmReading[];
  readonly schedule: Reading<ScheduleState>;
}

/** What is looked at. */
export type Check =
  | 'key-age'
  | 'current'
  | 'rotation'
  | 'other-keys'
  | 'replicas'
  | 'health-alarms'
  | 'schedule'
  | 'subscriptions';

/** What is wrong, with its data. */
export type Wrong =
  | { readonly code: 'no-such-user' }
  | {
      readonly code: 'overdue';
      readonly accessKeyId: string;
      readonly ageDays: number;
      readonly allowedDays: number;
    }
  | { readonly code: 'no-secret' | 'secret-deleted' | 'no-current' }
  /** AWSCURRENT holds a key that the user does not have. */
  | { readonly code: 'key-gone' }
  | { readonly code: 'key-not-active'; readonly accessKeyId: string; readonly status: string }
  | {
      readonly code: 'stuck';
      readonly stage: Stage;
      readonly since: Date;
      readonly until: Date;
      readonly executionArn: string;
    }
  /** Unfinished, and nobody takes it up. */
  | { readonly code: 'abandoned'; readonly since: Date }
  | { readonly code: 'unmanaged'; readonly accessKeyIds: readonly string[] }
  | { readonly code: 'replicas'; readonly replicas: readonly string[] }
  | { readonly code: 'alarms-missing'; readonly names: readonly string[] }
  | { readonly code: 'schedule-missing' | 'schedule-disabled' }
  | { readonly code: 'nobody-subscribed' }
  | { readonly code: 'unconfirmed'; readonly protocols: readonly string[] };

/** Why something is not known. */
type Unknown =
  /** A read has failed. */
  | { readonly code: 'unread'; readonly problem: Problem }
  /** Everything was read, and nothing says which key AWSCURRENT holds: its owner has written it, or no rotation has yet. */
  | { readonly code: 'not-said' };

/** What was found in one respect. */
export type Finding = { readonly check: Check } & (
  | { readonly verdict: 'fine' }
  | { readonly verdict: 'wrong'; readonly why: Wrong }
  | { readonly verdict: 'unknown'; readonly why: Unknown }
);

/** What a key is there for. */
type KeyRole = 'current' | 'rotation' | 'unmanaged' | 'unknown';

/** A key with its age, in days, and what is allowed. */
export interface KeyReport extends AccessKey {
  readonly ageDays: number;
  readonly allowedDays: number;
  readonly role: KeyRole;
}

/** Where the rotation of a user stands. */
export type RotationReport =
  | { readonly kind: 'none' }
  | ({ readonly kind: 'running'; readonly executionArn: string } & Progress)
  /** An execution runs, and what it is at is not known; or it is not known whether one does. */
  | { readonly kind: 'unknown'; readonly executionArn?: string }
  /** No execution runs, and the lock is still there. Since then nothing has run, and nothing has changed in the secret. */
  | { readonly kind: 'unfinished'; readonly since: Date | undefined };

/** What the survey says of a user. */
export interface UserReport {
  readonly userName: string;
  readonly secretId: string;
  /** Undefined: not known. */
  readonly keys: readonly KeyReport[] | undefined;
  readonly rotation: RotationReport;
  /** Undefined: not known. */
  readonly onHold: boolean | undefined;
  readonly paused: Pause | undefined;
  readonly findings: readonly Finding[];
}

/** What the survey says of everybody. */
export interface SurveyReport {
  readonly at: Date;
  readonly users: readonly UserReport[];
  /** What does not belong to one user. */
  readonly findings: readonly Finding[];
}

const DAY = 86_400_000;
const days = (period: number): number => Math.round((period / DAY) * 100) / 100;

const fine = (check: Check): Finding => ({ check, verdict: 'fine' });
const wrong = (check: Check, why: Wrong): Finding => ({ check, verdict: 'wrong', why });
const unread = (check: Check, problem: Problem): Finding => ({
  check,
  verdict: 'unknown',
  why: { code: 'unread', problem },
});
const notSaid = (check: Check): Finding => ({ check, verdict: 'unknown', why: { code: 'not-said' } });

const isRead = <T>(reading: Reading<T>): reading is { readonly value: T } => 'value' in reading;
const shown = <T>(reading: Reading<T>): T | undefined => (isRead(reading) ? reading.value : undefined);

/**
 * The key that a version holds, by its ID, which a rotation makes of the key's ID and nobody can move (`versions.ts`). So nothing
 * of a secret has to be read but its description. `unsaid`: a rotation has not made this version, so its owner has.
 */
const keyIn = (
  versionId: string | undefined,
  keys: readonly AccessKey[],
): AccessKey | 'unsaid' | 'gone' | undefined => {
  if (versionId === undefined) return undefined;
  if (!isKeyVersion(versionId)) return 'unsaid';
  return keys.find(({ accessKeyId }) => isVersionOfKey(versionId, accessKeyId)) ?? 'gone';
};

const judgeCurrent = ({ keys, secret }: UserFacts): Finding => {
  const check = 'current';
  if (!isRead(secret)) return unread(check, secret.problem);
  if (secret.value === undefined) return wrong(check, { code: 'no-secret' });
  if (secret.value.scheduledForDeletion) return wrong(check, { code: 'secret-deleted' });
  const versionId = secret.value.versionByLabel.get(LABELS.current);
  if (versionId === undefined) return wrong(check, { code: 'no-current' });
  if (!isKeyVersion(versionId)) return notSaid(check);
  if (!isRead(keys)) return unread(check, keys.problem);
  const key = keyIn(versionId, keys.value ?? []);
  if (key === undefined || key === 'unsaid' || key === 'gone') return wrong(check, { code: 'key-gone' });
  const { accessKeyId, status } = key;
  return status === 'Active' ? fine(check) : wrong(check, { code: 'key-not-active', accessKeyId, status });
};

/** The keys that a rotation that runs, or is unfinished, deals with, as far as somebody says so. */
const keysOfRotation = ({ running }: UserFacts, secret: SecretDescription): ReadonlySet<string> => {
  const labelled = [...secret.versionByLabel.keys()].flatMap((label) => keyOfLabel(label) ?? []);
  return new Set([...labelled, ...(shown(running)?.accessKeyIds ?? [])]);
};

/** What the user's keys are there for. */
const rolesOf = (facts: UserFacts, keys: readonly AccessKey[]): ReadonlyMap<string, KeyRole> => {
  const roles = new Map<string, KeyRole>();
  const secret = shown(facts.secret);
  const current = keyIn(secret?.versionByLabel.get(LABELS.current), keys);
  const pending = secret?.versionByLabel.has(LABELS.pending) ?? true;
  const rotations = secret === undefined ? new Set<string>() : keysOfRotation(facts, secret);
  // While a rotation is unfinished, what consumers have read before is its old key.
  const before = pending ? keyIn(secret?.versionByLabel.get(LABELS.previous), keys) : undefined;
  const known = typeof current === 'object';
  // The intent names the old key, and is not read. Where nobody runs who says it, nobody does; nor does anybody name a new key
  // before it is stored.
  const running = shown(facts.running);
  const isSilent =
    running?.progress?.stage === 'starting' || (pending && running?.accessKeyIds === undefined);
  for (const key of keys) {
    if (key === current) roles.set(key.accessKeyId, 'current');
    else if (key === before || rotations.has(key.accessKeyId)) roles.set(key.accessKeyId, 'rotation');
    else roles.set(key.accessKeyId, known && !isSilent ? 'unmanaged' : 'unknown');
  }
  return roles;
};

const judgeOtherKeys = (facts: UserFacts, reports: readonly KeyReport[] | undefined): Finding => {
  const check = 'other-keys';
  const { keys, secret, running } = facts;
  if (!isRead(keys)) return unread(check, keys.problem);
  if (!isRead(secret)) return unread(check, secret.problem);
  const accessKeyIds = (reports ?? [])
    .filter(({ role }) => role === 'unmanaged')
    .map(({ accessKeyId }) => accessKeyId);
  if (accessKeyIds.length > 0) return wrong(check, { code: 'unmanaged', accessKeyIds });
  if (!(reports ?? []).some(({ role }) => role === 'unknown')) return fine(check);
  return isRead(running) ? notSaid(check) : unread(check, running.problem);
};

const reportKeys = (facts: UserFacts, now: Date): readonly KeyReport[] | undefined => {
  const keys = shown(facts.keys);
  if (keys === undefined) return undefined;
  const allowed = allowedAge(facts.user);
  const roles = rolesOf(facts, keys);
  return keys.map((key) => ({
    ...key,
    ageDays: days(now.getTime() - key.createDate.getTime()),
    allowedDays: days(key.status === 'Active' ? allowed.active : allowed.inactive),
    role: roles.get(key.accessKeyId) ?? 'unknown',
  }));
};

/** Whether a key is older than its user's settings allow. */
export const isOverdue = ({ ageDays, allowedDays }: KeyReport): boolean => ageDays > allowedDays;

const judgeAge = ({ keys }: UserFacts, reports: readonly KeyReport[] | undefined): Finding => {
  const check = 'key-age';
  if (!isRead(keys)) return unread(check, keys.problem);
  if (reports === undefined) return wrong(check, { code: 'no-such-user' });
  const [worst] = reports
    .filter(isOverdue)
    .toSorted((a, b) => b.ageDays / b.allowedDays - a.ageDays / a.allowedDays);
  if (worst === undefined) return fine(check);
  const { accessKeyId, ageDays, allowedDays } = worst;
  return wrong(check, { code: 'overdue', accessKeyId, ageDays, allowedDays });
};

const latest = (...dates: readonly (Date | undefined)[]): Date | undefined =>
  dates.reduce(
    (one, other) => (one === undefined || (other !== undefined && other > one) ? other : one),
    undefined,
  );

/** Whether a rotation is unfinished, and no execution runs for it. Then somebody has to ask when the last one ended. */
export const isUnfinished = ({ running, secret }: Pick<UserFacts, 'running' | 'secret'>): boolean =>
  isRead(running) &&
  running.value === undefined &&
  (shown(secret)?.versionByLabel.has(LABELS.pending) ?? false);

const reportRotation = (facts: UserFacts): RotationReport => {
  const { running, secret, lastEnd } = facts;
  if (!isRead(running)) return { kind: 'unknown' };
  if (running.value !== undefined) {
    const { executionArn, progress } = running.value;
    return progress === undefined
      ? { kind: 'unknown', executionArn }
      : { kind: 'running', executionArn, ...progress };
  }
  if (!isRead(secret)) return { kind: 'unknown' };
  return isUnfinished(facts)
    ? { kind: 'unfinished', since: latest(secret.value?.changedAt, shown(lastEnd)) }
    : { kind: 'none' };
};

const judgeUnfinished = (
  { user, schedule, lastEnd }: UserFacts,
  since: Date | undefined,
  waits: boolean,
  now: Date,
): Finding => {
  const check = 'rotation';
  // On hold, or paused: a person has to act, and knows it. Without a schedule: that is what is wrong, and is said.
  if (waits || (isRead(schedule) && schedule.value !== 'enabled')) return fine(check);
  if (since === undefined) return unread(check, { code: 'change-undated' });
  if (now.getTime() - since.getTime() <= unfinishedFor(user)) return fine(check);
  return isRead(lastEnd) ? wrong(check, { code: 'abandoned', since }) : unread(check, lastEnd.problem);
};

const judgeRotation = (
  facts: UserFacts,
  { rotation, onHold, paused }: Pick<UserReport, 'rotation' | 'onHold' | 'paused'>,
  now: Date,
): Finding => {
  const check = 'rotation';
  const { user, running, secret } = facts;
  switch (rotation.kind) {
    case 'none':
      return fine(check);
    case 'unknown': {
      if (!isRead(running)) return unread(check, running.problem);
      if (running.value === undefined && !isRead(secret)) return unread(check, secret.problem);
      return unread(check, running.value?.problem ?? { code: 'no-state' });
    }
    case 'unfinished':
      return judgeUnfinished(facts, rotation.since, onHold === true || paused !== undefined, now);
    case 'running': {
      const { stage, since, executionArn } = rotation;
      const settings = shown(running)?.settings;
      const until = latestEnd(
        rotation,
        settings === undefined ? user : withPresent({ settings }, user).settings,
        user.closedForSeconds,
      );
      // Whoever is paused stays in the stage for as long as the pause.
      const isLate = now > until && paused === undefined;
      return isLate ? wrong(check, { code: 'stuck', stage, since, until, executionArn }) : fine(check);
    }
  }
};

const judgeReplicas = ({ user, secret }: UserFacts): Finding => {
  const check = 'replicas';
  if (!isRead(secret)) return unread(check, secret.problem);
  const status = secret.value?.replicaStatus ?? new Map<string, string>();
  const missing = (user.replicaRegions ?? [])
    .filter(({ region }) => !status.has(region))
    .map(({ region }) => `${region}: missing`);
  const late = [...status]
    .filter(([, state]) => state !== 'InSync')
    .map(([region, state]) => `${region}: ${state}`);
  const replicas = secret.value === undefined ? [] : [...missing, ...late];
  return replicas.length === 0 ? fine(check) : wrong(check, { code: 'replicas', replicas });
};

const judgeAlarms = ({ user, alarms }: UserFacts): Finding => {
  const check = 'health-alarms';
  const missing = alarms.filter(({ state }) => state === 'missing').map(({ name }) => name);
  if (missing.length > 0) return wrong(check, { code: 'alarms-missing', names: missing });
  const unreadable = alarms.find((reading) => reading.state === 'unreadable');
  if (unreadable !== undefined) {
    const { name, problem: answer } = unreadable;
    return unread(check, { code: 'alarm-unreadable', name, answer });
  }
  const unasked = user.healthAlarms.find((name) => !alarms.some((reading) => reading.name === name));
  return unasked === undefined ? fine(check) : unread(check, { code: 'alarm-not-asked', name: unasked });
};

const judgeSchedule = ({ schedule }: UserFacts): Finding => {
  const check = 'schedule';
  if (!isRead(schedule)) return unread(check, schedule.problem);
  return schedule.value === 'enabled' ? fine(check) : wrong(check, { code: `schedule-${schedule.value}` });
};

/** What the survey says of a user. */
export const judgeUser = (facts: UserFacts, now: Date): UserReport => {
  const { user, secret } = facts;
  const keys = reportKeys(facts, now);
  const rotation = reportRotation(facts);
  const labels = shown(secret)?.versionByLabel;
  const onHold = isRead(secret) ? (labels?.has(LABELS.held) ?? false) : undefined;
  const paused = pauseOf(shown(secret)?.pauseTag, user.paused);
  return {
    userName: user.userName,
    secretId: user.secretId,
    keys,
    rotation,
    onHold,
    paused,
    findings: [
      judgeAge(facts, keys),
      judgeCurrent(facts),
      judgeRotation(facts, { rotation, onHold, paused }, now),
      judgeOtherKeys(facts, keys),
      judgeReplicas(facts),
      judgeAlarms(facts),
      judgeSchedule(facts),
    ],
  };
};

/** Whether messages reach anybody. One that nobody has confirmed is told of, too: somebody believes to be told. */
export const judgeSubscriptions = (subscriptions: Reading<Subscriptions>): Finding => {
  const check = 'subscriptions';
  if (!isRead(subscriptions)) return unread(check, subscriptions.problem);
  const { confirmed, pending } = subscriptions.value;
  if (confirmed === 0) return wrong(check, { code: 'nobody-subscribed' });
  return pending.length === 0 ? fine(check) : wrong(check, { code: 'unconfirmed', protocols: pending });
};

/**
 * What may be the picture of a moment: IAM and Secrets Manager are read one after the other, both may be late, and a rotation may
 * be at work between them. It is looked at again before anybody is told.
 */
const MAY_PASS: readonly Check[] = ['key-age', 'current', 'other-keys', 'replicas'];

/** Whether a user is looked at once more. */
export const needsSecondLook = ({ findings }: UserReport): boolean =>
  findings.some(
    (finding) =>
      finding.verdict === 'wrong' && finding.why.code !== 'overdue' && MAY_PASS.includes(finding.check),
  );

/** Whether somebody has to look: something is wrong, or could not be read. Where nothing says, nobody can do anything. */
export const needsAttention = ({ findings }: Pick<UserReport, 'findings'>): boolean =>
  findings.some(
    (finding) =>
      finding.verdict === 'wrong' || (finding.verdict === 'unknown' && finding.why.code === 'unread'),
  );

/** Whether consumers may be reading a key that does not work. */
export const isUrgent = ({ findings }: Pick<UserReport, 'findings'>): boolean =>
  findings.some(({ check, verdict }) => check === 'current' && verdict === 'wrong');

/** Whether one of these is wrong with a user. */
export const has = (report: UserReport, ...codes: readonly Wrong['code'][]): boolean =>
  report.findings.some((finding) => finding.verdict === 'wrong' && codes.includes(finding.why.code));

const isAt = ({ rotation }: UserReport, ...stages: readonly Stage[]): boolean =>
  rotation.kind === 'running' && stages.includes(rotation.stage);

/**
 * What a survey counts, but the heartbeat. A figure about ages is absent when no age is known: nothing is put for it then, rather
 * than a low one.
 */
export const figuresOf = ({ users }: SurveyReport): ReadonlyMap<MetricName, number> => {
  const count = (counts: (report: UserReport) => boolean): number => users.filter(counts).length;
  const figures = new Map<MetricName, number>([
    [METRICS.enrolled, users.length],
    [METRICS.overdue, count((report) => has(report, 'overdue'))],
    [METRICS.stuck, count((report) => has(report, 'stuck', 'abandoned'))],
    [METRICS.onHold, count(({ onHold }) => onHold === true)],
    [METRICS.paused, count(({ paused }) => paused !== undefined)],
    [METRICS.drifted, count(isUrgent)],
    [METRICS.unmanaged, count((report) => has(report, 'unmanaged'))],
    [METRICS.unknown, count(({ findings }) => findings.some(({ verdict }) => verdict === 'unknown'))],
    [METRICS.starting, count((report) => isAt(report, 'starting', 'testing'))],
    [METRICS.adoption, count((report) => isAt(report, 'adoption'))],
    [METRICS.recovery, count((report) => isAt(report, 'recovery'))],
    [METRICS.unfinished, count(({ rotation }) => rotation.kind === 'unfinished')],
  ]);
  const keys = users.flatMap((report) => report.keys ?? []);
  const active = keys.filter(({ status }) => status === 'Active');
  if (keys.length > 0) {
    const ratio = Math.max(...keys.map(({ ageDays, allowedDays }) => ageDays / allowedDays));
    figures.set(METRICS.oldestKeyAgeRatio, Math.round(ratio * 1000) / 1000);
  }
  if (active.length > 0) {
    figures.set(METRICS.oldestKeyAgeDays, Math.max(...active.map(({ ageDays }) => ageDays)));
  }
  return figures;
};
