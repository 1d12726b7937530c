import {
  type AdoptionFacts,
  decideUnenrolled as adoptUnenrolled,
  decideAdoption,
} from '../../../lambdas/confirm-adoption/decide';
import {
  say as sayAdoption,
  sayNoAcknowledgement,
  sayRollback as sayNotGoingOn,
  sayUnenrolled as sayUnadopted,
} from '../../../lambdas/confirm-adoption/words';
import {
  decideHealth,
  type HealthFacts,
  decideUnenrolled as watchUnenrolled,
} from '../../../lambdas/confirm-health/decide';
import {
  say as sayHealth,
  sayNoVerdict,
  sayUnenrolled as sayUnwatched,
} from '../../../lambdas/confirm-health/words';
import { decideCreate, decideLock, type LockFacts } from '../../../lambdas/create-access-key/decide';
import type { CreateFacts, CreateWhy } from '../../../lambdas/create-access-key/decision';
import { sayContained, say as sayCreation, sayLock } from '../../../lambdas/create-access-key/words';
import {
  type DeactivationFacts,
  type DeactivationWhy,
  decideDeactivation,
} from '../../../lambdas/deactivate-access-key/decide';
import {
  say as sayDeactivation,
  sayLeakedDone,
  sayUnenrolled as sayNotDeactivated,
} from '../../../lambdas/deactivate-access-key/words';
import {
  type DeletionFacts,
  type DeletionWhy,
  decideDeletion,
} from '../../../lambdas/delete-access-key/decide';
import { say as sayDeletion, sayUnenrolled as sayNotDeleted } from '../../../lambdas/delete-access-key/words';
import type { Damage } from '../../../lambdas/plan-rotation/damage';
import { type PlanFacts, planRotation } from '../../../lambdas/plan-rotation/decide';
import { type Outlook, preview } from '../../../lambdas/plan-rotation/preview';
import * as planWords from '../../../lambdas/plan-rotation/words';
import { sayPreview } from '../../../lambdas/plan-rotation/words/preview';
import {
  decidePublish,
  type PublishFacts,
  type PublishWhy,
} from '../../../lambdas/publish-access-key/decide';
import { say as sayPublication } from '../../../lambdas/publish-access-key/words';
import type { CurrentAfterRollback, LeftVersion } from '../../../lambdas/reactivate-access-key/decide';
import { explainFailedRollback, explainRollback } from '../../../lambdas/reactivate-access-key/words';
import type { SesSmtp } from '../../../lambdas/shared/contract/enrolment';
import { ERROR_NAMES } from '../../../lambdas/shared/contract/errors';
import { TELLINGS } from '../../../lambdas/shared/contract/told';
import { overdueAt } from '../../../lambdas/shared/findings/attribution';
import { type Health, judgeHealth, NOT_ASKED } from '../../../lambdas/shared/findings/health';
import type { IntentHolder } from '../../../lambdas/shared/findings/lock-holder';
import { withoutMaterial } from '../../../lambdas/shared/findings/situation';
import type { Stranger } from '../../../lambdas/shared/findings/whose-key';
import type { KeyEvent, RegionAnswer } from '../../../lambdas/shared/gateways/key-events-gateway';
import { judgeAcknowledgement } from '../../../lambdas/shared/rotation/acknowledgement';
import { milliseconds, nextOpening } from '../../../lambdas/shared/rotation/calendar';
import { type Course, EMERGENCY } from '../../../lambdas/shared/rotation/course';
import type { Rollback, RotationInput } from '../../../lambdas/shared/rotation/rotation-state';
import { judgeVerdict } from '../../../lambdas/shared/rotation/verdict';
import { documentWith, type Obstacle, obstacleIn } from '../../../lambdas/shared/secret/key-document';
import type { Pause } from '../../../lambdas/shared/secret/pause';
import { parseSecretDocument } from '../../../lambdas/shared/secret/secret-document';
import { keyLabel } from '../../../lambdas/shared/secret/versions';
import { inSentences, type Said, toSaid } from '../../../lambdas/shared/text/said';
import {
  explainForgotten,
  explainPublished,
  explainUnattributed,
} from '../../../lambdas/shared/words/attribution';
import { describeProblem, explainObstacle } from '../../../lambdas/shared/words/document';
import { describeHealth, describeVerdict } from '../../../lambdas/shared/words/health';
import { describeUse } from '../../../lambdas/shared/words/last-use';
import { commandPlaceOf, composeMessage, type Letterhead } from '../../../lambdas/shared/words/message';
import { decideStop, type HolderFacts } from '../../../lambdas/stop-execution/decide';
import { say as sayStop } from '../../../lambdas/stop-execution/words';
import { judge, NO_TESTS, record, TEST_BUDGET_SECONDS } from '../../../lambdas/test-access-key/decide';
import { say as sayCondemned } from '../../../lambdas/test-access-key/words';
import { type TraceFacts, traceOf } from '../../../lambdas/trace-leaked-key/decide';
import { sayTraced } from '../../../lambdas/trace-leaked-key/words';
import {
  adoptionFacts,
  createFacts,
  deactivationFacts,
  deletionFacts,
  healthFacts,
  heldBy,
  leak,
  manual,
  PAUSED,
  planFacts,
  publishFacts,
  type RollbackFacts,
  rollbackFacts,
  SILENT,
  secret,
  UNWELL,
  used,
} from '../support/facts';
import {
  at,
  ENROLLED,
  holding,
  key,
  NEW,
  NOW,
  OLD,
  OTHER,
  OTHER_MARK,
  ROTATION,
  UNREADABLE,
  USER_ID,
} from '../support/fixtures';
import type { Message, Section } from './message';

const OBSTACLE: Obstacle = { code: 'key-not-found' };

/** The execution that says it. */
const LETTERHEAD: Letterhead & { readonly executionArn: string } = {
  userName: 'alice',
  executionArn: 'arn:aws:states:us-east-1:111122223333:execution:rotation:first',
  roles: { old: OLD, fresh: NEW },
  step: 'the step',
  runbookUrl: 'docs/runbook.md',
  timeZone: 'Europe/Berlin',
  at: NOW,
};

/** What is mailed, as a mail; and what else is said, as the outcome of a step has it. */
const shown = (said: string | Said, as: string): Pick<Message, 'text' | 'subject'> => {
  const event = [...ERROR_NAMES, ...TELLINGS].find((name) => name === as);
  return event === undefined
    ? { text: inSentences(said, commandPlaceOf(LETTERHEAD.executionArn)) }
    : composeMessage(toSaid(said), event, LETTERHEAD);
};

/** What decisions have in common, as far as it is for people. */
interface Decision {
  readonly kind?: string;
  readonly error?: string | null;
  readonly reason?: string | Said;
  readonly lastUse?: string;
  readonly rollback?: Rollback;
}

const messageOf = (when: string, decision: Decision): Message => {
  const as = decision.error ?? decision.rollback?.error ?? decision.kind ?? 'text';
  return { when, as, ...shown(decision.reason ?? decision.rollback?.reason ?? '', as) };
};

/** A decision with its reason in words, where it has one. */
const spoken = <Why>(
  decision: Decision & { readonly why?: Why | undefined },
  say: (why: Why) => string | Said,
): Decision => (decision.why === undefined ? decision : { ...decision, reason: say(decision.why) });

/** One section: what is decided on each of these facts. */
const decided = <Facts>(
  title: string,
  decide: (facts: Partial<Facts>) => Decision,
  rows: readonly (readonly [when: string, facts: Partial<Facts>])[],
): Section => ({ title, messages: rows.map(([when, facts]) => messageOf(when, decide(facts))) });

/** One section: texts as they are. */
const texts = (
  title: string,
  rows: readonly (readonly [when: string, text: string | Said | undefined])[],
): Section => ({
  title,
  messages: rows.map(([when, text = '']) => ({ when, as: 'text', ...shown(text, 'text') })),
});

/** One section: mails, under their names. */
const mails = (
  title: string,
  rows: readonly (readonly [when: string, as: string, said: string | Said])[],
): Section => ({ title, messages: rows.map(([when, as, said]) => ({ when, as, ...shown(said, as) })) });

const thrown = (work: () => unknown): string => {
  try {
    return `nothing, but ${work()}`;
  } catch (error) {
    return String(error);
  }
};

const NO_KEY = { kind: 'no-key' } as const;
const stoppedExecution = { kind: 'stopped', stoppedAt: at(-1, 'd') } as const;
const stopped = heldBy(stoppedExecution);
const running = heldBy({ kind: 'running' });
const scheduled: RotationInput = { ...manual, trigger: 'schedule' };
const resume: RotationInput = { ...manual, action: 'resume' };
const rollback: RotationInput = { ...manual, action: 'rollback' };
const both = [key(OLD), key(NEW)];
const OWNED_ELSEWHERE = { kind: 'other', owner: OTHER_MARK } as const;
const retired = [key(OLD, 'Inactive'), key(NEW)];
const paused: Pause = { by: 'configuration', reason: 'freeze' };
const ofOwner = new Map(Array.from({ length: 12 }, (_none, index) => [`owners-${index}`, 'a-version']));

const stranger: Stranger = {
  accessKeyId: OTHER,
  evidence: { code: 'accepted', arn: 'arn:aws:iam::444455556666:user/bob' },
};
const damage = (kind: Damage['kind']): Damage => ({
  kind,
  accessKeyId: OLD,
  goodVersionId: 'the-version-before',
  currentVersionId: 'a-version',
});
const notDue = { input: scheduled, keys: [key(OLD, 'Active', at(-1, 'd'))] };
const VALIDATOR = 'arn:aws:lambda:us-east-1:111122223333:function:shop';
const validated = { ...ENROLLED, validator: VALIDATOR };
const replicated = { ...ENROLLED, replicaRegions: [{ region: 'eu-west-1' }] };

const noticed = { input: scheduled, enrolled: { ...ENROLLED, noticeBefore: 'P2D' } };

const planned = (facts: Partial<PlanFacts>): Decision => {
  const found = planFacts(facts);
  const plan = planRotation(found, NOW);
  const reason = planWords.say(plan, found);
  return plan.kind === 'notice' ? { kind: 'RotationAhead', reason } : { ...plan, reason };
};

const PLANS = () =>
  decided<PlanFacts>('plan-rotation: the plan', planned, [
    ['a key is rotated', {}],
    ['the only key is not in the secret yet', { current: NO_KEY }],
    ['the only key is in the secret as a login', { current: { ...NO_KEY, login: OLD } }],
    ['there is no key yet', { keys: [], current: NO_KEY }],
    ['the key in the secret does not exist', { keys: [] }],
    ['the key in the secret is Inactive', { keys: [key(OLD, 'Inactive')] }],
    ['a key is not due', { input: scheduled, keys: [key(OLD, 'Active', at(-1, 'd'))] }],
    ['a key is due by schedule: notice is given', noticed],
    [
      'notice is given, and the rotation does not wait for programs for ever',
      { ...noticed, enrolled: { ...noticed.enrolled, onAdoptionDeadline: 'go-on' } },
    ],
    ['another execution has given notice', { ...noticed, noticeGivenBy: '…:execution:…:first' }],
    ['the secret holds no key, and the user has two', { keys: both, current: NO_KEY }],
    ['the secret holds a key that does not exist, and the user has two', { keys: [key(OTHER), key(NEW)] }],
    ['another key is there besides', { keys: [key(OLD), key(OTHER)] }],
    [
      'another key is there besides, and the one in the secret is Inactive',
      { keys: [key(OLD, 'Inactive'), key(OTHER)] },
    ],
    ['the user is paused by the tag', { secret: secret({ pauseTag: 'audit' }) }],
    ['the tag gives no reason', { secret: secret({ pauseTag: ' ' }) }],
    [
      'the user is paused by the configuration, in the middle of a rotation',
      { enrolled: { ...ENROLLED, paused: 'freeze' }, holder: stopped, keys: both },
    ],
    ['the secret is scheduled for deletion', { secret: secret({ scheduledForDeletion: true }) }],
    ["Secrets Manager's own rotation is on", { secret: secret({ rotationEnabled: true }) }],
    [
      "Secrets Manager's own rotation is on, and the schedule starts a rotation",
      { secret: secret({ rotationEnabled: true }), input: scheduled },
    ],
    [
      "Secrets Manager's own rotation is on, and a person resumes a rotation",
      { secret: secret({ rotationEnabled: true }), input: resume, holder: stopped, onHold: true },
    ],
    ['the secret has too many labels', { secret: secret({ versionByLabel: ofOwner }) }],
    ['AWSCURRENT cannot take another key', { obstacle: OBSTACLE }],
    ['nothing is AWSCURRENT', { current: undefined }],
    ['nothing is AWSCURRENT, and the user has no key', { current: undefined, keys: [] }],
    ['AWSCURRENT cannot be understood', { current: UNREADABLE }],
    ["AWSCURRENT holds somebody else's key", { current: holding(OTHER), stranger }],
    [
      "AWSCURRENT holds somebody else's key, in an emergency",
      { current: holding(OTHER), stranger, input: leak(OLD) },
    ],
    [
      'a key is not due, and AWSCURRENT was emptied',
      { ...notDue, current: NO_KEY, damage: damage('emptied') },
    ],
    [
      'a key is not due, and AWSCURRENT has another secret access key',
      { ...notDue, damage: damage('altered') },
    ],
    ['a replica is not there', { enrolled: replicated }],
    [
      'a replica is not there, and another one has failed',
      { enrolled: replicated, secret: secret({ replicaStatus: new Map([['us-west-2', 'Failed']]) }) },
    ],
    ['an alarm is not there', { missingAlarms: [{ name: 'errors' }] }],
    [
      'an alarm is not there, and another one may not be read',
      { missingAlarms: [{ name: 'errors' }, { name: 'orders', problem: 'AccessDenied' }] },
    ],
    ['the validator is not there', { enrolled: validated, missingValidator: { name: VALIDATOR } }],
    [
      'nobody may look for the validator',
      { enrolled: validated, missingValidator: { name: VALIDATOR, problem: 'AccessDeniedException' } },
    ],
    ['something else uses AWSPENDING', { holder: { kind: 'foreign', versionId: 'a-version' } }],
    ['a rotation is running, and a person starts one', { holder: running }],
    ['a rotation is running, and the schedule starts one', { holder: running, input: scheduled }],
    ['the rotation is on hold, and a person starts one', { holder: stopped, onHold: true }],
    [
      'the rotation is on hold, and the schedule starts one',
      { holder: stopped, onHold: true, input: scheduled },
    ],
    ['the user belongs to another secret', { ownership: OWNED_ELSEWHERE }],
    ['the user is marked with something else', { ownership: { kind: 'other', owner: 'mine' } }],
    ['the user has no room for the mark', { ownership: { kind: 'unmarked', hasRoom: false } }],
    ['the user was created again', { holder: stopped, userId: 'AIDAANOTHERALICE0001' }],
    ['there is nothing to resume', { input: resume }],
    ['an unfinished rotation is continued', { holder: stopped, keys: both }],
  ]);

const ROLLBACK_PLANS = () =>
  decided<PlanFacts>(
    'plan-rotation: a rollback by hand',
    (facts) => planned({ input: rollback, keys: retired, current: holding(NEW), ...facts }),
    [
      ['the rotation has ended', { holder: stopped }],
      ['the rotation is running', { holder: running }],
      [
        'it makes a first key',
        { holder: heldBy(stoppedExecution, { oldAccessKeyId: null }), keys: [key(NEW)] },
      ],
      [
        'the old key was Inactive before',
        { holder: heldBy(stoppedExecution, { inactiveAccessKeyIdsBefore: [OLD] }) },
      ],
      ['the old key is deleted', { holder: stopped, keys: [key(NEW)] }],
      [
        'the old key has leaked, and is Inactive',
        { holder: heldBy(stoppedExecution, { leakedAccessKeyIds: [OLD] }) },
      ],
      [
        'the old key has leaked, and is Active',
        { holder: heldBy(stoppedExecution, { leakedAccessKeyIds: [OLD] }), keys: both },
      ],
      ['the lock cannot be held', { holder: stopped, secret: secret({ rotationEnabled: true }) }],
      ['there is no rotation, and another key is Inactive', {}],
      ['there is no rotation, and another key is Active', { keys: both }],
      ['there is no rotation, and no other key', { keys: [key(NEW)] }],
      ['there is no rotation, and AWSCURRENT holds no key', { current: NO_KEY, keys: [key(OLD)] }],
      ['there is no rotation, and AWSCURRENT cannot be understood', { current: UNREADABLE }],
    ],
  );

const EMERGENCY_PLANS = () =>
  decided<PlanFacts>('plan-rotation: an emergency', (facts) => planned({ input: leak(OLD), ...facts }), [
    ['nothing is in progress', {}],
    ['a rotation is running', { holder: running, keys: both }],
    [
      'it is carried out already',
      { holder: heldBy({ kind: 'running' }, { leakedAccessKeyIds: [OLD] }), keys: both },
    ],
    ['the user has no such key', { input: leak(OTHER) }],
    [
      'the user has no such key, in the middle of a rotation',
      { input: leak(OTHER), holder: stopped, keys: both },
    ],
    ['the key is not in the secret', { input: leak(OTHER), keys: [key(OLD), key(OTHER)] }],
    [
      'the key is not in the secret, and Inactive',
      { input: leak(OTHER), keys: [key(OLD), key(OTHER, 'Inactive')] },
    ],
    ['the only key is in another secret', { ownership: OWNED_ELSEWHERE, current: NO_KEY }],
    ['the key is in this secret, and the user is marked as another’s', { ownership: OWNED_ELSEWHERE }],
    ['it cannot be carried out', { secret: secret({ rotationEnabled: true }) }],
    [
      'it cannot be carried out, and the key is Inactive',
      { secret: secret({ rotationEnabled: true }), keys: retired },
    ],
    [
      'another start while an unfinished one cannot be carried out',
      {
        input: scheduled,
        holder: heldBy(stoppedExecution, { leakedAccessKeyIds: [OLD] }),
        secret: secret({ rotationEnabled: true }),
      },
    ],
  ]);

const use = used(at(-4, 'd'));
const outlook: Outlook = {
  uses: new Map([[OLD, use]]),
  health: judgeHealth([]),
  validator: undefined,
};
const previewed = (facts: Partial<PlanFacts>, look: Partial<Outlook> = {}) => {
  const found = planFacts({ input: { ...manual, action: 'plan' }, ...facts });
  return sayPreview(preview(found, NOW), found, { ...outlook, ...look });
};
const alarms = { ...ENROLLED, healthAlarms: ['errors'] };

const PREVIEWS = () =>
  texts('plan-rotation: a plan that is only shown', [
    [
      'a rotation would start, and the schedule would not',
      previewed({ ...notDue, damage: damage('altered') }),
    ],
    ['a rotation would start, and is not due', previewed({ keys: [key(OLD, 'Active', at(-1, 'd'))] })],
    [
      'a rotation would start, and people would be told before the schedule begins one',
      previewed({ enrolled: noticed.enrolled, keys: [key(OLD, 'Active', at(-1, 'd'))] }),
    ],
    ['a rotation would start, and the schedule would give notice', previewed({ enrolled: noticed.enrolled })],
    [
      'a rotation would start, and much is asked of the owner',
      previewed({
        enrolled: {
          ...ENROLLED,
          onAdoptionDeadline: 'go-on',
          deactivationWindow: 'always',
          validator: VALIDATOR,
          acknowledgement: { deadline: 'P2D' },
        },
      }),
    ],
    [
      'a rotation would start, and whether the validator is there is not known',
      previewed(
        { enrolled: validated },
        {
          validator: {
            functionArn: VALIDATOR,
            state: 'unreadable',
            problem: 'TooManyRequestsException',
            lasting: false,
          },
        },
      ),
    ],
    [
      'the alarms are well, and replicas lag',
      previewed(
        { enrolled: alarms, secret: secret({ laggingReplicas: ['eu-west-1', 'us-west-2'] }) },
        { health: judgeHealth([{ name: 'errors', state: 'OK' }]) },
      ),
    ],
    [
      'an alarm is on',
      previewed({ enrolled: alarms }, { health: judgeHealth([{ name: 'errors', state: 'ALARM' }]) }),
    ],
    [
      'an alarm is silent',
      previewed(
        { enrolled: alarms },
        { health: judgeHealth([{ name: 'errors', state: 'INSUFFICIENT_DATA' }]) },
      ),
    ],
    ['the alarms cannot be read', previewed({ enrolled: alarms }, { health: NOT_ASKED })],
    ['the key is Inactive', previewed({ keys: [key(OLD, 'Inactive')] })],
    ['there is no key', previewed({ keys: [], current: NO_KEY })],
    ['an unfinished rotation would be continued', previewed({ holder: stopped, keys: both })],
    [
      'an unfinished emergency would be continued',
      previewed({ holder: heldBy(stoppedExecution, { leakedAccessKeyIds: [OLD] }), keys: both }),
    ],
    ['the user would be marked', previewed({ ownership: { kind: 'unmarked', hasRoom: true } })],
    ['nobody looks whose the user is', previewed({ ownership: { kind: 'off' } })],
    ['the user belongs to another secret', previewed({ ownership: OWNED_ELSEWHERE })],
    ['a rotation would not start', previewed({ keys: [key(OLD), key(OTHER)] })],
    ['a rotation would do nothing', previewed({ enrolled: { ...ENROLLED, paused: 'freeze' } })],
    [
      'a rotation would do nothing, and without the pause it would not start',
      previewed({ secret: secret({ pauseTag: 'audit' }), keys: [key(OLD), key(OTHER)] }),
    ],
  ]);

const STOPS = () =>
  decided<HolderFacts>(
    'stop-execution',
    (facts) =>
      spoken(
        decideStop({ plannedVersionId: 'planned', holder: undefined, userId: USER_ID, ...facts }),
        sayStop,
      ),
    [
      ['the lock is not there any more', {}],
      ['the execution is over', { holder: { ...stopped, versionId: 'planned' } }],
    ],
  );

const theirs = (holder: IntentHolder): LockFacts => ({
  ...holder,
  versionId: 'their-intent',
  restsAt: holder.execution.kind === 'stopped' ? at(-1, 'h') : undefined,
});
const fresh = { predecessorVersionId: null, trigger: 'manual', action: 'rotate', onHold: false } as const;
interface Lock {
  readonly lock: LockFacts;
  readonly plan: Parameters<typeof decideLock>[1];
}

const LOCKS = () =>
  decided<Lock>(
    'create-access-key: the lock',
    ({ lock = { kind: 'free' }, plan = fresh }) => {
      const decision = decideLock(lock, plan, NOW);
      return 'why' in decision ? { ...decision, reason: sayLock(decision, 'alice') } : decision;
    },
    [
      ['the rotation has just been put on hold', { plan: { ...fresh, onHold: true } }],
      ['the rotation to continue has ended', { plan: { ...fresh, predecessorVersionId: 'their-intent' } }],
      ['something else has the label', { lock: { kind: 'foreign', versionId: 'a-version' } }],
      ['another execution is running', { lock: theirs(running) }],
      [
        'another execution is running, and the schedule has started this one',
        { lock: theirs(running), plan: { ...fresh, trigger: 'schedule' } },
      ],
      ['another execution has just ended', { lock: theirs(heldBy({ kind: 'unknown-to-step-functions' })) }],
      ['another rotation was begun since the plan', { lock: theirs(stopped) }],
    ],
  );

const storedNew = { accessKeyId: NEW, versionId: 'v-new', publishable: true, published: false };
const publishedNew = { ...storedNew, published: true };
const emergency = { ...ROTATION, leakedAccessKeyIds: [OLD], accessKeyIdsBefore: [OLD, OTHER] };

const creation = (overrides: Partial<CreateFacts>): Decision => {
  const facts = createFacts(overrides);
  return spoken(decideCreate(facts), (why: CreateWhy) =>
    sayCreation(why, { ...facts, recoveryPeriod: ENROLLED.recoveryPeriod }),
  );
};

const CREATIONS = () =>
  decided<CreateFacts>('create-access-key', creation, [
    ['a key is needed', {}],
    [
      'a key is needed, and one of ours is of no use',
      { keys: both, stored: [{ ...storedNew, publishable: false }] },
    ],
    ['a key of ours is there', { keys: both, stored: [storedNew] }],
    ['AWSCURRENT cannot take another key since the plan', { obstacle: OBSTACLE }],
    ['nobody knows who created a key', { keys: both, outcomeUnknown: true }],
    ['AWSCURRENT cannot be understood', { current: UNREADABLE }],
    ["AWSCURRENT holds somebody else's key", { current: holding(OTHER), stranger }],
    ['AWSCURRENT was changed', { keys: [key(OLD), key(OTHER)], current: holding(OTHER) }],
    ['AWSCURRENT was emptied', { current: NO_KEY }],
    ['there are two keys that are not ours', { keys: both }],
    [
      'a key is published, and the old one is Active',
      { keys: both, stored: [publishedNew], current: holding(NEW) },
    ],
    [
      'a key is published, and the old one is Inactive',
      { keys: retired, stored: [publishedNew], current: holding(NEW) },
    ],
    [
      'a key is published, and the old one is gone',
      { keys: [key(NEW)], stored: [publishedNew], current: holding(NEW) },
    ],
    [
      'a first key is published',
      {
        keys: [key(NEW)],
        stored: [publishedNew],
        current: holding(NEW),
        rotation: { ...ROTATION, oldAccessKeyId: null },
      },
    ],
    [
      'somebody has set the published key Inactive',
      { keys: [key(OLD), key(NEW, 'Inactive')], stored: [publishedNew], current: holding(NEW) },
    ],
    ['a rollback was asked for', { rollback: true }],
    ['a rollback was asked for, and the old key is deleted', { rollback: true, keys: [key(NEW)] }],
    ['emergency: consumers read another key', { rotation: emergency, keys: both, current: holding(NEW) }],
    [
      'emergency: consumers read another key, and the leaked one is Inactive',
      { rotation: emergency, keys: retired, current: holding(NEW) },
    ],
    [
      'emergency: consumers read another key, and the leaked one is gone',
      { rotation: emergency, keys: [key(NEW)], current: holding(NEW) },
    ],
    [
      'emergency: the secret holds another key',
      { rotation: emergency, keys: [key(OLD), key(OTHER)], versionOfKey: new Map([[OTHER, 'a-version']]) },
    ],
    ['emergency: another key is in the way', { rotation: emergency, keys: [key(OLD), key(OTHER)] }],
    [
      'emergency: another key was set Inactive by a person',
      {
        rotation: { ...emergency, supersededAccessKeyId: OTHER },
        keys: [key(OLD), key(OTHER, 'Inactive')],
        current: holding(OTHER),
        versionOfKey: new Map([[OTHER, 'a-version']]),
        versionByLabel: new Map([[keyLabel(OTHER), 'a-version']]),
      },
    ],
  ]);

/** A leaked key was set Inactive as the first thing under the lock. */
const contained = (current: string | undefined) =>
  sayContained(
    { userName: 'alice', secretId: ENROLLED.secretId, settings: ENROLLED, reason: 'in a log' },
    {
      accessKeyIds: [OLD],
      keys: [key(OLD, 'Inactive'), ...(current === undefined ? [] : [key(current)])],
      current,
      took: { at: NOW.toISOString(), seconds: 1, functions: 2, calls: 12 },
      lastUse: describeUse(used(at(-1, 'h'))),
      now: NOW,
    },
  );

const CONTAINMENTS = () =>
  mails('create-access-key, when a leaked key is set Inactive first', [
    ['consumers read another one', 'LeakedKeyInactive', contained(NEW)],
    ['an outage is accepted', 'LeakedKeyInactive', contained(undefined)],
    [
      'and it goes on',
      'LeakedKeyInactive',
      toSaid(
        sayCreation(
          { code: 'leaked-key-inactive', leakedAccessKeyId: OLD, newAccessKeyId: NEW },
          { ...createFacts(), recoveryPeriod: ENROLLED.recoveryPeriod, contained: true },
        ),
      ),
    ],
  ]);

const refusedFor = (seconds: number): Decision => {
  const tests = record(NO_TESTS, { kind: 'refused', code: 'InvalidClientTokenId' });
  return spoken(
    judge(tests, { userId: USER_ID, startedAt: NOW }, new Date(NOW.getTime() + seconds * 1000)),
    sayCondemned,
  );
};

const TESTS = (): Section => ({
  title: 'test-access-key: the verdict',
  messages: [messageOf('AWS refuses the key', refusedFor(TEST_BUDGET_SECONDS))],
});

const publication = (overrides: Partial<PublishFacts>): Decision => {
  const facts = publishFacts(overrides);
  const told = { ...facts, secretId: ENROLLED.secretId };
  return spoken(decidePublish(facts), (why: PublishWhy) => sayPublication(why, told));
};

const PUBLICATIONS = () =>
  decided<PublishFacts>('publish-access-key', publication, [
    ['AWSCURRENT cannot be understood', { current: UNREADABLE }],
    ["AWSCURRENT holds somebody else's key", { current: holding(OTHER), stranger }],
    ['somebody has published another key', { current: holding(OTHER), keys: [key(OTHER), key(NEW)] }],
    ['the key was condemned', { publishable: false }],
    ['IAM does not list the key', { keys: [key(OLD)] }],
    ['the key was set Inactive', { keys: [key(OLD), key(NEW, 'Inactive')] }],
    ['AWSCURRENT cannot take the key since its creation', { obstacle: OBSTACLE }],
  ]);

const inUse = { oldKeyUse: used(at(-1, 'h')), newKeyUse: used(undefined) };
const ownReads = { newKeyUse: { ...used(at(-1, 'h')), serviceName: 'secretsmanager' } };
const usedFor = (service: string) => ({ service, region: 'eu-west-1', at: at(-5, 'd').toISOString() });
const late = { publishedAt: at(-7, 'd') };
const goOn = { ...ENROLLED, onAdoptionDeadline: 'go-on' } as const;
const asking = { ...ENROLLED, acknowledgement: { deadline: 'P2D' } };
const validating = { ...ENROLLED, validator: 'arn:aws:lambda:us-east-1:111122223333:function:shop' };

const noticing = { ...ENROLLED, noticeBefore: 'P2D' };

const SATURDAY = at(5, 'd');

const ADOPTIONS = () =>
  decided<AdoptionFacts & { readonly now: Date }>(
    'confirm-adoption',
    ({ now = NOW, ...overrides }) => {
      const facts = adoptionFacts(overrides);
      const decision = decideAdoption(facts, now);
      if (decision.kind === 'roll-back') {
        const reason = sayNoAcknowledgement(decision.why, facts.settings);
        return { kind: decision.kind, reason: sayNotGoingOn(reason) };
      }
      const reason = sayAdoption(decision.why, { ...facts, reason: 'in a public repository', now });
      if (decision.kind === 'go-on') return { kind: 'AdoptionOverruled', reason };
      if (decision.kind === 'notice') return { kind: 'DeactivationAhead', reason };
      const isGone = decision.kind === 'no-old-key' && !facts.course.waitsForConsumers;
      return isGone ? { kind: 'LeakedKeyGone', reason } : { ...decision, reason };
    },
    [
      ['consumers have moved', {}],
      ['people are told ahead', { settings: noticing }],
      [
        'people are told ahead, and the owner wants to go on after the deadline',
        { settings: { ...noticing, onAdoptionDeadline: 'go-on' } },
      ],
      ['what people were told is not over', { settings: noticing, noticedAt: at(-1, 'd') }],
      [
        'people are told ahead, and the old key was used since',
        { settings: noticing, knowsNotice: true, oldKeyUse: used(at(-1, 'h')) },
      ],
      [
        'people are told ahead, and nobody knows whether the old key is in use',
        { settings: noticing, knowsNotice: true, oldKeyUse: undefined, testedAt: undefined },
      ],
      ['the old key was never used', { oldKeyUse: used(undefined) }],
      ['there is no old key', { oldAccessKeyId: null }],
      ['the old key was deleted', { keys: [key(NEW)] }],
      ['the old key was set Inactive', { keys: retired }],
      ['AWSCURRENT was changed', { current: holding(OLD) }],
      ['the user is paused', { paused }],
      ['consumers have not moved', inUse],
      ['the user reads its own secret, and nothing else is seen', ownReads],
      ['the same at the deadline', { ...ownReads, ...late }],
      ['the same at the deadline, and the owner is asked anyway', { ...ownReads, ...late, settings: asking }],
      [
        'the same, and the owner says yes',
        { ...ownReads, ...late, settings: asking, acknowledgement: { kind: 'given' } },
      ],
      [
        'not everything that the old key was used for was seen again',
        { usesSeen: { oldKey: [usedFor('dynamodb')], newKey: [] } },
      ],
      [
        'nothing is known',
        {
          oldKeyUse: undefined,
          newKeyUse: undefined,
          health: judgeHealth([{ name: 'errors', state: 'missing' }]),
        },
      ],
      ['an alarm is on', { health: judgeHealth([{ name: 'errors', state: 'ALARM' }]) }],
      ['the validator is asked', { settings: validating }],
      [
        'the validator says no',
        { settings: validating, verdict: { kind: 'unhealthy', reason: '403 from S3' } },
      ],
      [
        'the validator says nothing',
        { settings: validating, verdict: judgeVerdict({ Error: 'States.Timeout' }) },
      ],
      ['consumers have not moved in time', { ...inUse, ...late }],
      ['consumers have moved, and an alarm is on at the deadline', { ...late, health: UNWELL }],
      [
        'consumers have moved, and the validator says no at the deadline',
        { ...late, settings: validating, verdict: { kind: 'unhealthy', reason: '403 from S3' } },
      ],
      ['nothing is used at the deadline', { ...late, newKeyUse: used(undefined) }],
      [
        'only the test of the new key is seen at the deadline',
        { ...late, testedAt: at(-7, 'd'), newKeyUse: used(at(-7, 'd')) },
      ],
      ['the owner is asked', { settings: asking }],
      [
        'the owner is asked, though consumers have not moved',
        { ...inUse, ...late, settings: { ...asking, ...goOn, acknowledgement: { deadline: 'P2D' } } },
      ],
      [
        'the owner refuses',
        {
          settings: asking,
          acknowledgement: judgeAcknowledgement({ Error: 'NotNow', Cause: 'bob: sale' }),
        },
      ],
      ['the old key is set Inactive all the same', { ...inUse, ...late, settings: goOn }],
      ['the old key has leaked', { ...inUse, course: EMERGENCY }],
      ['the old key has leaked, and is Inactive', { course: EMERGENCY, keys: retired }],
      ['the old key has leaked, and is gone', { course: EMERGENCY, keys: [key(NEW)] }],
      ['the new key was deleted', { keys: [key(OLD)] }],
      ['the new key was set Inactive', { keys: [key(OLD), key(NEW, 'Inactive')] }],
      ['AWSCURRENT was emptied', { current: NO_KEY }],
      ['AWSCURRENT cannot be understood any more', { current: UNREADABLE }],
      [
        'the window is closed',
        { now: SATURDAY, oldKeyUse: used(NOW), newKeyUse: used(at(4, 'd')), publishedAt: NOW },
      ],
      [
        'the window is closed, and consumers have not moved in time',
        { ...inUse, ...late, now: SATURDAY, oldKeyUse: used(SATURDAY), settings: goOn },
      ],
    ],
  );

const deactivation = (overrides: Partial<DeactivationFacts>, now: Date): Decision => {
  const facts = { ...deactivationFacts(overrides), userName: 'alice' };
  return spoken(decideDeactivation(facts, now), (why: DeactivationWhy) => sayDeactivation(why, facts));
};

const DEACTIVATIONS_TOO_LATE = () =>
  texts('deactivate-access-key, when something has come up', [
    ['the window has closed', deactivation({}, SATURDAY).reason],
    ['the user is not enrolled any more', sayNotDeactivated('alice')],
  ]);

const DEACTIVATIONS = () =>
  decided<DeactivationFacts>('deactivate-access-key', (facts) => deactivation(facts, NOW), [
    ['AWSCURRENT was changed', { current: holding(OLD) }],
    ['the new key is Inactive', { keys: [key(OLD), key(NEW, 'Inactive')] }],
    ['the new key is gone', { keys: [key(OLD)] }],
    ['the user is paused', { paused: PAUSED }],
    ['an alarm is on', { health: UNWELL }],
    ['replicas lag', { laggingReplicas: ['eu-west-1', 'us-west-2'] }],
    ['the old key is gone', { keys: [key(NEW)] }],
    ['the old key is Inactive', { keys: retired }],
  ]);

const LEAKS_DEACTIVATED = () => {
  const facts = { ...deactivationFacts({ course: EMERGENCY }), userName: 'alice' };
  const known = { secretId: ENROLLED.secretId, settings: ENROLLED };
  const state = {
    ...known,
    reason: 'in a public repository',
    lastUseOfLeakedKey: describeUse(used(at(-1, 'h'))),
  };
  const contained = { at: NOW.toISOString(), seconds: 1, functions: 2, calls: 12 };
  const as = 'LeakedKeyInactive';
  return mails('deactivate-access-key, in an emergency', [
    [
      'the leaked key is set Inactive',
      as,
      sayLeakedDone(state, facts, { already: undefined, now: NOW, again: false }),
    ],
    [
      'somebody had set it Inactive, and nobody knows who used it',
      as,
      sayLeakedDone(known, facts, { already: { code: 'old-key-not-active' }, now: NOW, again: false }),
    ],
    [
      'somebody has deleted it',
      'LeakedKeyGone',
      sayLeakedDone(state, facts, { already: { code: 'old-key-deleted' }, now: NOW, again: false }),
    ],
    [
      'an outage was accepted, and is over',
      as,
      sayLeakedDone({ ...state, contained }, facts, {
        already: { code: 'old-key-not-active' },
        now: NOW,
        again: true,
      }),
    ],
    [
      'an outage was accepted, and the leaked key had to make room',
      'LeakedKeyGone',
      sayLeakedDone({ ...state, contained }, facts, {
        already: { code: 'old-key-deleted' },
        now: NOW,
        again: true,
      }),
    ],
  ]);
};

const QUARANTINE = 'arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3';
const DEPLOYER = 'arn:aws:iam::111122223333:role/ci/deployer';
const THIEF = '203.0.113.66';
const did = (call: string, overrides: Partial<KeyEvent> = {}): KeyEvent => ({
  ...{ accessKeyId: OLD, at: at(-1, 'h'), region: 'us-east-1', call, address: THIEF },
  ...{ readOnly: false, error: undefined, about: [], obtained: undefined },
  ...overrides,
});
const obtained = (call: string, role?: string, expires?: Date, accessKeyId?: string): KeyEvent =>
  did(call, { readOnly: true, obtained: { accessKeyId, role, expires } });
const answer = (
  region: string,
  events: readonly KeyEvent[] = [],
  extent: RegionAnswer['extent'] = { kind: 'whole' },
): RegionAnswer => ({ region, events, extent });

const traced = (overrides: Partial<TraceFacts>, againAt?: Date): Said =>
  sayTraced(
    traceOf({
      ...{ looks: 1, accessKeyIds: [OLD], from: at(-7, 'd'), until: NOW, listed: true },
      ...{ answers: [answer('us-east-1')], quarantine: { kind: 'not-attached', policies: [] } },
      ...overrides,
    }),
    { userName: 'alice', account: '111122223333', containedAt: at(-1, 'm'), againAt },
  );

const TRACES = () =>
  mails(
    'trace-leaked-key',
    (
      [
        ['nothing is shown so far', traced({}, at(20, 'm'))],
        [
          'nothing is shown, and AWS has restricted the user',
          traced({ quarantine: { kind: 'attached', policies: [QUARANTINE] } }, at(20, 'm')),
        ],
        [
          'a thief was there, and AWS has restricted the user',
          traced(
            {
              answers: [
                answer('us-east-1', [
                  did('sts:GetCallerIdentity', { readOnly: true }),
                  obtained('sts:AssumeRole', DEPLOYER, at(11, 'h'), 'ASIASESSIONSESSION02'),
                  obtained('sts:GetSessionToken', undefined, undefined, 'ASIASESSIONSESSION01'),
                  did('iam:CreateUser', { about: ['support-2'] }),
                  did('iam:CreateLoginProfile', { about: ['support-2'], error: 'AccessDenied' }),
                ]),
                answer('eu-west-1', [
                  did('ec2:RunInstances', { region: 'eu-west-1', about: ['i-0123456789abcdef0'] }),
                ]),
              ],
              quarantine: {
                kind: 'attached',
                policies: [QUARANTINE],
              },
            },
            at(20, 'm'),
          ),
        ],
        [
          'a thief was everywhere',
          traced({
            answers: [
              answer('us-east-1', [
                ...Array.from({ length: 7 }, (_none, number) =>
                  did('iam:CreateUser', { about: [`support-${number}`], address: `203.0.113.${number}` }),
                ),
                ...Array.from({ length: 7 }, (_none, number) =>
                  obtained('sts:AssumeRole', `arn:aws:iam::444455556666:role/other-${number}`),
                ),
              ]),
            ],
          }),
        ],
        [
          'the sessions of two leaked keys have expired',
          traced({
            accessKeyIds: [OLD, OTHER],
            answers: [answer('us-east-1', [obtained('sts:GetSessionToken', undefined, at(-1, 'm'))])],
          }),
        ],
        [
          'only reads are shown',
          traced({ answers: [answer('us-east-1', [did('s3:ListBuckets', { readOnly: true })])] }),
        ],
        [
          'nobody knows of most Regions',
          traced({
            ...{ listed: false, quarantine: { kind: 'unknown', policies: [] } },
            answers: [
              answer('us-east-1', [did('s3:ListBuckets', { readOnly: true })], {
                kind: 'cut',
                back: at(-2, 'h'),
              }),
              answer('eu-west-1', [], { kind: 'unanswered', why: 'denied' }),
              answer('eu-central-1', [], { kind: 'unanswered', why: 'throttled' }),
              answer('ap-south-1', [], { kind: 'unanswered', why: 'not-answered' }),
            ],
          }),
        ],
      ] as const
    ).map(([when, said]) => [when, 'LeakedKeyTraced', said] as const),
  );

const forbidden = judgeHealth([
  { name: 'errors', state: 'unreadable', problem: 'AccessDenied', lasting: true },
]);
const overdue = { deactivatedAt: at(-14, 'd') };
const noVerdict = judgeVerdict({ Error: 'States.Timeout' });

const health = (overrides: Partial<HealthFacts>): Decision => {
  const facts = { ...healthFacts(overrides), userName: 'alice' };
  const decision = decideHealth(facts, NOW);
  const reason = sayHealth(decision.why, facts);
  if (decision.kind === 'roll-back') return { kind: decision.kind, reason };
  return decision.kind === 'check-again' && decision.mend.length > 0
    ? { kind: 'NoVerdict', reason: sayNoVerdict(facts) }
    : { ...decision, reason };
};

const HEALTH = () =>
  decided<HealthFacts>('confirm-health', health, [
    ['all is well', {}],
    [
      'all is well, and the validator says so',
      { settings: validating, verdict: { kind: 'healthy', reason: 'all 3 pods' } },
    ],
    ['all is well at the end', overdue],
    ['the alarms are silent', { health: SILENT }],
    ['neither alarms nor validator speak', { health: SILENT, settings: validating, verdict: noVerdict }],
    ['the alarms are silent at the end', { ...overdue, health: SILENT }],
    ['the validator is asked', { settings: validating }],
    ['the validator is silent at the end', { ...overdue, settings: validating, verdict: noVerdict }],
    [
      'the validator says no',
      { settings: validating, verdict: { kind: 'unhealthy', reason: '403 from S3' } },
    ],
    ['an alarm is on', { health: UNWELL }],
    ['an alarm is on in an emergency', { health: UNWELL, course: EMERGENCY }],
    ['AWSCURRENT was changed', { current: holding(OLD) }],
    ['AWSCURRENT cannot be understood any more', { current: UNREADABLE }],
    ['the new key was deleted', { keys: [key(OLD, 'Inactive')] }],
    ['the old key was set Active', { keys: both }],
    ['the leaked key was set Active', { keys: both, course: EMERGENCY }],
    ['the old key is gone', { keys: [key(NEW)] }],
    ['the alarms may not be read', { health: forbidden }],
    ['the alarms may not be read, and the user is paused', { health: forbidden, paused }],
    ['the alarms may not be read, in an emergency', { health: forbidden, course: EMERGENCY }],
    [
      'an alarm is on long after the end of an emergency',
      { deactivatedAt: at(-16, 'd'), health: UNWELL, course: EMERGENCY },
    ],
    ['AWSCURRENT was changed in an emergency', { current: holding(OTHER), course: EMERGENCY }],
    ['the alarms may not be read at the end', { ...overdue, health: forbidden }],
    ['the alarms may not be read long after the end', { deactivatedAt: at(-16, 'd'), health: forbidden }],
    ['the user is paused', { paused }],
    ['the user is paused, and the old key is gone', { paused, keys: [key(NEW)] }],
  ]);

const watched = (deactivatedAt: Date, course?: Course): Said => {
  const facts = { ...healthFacts({ deactivatedAt, ...(course && { course }) }), userName: 'alice' };
  return sayUnwatched(watchUnenrolled(facts, NOW).why, facts);
};

const adopting = (publishedAt: Date): Said => {
  const facts = {
    ...{ userName: 'alice', pausedAt: undefined, noticedAt: undefined },
    ...{ checks: 0, settings: ENROLLED, publishedAt },
  };
  return sayUnadopted(adoptUnenrolled(facts, NOW).why, facts);
};

const UNENROLLED = () =>
  mails('The user is not enrolled any more', [
    ['both keys are Active', 'wait-for-consumers', adopting(NOW)],
    ['the deadline is over', 'UserNotEnrolled', adopting(at(-7, 'd'))],
    ['the old key is Inactive', 'NoVerdict', watched(NOW)],
    ['the leaked key is Inactive', 'NoVerdict', watched(NOW, EMERGENCY)],
    ['the recovery period is long over', 'UserNotEnrolled', watched(at(-16, 'd'))],
    ['the old key was about to be deleted', 'look-again', sayNotDeleted('alice')],
  ]);

const once = { wentOffAt: [at(-1, 'h')], unclearAt: [] };
const watch = { since: at(-1, 'd'), habitUntil: at(-1, 'd'), now: NOW };

const told = (when: string, found: Health): Message =>
  messageOf(when, { kind: found.kind, reason: describeHealth(found) });

const ALARMS = (): Section => ({
  title: 'What the alarms say',
  messages: [
    told('no alarm is configured', judgeHealth([])),
    told('they are OK', judgeHealth([{ name: 'errors', state: 'OK' }])),
    told(
      'one is on, and others have recovered',
      judgeHealth(
        [
          { name: 'errors', state: 'ALARM', history: once },
          { name: 'latency', state: 'OK', history: once },
          { name: 'queue', state: 'OK', history: { ...once, wentOffAt: [at(-2, 'h'), at(-1, 'h')] } },
        ],
        watch,
      ),
    ),
    told(
      'some say nothing',
      judgeHealth(
        [
          { name: 'errors', state: 'missing' },
          { name: 'latency', state: 'unreadable', problem: 'AccessDenied', lasting: true },
          { name: 'queue', state: 'INSUFFICIENT_DATA', history: once },
          { name: 'orders', state: 'OK', history: { wentOffAt: [], unclearAt: [NOW] } },
        ],
        { ...watch, since: at(-1, 'm'), habitUntil: at(-1, 'm') },
      ),
    ),
  ],
});

const LEFT = { secretId: ENROLLED.secretId, versionId: 'what-its-owner-has-written' } as const;
const UNWELL_AGAIN: Rollback = { error: 'ConsumersUnhealthy', reason: 'health alarms are in ALARM: errors' };
const BY_HAND: Rollback = { error: null, reason: 'a person asked for it (orders fail)' };

type Rolled = readonly [
  when: string,
  facts: Partial<RollbackFacts & { readonly reactivated: boolean; readonly settings: typeof ENROLLED }>,
  current?: CurrentAfterRollback | undefined,
  why?: Rollback,
];

const explained = ([when, facts, current = { kind: 'kept' }, why = UNWELL_AGAIN]: Rolled) =>
  [
    when,
    why.error ?? 'RolledBackByHand',
    explainRollback(
      { ...rollbackFacts({ keys: both }), reactivated: true, settings: ENROLLED, ...facts },
      why,
      current,
    ),
  ] as const;

const ROLLED: readonly Rolled[] = [
  ['the old key is brought back', {}],
  [
    'the old key is brought back, and there are alarms',
    { settings: { ...ENROLLED, healthAlarms: ['errors', "orders' latency"] } },
  ],
  ['the old key is brought back, and the secret was edited', { current: UNREADABLE }],
  [
    'a person has asked for it, and the new key is Inactive',
    { keys: [key(OLD), key(NEW, 'Inactive')] },
    { kind: 'restored', accessKeyId: OLD },
    { error: null, reason: 'a person asked for it' },
  ],
  ['AWSCURRENT goes back, too', {}, { kind: 'restored', accessKeyId: OLD }],
  ...(
    [
      ['cannot be understood', UNREADABLE],
      ['holds no key', { kind: 'no-key' }],
      ['could not be right with the key', { kind: 'obstacle', obstacle: OBSTACLE }],
      ['could not be stored with it', { kind: 'not-stored' }],
    ] satisfies [string, LeftVersion['why']][]
  ).map(
    ([what, why]): Rolled => [
      `AWSCURRENT goes back without what ${what}`,
      {},
      { kind: 'restored', accessKeyId: OLD, left: { ...LEFT, why } },
    ],
  ),
  [
    'AWSCURRENT went back in an earlier attempt, without what cannot be understood',
    {},
    { kind: 'kept', left: { ...LEFT, why: UNREADABLE } },
  ],
  ['no version holds a key that works', {}, { kind: 'no-version' }],
  ["AWSCURRENT holds somebody else's key", {}, { kind: 'strange', stranger }],
  ['the old key is gone', { keys: [key(NEW)], reactivated: false }],
  [
    'the old key was Inactive before',
    { keys: retired, inactiveAccessKeyIdsBefore: [OLD], reactivated: false },
  ],
  ['somebody else has set the old key Inactive', { keys: retired, reactivated: false }],
  [
    'somebody has changed the new key',
    { keys: [key(OLD), key(NEW, 'Inactive')] },
    { kind: 'restored', accessKeyId: OLD },
    {
      error: 'StateDrift',
      reason: `somebody has set the new key ${NEW} Inactive, while the old key was Inactive`,
    },
  ],
  [
    'the owner has refused',
    { reactivated: false },
    undefined,
    { error: 'NotAcknowledged', reason: 'the deactivation was refused (NotNow: bob: sale)' },
  ],
  ['a person has asked for it', {}, undefined, BY_HAND],
];

const ROLLBACKS = () =>
  mails('reactivate-access-key', [
    ...ROLLED.map(explained),
    [
      'it does not get through',
      'TransientServiceError',
      explainFailedRollback(
        {
          userName: 'alice',
          rotation: ROTATION,
          rollback: { error: 'StateDrift', reason: 'somebody was here' },
        },
        'AWS did not answer.',
      ),
    ],
    [
      'it does not get through, and there is no old key',
      'TransientServiceError',
      explainFailedRollback(
        { userName: 'alice', rotation: { oldAccessKeyId: null }, rollback: BY_HAND },
        'AWS did not answer.',
      ),
    ],
  ]);

const deletion = (overrides: Partial<DeletionFacts>): Decision => {
  const facts = { ...deletionFacts(overrides), userName: 'alice' };
  return spoken(decideDeletion(facts, NOW), (why: DeletionWhy) => sayDeletion(why, facts));
};

const DELETIONS = () =>
  decided<DeletionFacts>('delete-access-key', deletion, [
    ['AWSCURRENT was changed', { current: holding(OLD) }],
    ['another leaked key is left', { leakedAccessKeyIds: [OLD, OTHER], keys: [key(OTHER), key(NEW)] }],
    ['the user is paused', { paused: PAUSED }],
    ['there was no old key', { oldAccessKeyId: null, keys: [key(NEW)] }],
    ['the old key is gone', { keys: [key(NEW)] }],
    ['the old key is Active', { keys: both }],
    ['the leaked key is Active', { keys: both, leakedAccessKeyIds: [OLD] }],
    [
      'another leaked key is left, and is Inactive',
      { leakedAccessKeyIds: [OLD, OTHER], keys: [key(OTHER, 'Inactive'), key(NEW)] },
    ],
    ['nobody knows since when the old key is Inactive', { deactivatedAt: undefined }],
    ['the recovery period is not over', { deactivatedAt: at(-1, 'd') }],
    ['the recovery period is not quite over', { deactivatedAt: at(-14 * 86_400 + 7, 's') }],
    ['an alarm is on', { health: UNWELL }],
    ['the alarms are silent', { health: SILENT }],
    [
      'the user is paused, and there was no old key',
      { paused, oldAccessKeyId: null, deactivatedAt: undefined },
    ],
    ['replicas lag', { laggingReplicas: ['eu-west-1'] }],
  ]);

const NAMES = { accessKeyId: 'user', secretAccessKey: 'password' };
const SMTP_PASSWORD = Buffer.from([4, ...Array<number>(32).fill(0)]).toString('base64');
const problemOf = (document: string | undefined): string => {
  const found = withoutMaterial(
    parseSecretDocument(document, { document: 'credential-process', fieldNames: NAMES }),
  );
  return found.kind === 'unreadable' ? describeProblem(found.problem) : found.kind;
};
const withKey = (fields: object) =>
  JSON.stringify({ AccessKeyId: NEW, SecretAccessKey: 'not-a-real-secret', ...fields });

const DOCUMENTS = () =>
  texts('Why the document of a secret cannot be understood', [
    ['binary', problemOf(undefined)],
    ['text', problemOf('hello')],
    ['a list', problemOf('[]')],
    ['a tombstone', problemOf(`{"kind":"tombstone","accessKeyId":"${NEW}"}`)],
    ['a field twice', problemOf('{"host":"a","host":"b"}')],
    ['a key ID that is none', problemOf(withKey({ AccessKeyId: 'x' }))],
    ['half a key', problemOf(`{"AccessKeyId":"${NEW}"}`)],
    ['a secret that is none', problemOf(withKey({ SecretAccessKey: 'short' }))],
    ['a password of SES', problemOf(withKey({ SecretAccessKey: SMTP_PASSWORD }))],
    ['a copy that differs', problemOf(withKey({ user: OLD }))],
  ]);

const MATERIAL = {
  accessKeyId: OTHER,
  secretAccessKey: 'not-a-real-secret',
  userName: 'alice',
  createDate: NOW,
};
const SMTP_FIELDS: SesSmtp = { regions: ['eu-west-1'], userField: 'user', passwordField: 'password' };
const toldOf = (found: string | Obstacle | undefined): string | Said =>
  typeof found === 'object' ? explainObstacle(found, ENROLLED.secretId) : 'none';
const obstacleOf = (fields: object, material?: typeof MATERIAL, sesSmtp?: SesSmtp): string | Said => {
  const base = {
    text: withKey(fields),
    settings: { document: 'credential-process', sesSmtp },
    keys: [key(OLD)],
  } as const;
  return toldOf(documentWith(base, material));
};

const OBSTACLES = () =>
  texts('Why the document of a secret cannot take another key', [
    ['a session token', obstacleOf({ SessionToken: 'not-a-real-token', Expiration: '2026-03-02T10:00:00Z' })],
    ['a connection URL', obstacleOf({ urls: [`s3://${NEW}:not-a-real-secret@bucket`] })],
    ['a name', obstacleOf({ keys: { [NEW]: 'active' } })],
    ['another key of the user', obstacleOf({ former: OLD })],
    ['a password of SES', obstacleOf({ smtp: { user: NEW, password: SMTP_PASSWORD } })],
    [
      'the password of another key, where that of this key belongs',
      obstacleOf({ user: NEW, password: SMTP_PASSWORD }, undefined, SMTP_FIELDS),
    ],
    [
      'a field twice below the root',
      toldOf(
        obstacleIn({
          text: '{"db":{"host":"a","host":"b"}}',
          settings: { document: 'credential-process' },
          keys: [],
        }),
      ),
    ],
    [
      'the login of a key that the user does not have',
      toldOf(
        obstacleIn({
          text: JSON.stringify({ user: OTHER, password: SMTP_PASSWORD }),
          settings: { document: 'named-fields', sesSmtp: SMTP_FIELDS },
          keys: [],
        }),
      ),
    ],
    ['too large', obstacleOf({ note: 'x'.repeat(65_536) })],
    ['it cannot be understood', obstacleOf({ AccessKeyId: 'x' })],
    ['the key is of a form that nobody knows', obstacleOf({}, { ...MATERIAL, secretAccessKey: 'x' })],
  ]);

const answered = (when: string, found: unknown): Message => {
  const acknowledgement = judgeAcknowledgement(found);
  return messageOf(when, {
    kind: acknowledgement.kind,
    reason:
      acknowledgement.kind === 'given'
        ? ''
        : sayNoAcknowledgement(acknowledgement.why, { acknowledgement: { deadline: 'P2D' } }),
  });
};

const judged = (when: string, found: unknown): Message => {
  const verdict = judgeVerdict(found);
  return messageOf(when, { kind: verdict.kind, reason: describeVerdict(verdict) });
};

const ANSWERS = (): Section => ({
  title: 'What the owner says',
  messages: [
    answered('nobody acknowledges', { Error: 'States.Timeout' }),
    answered('nobody can be asked', { Error: 'EventBridge.Throttling' }),
    answered('refused without words', {}),
    judged('the validator gives no reason', { answer: { healthy: true } }),
    judged('the reason is no text', { answer: { healthy: false, reason: 7 } }),
    judged('the answer is no verdict', { answer: 'yes' }),
  ],
});

const unattributed = (...keys: Parameters<typeof overdueAt>[0]): Said =>
  explainUnattributed('alice', keys, overdueAt(keys, NOW));

const OTHERS = () =>
  texts('Elsewhere', [
    [
      'CloudTrail does not show yet who created two keys',
      unattributed(key(NEW, 'Active', at(-2, 'm')), key(OTHER, 'Active', NOW)),
    ],
    [
      'CloudTrail does not show after two hours who created one of two keys',
      unattributed(key(NEW, 'Active', at(-2, 'h')), key(OTHER, 'Active', at(-59, 'm'))),
    ],
    ['CloudTrail has forgotten who created a key', explainForgotten('alice', key(NEW))],
    ['a key that was published is left', explainPublished('alice', key(NEW, 'Inactive'))],
    ['a period is none', thrown(() => milliseconds('3 days'))],
    ['a window never opens', thrown(() => nextOpening(NOW, { days: [], from: '09:00', to: '10:00' }, 'UTC'))],
  ]);

/** The messages of all decisions, step by step. */
export const tellDecisions = (): readonly Section[] =>
  [
    PLANS,
    ROLLBACK_PLANS,
    EMERGENCY_PLANS,
    PREVIEWS,
    STOPS,
    LOCKS,
    CREATIONS,
    CONTAINMENTS,
    TESTS,
    PUBLICATIONS,
    ADOPTIONS,
    DEACTIVATIONS,
    DEACTIVATIONS_TOO_LATE,
    LEAKS_DEACTIVATED,
    TRACES,
    HEALTH,
    UNENROLLED,
    ALARMS,
    ROLLBACKS,
    DELETIONS,
    DOCUMENTS,
    OBSTACLES,
    ANSWERS,
    OTHERS,
  ].map((section) => section());
