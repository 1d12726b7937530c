import { after } from '../shared/calendar';
import type { EnrolledUser } from '../shared/enrolment';
import type { RotationErrorName } from '../shared/errors';
import type { ExecutionState } from '../shared/execution-gateway';
import type { AccessKey } from '../shared/iam-gateway';
import { mask } from '../shared/mask';
import { PAUSE_TAG, pauseOf } from '../shared/pause';
import { whyNotRollBack } from '../shared/rollback';
import { isEmergency, type Rotation, type RotationInput } from '../shared/rotation-state';
import type { Intent } from '../shared/secret-document';
import type { SecretDescription } from '../shared/secret-gateway';
import { type CurrentValue, currentKeyId, describeKeys, findKey } from '../shared/situation';
import { labelsTooMany } from '../shared/versions';

/** Who holds AWSPENDING. */
export type LockHolder =
  | {
      readonly kind: 'intent';
      readonly versionId: string;
      readonly intent: Intent;
      readonly execution: ExecutionState;
    }
  | { readonly kind: 'foreign'; readonly versionId: string };

/** What plan-rotation has read. */
export interface PlanFacts {
  readonly input: RotationInput;
  readonly enrolled: EnrolledUser;
  readonly userId: string;
  readonly keys: readonly AccessKey[];
  readonly secret: SecretDescription;
  readonly current: CurrentValue | undefined;
  readonly holder: LockHolder | undefined;
  readonly onHold: boolean;
  /** Owner and start time of this execution, for a rotation that begins with it. */
  readonly owner: string;
  readonly startTime: string;
}

/** What to do, and why. */
export type Plan =
  | {
      readonly kind: 'rotate';
      readonly rotation: Rotation;
      readonly predecessorVersionId: string | null;
      /** An execution has to be stopped first: that of the predecessor. */
      readonly stopHolder: boolean;
      readonly reason: string;
    }
  | { readonly kind: 'nothing-to-do'; readonly reason: string }
  | { readonly kind: 'on-hold'; readonly reason: string }
  | { readonly kind: 'refuse'; readonly error: RotationErrorName; readonly reason: string };

const refuse = (error: RotationErrorName, reason: string): Plan => ({ kind: 'refuse', error, reason });

/** The actions that a pause stops. */
const PAUSED_ACTIONS: readonly string[] = ['rotate', 'resume'];

/** Decides whether to rotate. Reads nothing and changes nothing. */
export const planRotation = (facts: PlanFacts, now: Date): Plan => {
  const { input, enrolled, secret, current, holder, keys } = facts;
  const secretId = enrolled.secretId;
  const unchanged = `Nothing was changed. ${describeKeys(keys)}`;

  const paused = pauseOf(secret.pauseTag, enrolled.paused);
  if (paused !== undefined && PAUSED_ACTIONS.includes(input.action)) {
    return {
      kind: 'nothing-to-do',
      reason:
        `${input.userName} is ${paused}: no rotation starts or resumes until that ends. ${unchanged}${
          holder === undefined ? '' : ' A rotation is unfinished; it keeps both keys as they are.'
        } To end the pause, remove the tag ${PAUSE_TAG} (aws secretsmanager untag-resource), or "paused" from cdk.json and ` +
        'deploy.',
    };
  }
  if (secret.scheduledForDeletion) {
    return refuse(
      'SecretConflict',
      `The secret ${secretId} is scheduled for deletion. ${unchanged} Restore it (aws secretsmanager restore-secret) and start again.`,
    );
  }
  if (secret.rotationEnabled) {
    return refuse(
      'SecretConflict',
      `Secrets Manager's own rotation is switched on for ${secretId}; it uses AWSPENDING, which is our lock. ` +
        `${unchanged} Switch it off (aws secretsmanager cancel-rotate-secret) and start again.`,
    );
  }
  const tooMany = labelsTooMany(secret.versionByLabel.keys());
  if (tooMany > 0) {
    return refuse(
      'SecretConflict',
      `The secret ${secretId} has ${tooMany} staging labels too many: Secrets Manager allows 20, and a rotation needs 9. ` +
        `${unchanged} Remove labels of yours (aws secretsmanager update-secret-version-stage) and start again.`,
    );
  }
  if (current === undefined) {
    return refuse(
      'SecretConflict',
      `No version of the secret ${secretId} is AWSCURRENT. ${unchanged} Put a JSON object into it ` +
        '(aws secretsmanager put-secret-value), {} will do, and start again.',
    );
  }
  if (current.kind === 'unreadable') {
    return refuse(
      'SecretConflict',
      `The secret ${secretId} cannot be understood: ${current.problem}. ${unchanged} Correct AWSCURRENT to a JSON ` +
        'object, either without AccessKeyId or with AccessKeyId and SecretAccessKey; fields that fieldNames of the user ' +
        'names hold the same key or are not there. Then start again.',
    );
  }
  if (holder?.kind === 'foreign') {
    return refuse(
      'SecretConflict',
      `AWSPENDING of ${secretId} is on version ${holder.versionId}, which is not an intent of ours: something else ` +
        `uses this label. ${unchanged} Find out what put it there, remove the label ` +
        '(aws secretsmanager update-secret-version-stage), and start again.',
    );
  }
  const interrupts = input.action === 'rollback' || input.action === 'emergency';
  if (holder?.execution.kind === 'running' && !interrupts) {
    const reason = `A rotation of ${input.userName} is already running: ${holder.intent.owner}.`;
    return input.trigger === 'schedule'
      ? { kind: 'nothing-to-do', reason }
      : refuse(
          'RotationInProgress',
          `${reason} ${unchanged} Wait for it, or stop it and start again a few minutes later.`,
        );
  }
  if (facts.onHold && input.action === 'rotate') {
    const reason =
      `The rotation of ${input.userName} is on hold after a rollback or without an acknowledgement. ${unchanged} When the ` +
      `consumers are well, start {"userName":"${input.userName}","action":"resume"}.`;
    return input.trigger === 'schedule' ? { kind: 'on-hold', reason } : refuse('RotationOnHold', reason);
  }
  if (holder !== undefined) {
    if (holder.intent.userId !== facts.userId) {
      return refuse(
        'StateDrift',
        `An unfinished rotation belongs to another user of the same name (${holder.intent.userId}, now ` +
          `${facts.userId}): the user was deleted and created again. ${unchanged} Remove AWSPENDING from ${secretId}, ` +
          'see to it that AWSCURRENT holds a key of the new user or none, and start again.',
      );
    }
    return planContinuation(facts, holder);
  }
  if (input.action === 'rollback') {
    return refuse(
      'NothingToRollBack',
      `No rotation of ${input.userName} is under way. Its last one is complete: the old key was deleted, and a deletion ` +
        `is final. ${unchanged} AWSCURRENT holds ${current.kind === 'access-key' ? mask(current.accessKeyId) : 'no key'}: ` +
        'let the consumers read it again. If that key is the trouble, start a rotation to get another one.',
    );
  }
  if (input.action === 'emergency') return planEmergency(facts, current);
  if (input.action === 'resume' && !facts.onHold) {
    return { kind: 'nothing-to-do', reason: `There is no stopped rotation of ${input.userName} to resume.` };
  }
  return planFreshRotation(facts, current, now);
};

/** The unfinished rotation that a lock stands for goes on, goes back, or goes on without delay. */
const planContinuation = (facts: PlanFacts, holder: Extract<LockHolder, { kind: 'intent' }>): Plan => {
  const { input, keys } = facts;
  const { kind: _kind, owner, userId: _userId, ...inherited } = holder.intent;
  const stopHolder = holder.execution.kind === 'running';
  const unchanged = `Nothing was changed. ${describeKeys(keys)}`;
  const carryOn = (rotation: Rotation, reason: string): Plan => ({
    kind: 'rotate',
    rotation,
    predecessorVersionId: holder.versionId,
    stopHolder,
    reason: `${reason}${stopHolder ? ` The execution ${owner} is stopped for it.` : ''}`,
  });
  switch (input.action) {
    case 'rollback': {
      const problem = whyNotRollBack(inherited, keys);
      return problem === undefined
        ? carryOn(inherited, `Rolling back: ${mask(inherited.oldAccessKeyId ?? '')} is brought back.`)
        : refuse('NothingToRollBack', `${problem} ${unchanged}`);
    }
    case 'emergency': {
      const leaked = input.accessKeyId ?? '';
      if (findKey(keys, leaked) === undefined) return refuseUnknownLeak(facts, leaked);
      if (stopHolder && isEmergency(inherited) && inherited.oldAccessKeyId === leaked) {
        return refuse(
          'RotationInProgress',
          `${owner} is retiring ${mask(leaked)} already. ${unchanged} Watch that execution.`,
        );
      }
      return carryOn(
        {
          ...inherited,
          oldAccessKeyId: leaked,
          leakedAccessKeyIds: [...new Set([...inherited.leakedAccessKeyIds, leaked])],
        },
        `Emergency: ${mask(leaked)} is retired at once.`,
      );
    }
    default:
      return carryOn(inherited, 'Continuing the rotation that an earlier execution left unfinished.');
  }
};

const refuseUnknownLeak = ({ input, keys }: PlanFacts, leaked: string): Plan =>
  refuse(
    'AccessKeyConflict',
    `The user ${input.userName} has no access key ${mask(leaked)}. Nothing was changed. ${describeKeys(keys)} Compare the ` +
      'whole ID with aws iam list-access-keys. A key that is gone cannot be used any more, but sessions that were ' +
      'obtained with it can: see docs/runbook.md, "End sessions already obtained with a key".',
  );

/** A leaked key while no rotation is under way. */
const planEmergency = (facts: PlanFacts, current: Exclude<CurrentValue, { kind: 'unreadable' }>): Plan => {
  const { input, enrolled, keys, owner, startTime } = facts;
  const leaked = input.accessKeyId ?? '';
  if (findKey(keys, leaked) === undefined) return refuseUnknownLeak(facts, leaked);
  const currentId = currentKeyId(current);
  const others = keys.filter((key) => key.accessKeyId !== leaked);
  // Only a key that the secret holds, or the user's only one, is the rotation's to touch.
  if (others.length > 0 && currentId !== leaked) {
    return refuse(
      'AccessKeyConflict',
      `${mask(leaked)} is not in ${enrolled.secretId}, and no rotation is under way, so it is not this service's to ` +
        `touch. Nothing was changed. ${describeKeys(keys)} Deactivate it by hand, now: aws iam update-access-key ` +
        `--user-name ${input.userName} --access-key-id ${leaked} --status Inactive. Then see docs/runbook.md, "A key has leaked".`,
    );
  }
  return {
    kind: 'rotate',
    rotation: {
      rootRotationId: owner,
      oldAccessKeyId: leaked,
      currentAccessKeyIdBefore: currentId,
      accessKeyIdsBefore: keys.map((key) => key.accessKeyId),
      startedAt: startTime,
      leakedAccessKeyIds: [leaked],
    },
    predecessorVersionId: null,
    stopHolder: false,
    reason: `Emergency: ${mask(leaked)} is replaced and retired at once.`,
  };
};

const planFreshRotation = (
  facts: PlanFacts,
  current: Exclude<CurrentValue, { kind: 'unreadable' }>,
  now: Date,
): Plan => {
  const { input, enrolled, keys } = facts;
  const unchanged = `Nothing was changed. ${describeKeys(keys)}`;
  const rotate = (oldAccessKeyId: string | null, reason: string): Plan => ({
    kind: 'rotate',
    rotation: {
      rootRotationId: facts.owner,
      oldAccessKeyId,
      currentAccessKeyIdBefore: current.kind === 'access-key' ? current.accessKeyId : null,
      accessKeyIdsBefore: keys.map((key) => key.accessKeyId),
      startedAt: facts.startTime,
      leakedAccessKeyIds: [],
    },
    predecessorVersionId: null,
    stopHolder: false,
    reason,
  });

  if (current.kind === 'no-key') {
    const [only, second] = keys;
    if (only === undefined) return rotate(null, 'The user has no access key yet: a first one is created.');
    if (second !== undefined) {
      return refuse(
        'AccessKeyConflict',
        `The user ${input.userName} has ${keys.length} access keys, and the secret holds none, so nobody can tell which one ` +
          `is in use. ${unchanged} Delete the one that is not used (aws iam get-access-key-last-used tells), or put ` +
          `the one that is used into ${enrolled.secretId}, and start again.`,
      );
    }
    return dueOrNot(facts, now, () =>
      rotate(
        only.accessKeyId,
        `The user's key ${mask(only.accessKeyId)} is not in the secret yet; its successor will be.`,
      ),
    );
  }

  const inUse = findKey(keys, current.accessKeyId);
  const others = keys.filter((key) => key.accessKeyId !== current.accessKeyId);
  if (inUse === undefined) {
    if (others.length >= 2) {
      return refuse(
        'AccessKeyConflict',
        `The secret holds ${mask(current.accessKeyId)}, which the user ${input.userName} does not have; the user has ` +
          `${keys.length} other keys. ${unchanged} Delete one that is not used and start again.`,
      );
    }
    return rotate(
      null,
      `The secret holds ${mask(current.accessKeyId)}, which does not exist: a new key is created at once.`,
    );
  }
  if (others.length > 0) {
    return refuse(
      'AccessKeyConflict',
      `Beside ${mask(inUse.accessKeyId)}, which is in the secret, the user ${input.userName} has ` +
        `${others.map((key) => mask(key.accessKeyId)).join(' and ')}, which is not ours, and AWS allows two. ` +
        `${unchanged} Delete the key that is not in the secret, if nothing uses it, and start again.`,
    );
  }
  if (inUse.status !== 'Active') {
    return rotate(
      inUse.accessKeyId,
      `The key in the secret, ${mask(inUse.accessKeyId)}, is ${inUse.status}: a new key is created at once.`,
    );
  }
  return dueOrNot(facts, now, () => rotate(inUse.accessKeyId, `Rotating ${mask(inUse.accessKeyId)}.`));
};

/** A schedule rotates when the oldest Active key is old enough; a person rotates at any age. */
const dueOrNot = (facts: PlanFacts, now: Date, rotate: () => Plan): Plan => {
  if (facts.input.trigger === 'manual') return rotate();
  const active = facts.keys.filter((key) => key.status === 'Active');
  const oldest = active.reduce<Date | undefined>(
    (found, key) => (found === undefined || key.createDate < found ? key.createDate : found),
    undefined,
  );
  if (oldest === undefined) return rotate();
  const due = after(oldest, facts.enrolled.rotateAfter);
  return due <= now
    ? rotate()
    : {
        kind: 'nothing-to-do',
        reason: `Not due: the key of ${facts.input.userName} is due on ${due.toISOString()}.`,
      };
};
