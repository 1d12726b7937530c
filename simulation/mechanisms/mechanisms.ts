import type { StepName } from '../../lambdas/shared/contract/steps';
import type { InvariantNumber } from '../schedule/invariants';
import type {
  Act,
  NamedFault,
  NamedSchedule,
  Position,
  ShapeName,
  WorldSettings,
} from '../schedule/schedule';

/** A piece of a source file, and its replacement. The piece must occur exactly once. */
export interface Patch {
  /** From the repository's root. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** The piece occurs more than once, and each occurrence is replaced. */
  readonly all?: true;
}

/** Something that keeps a rotation safe, how to switch it off, and what happens then. */
export interface Mechanism {
  readonly name: string;
  /** What it is, in a sentence. */
  readonly is: string;
  readonly patches: readonly Patch[];
  /**
   * Other mechanisms that protect from the same: something goes wrong only without all of them. In the
   * schedule of the proof, any one of them is enough.
   */
  readonly doubledBy?: readonly string[];
  readonly proof: Proof;
}

type Proof =
  /** A schedule that shows its absence, and the invariant that is violated. */
  | { readonly schedule: NamedSchedule; readonly violates: InvariantNumber }
  /** The schedule that comes closest, and why nothing goes wrong in it. */
  | { readonly schedule: NamedSchedule; readonly harmless: string };

/** A schedule of seed 1. */
const when = (shape: ShapeName, faults: readonly NamedFault[], world?: WorldSettings): NamedSchedule => ({
  shape,
  seed: 1,
  faults,
  ...(world && { world }),
});

/** A call of a step's function, the first of its kind by default. */
const callOf = (by: StepName, call: Position['call'], nth = 1): Position => ({ call, by, nth });

/** The nth question to AWS whether it accepts a key. */
const question = (nth: number): Position => ({ call: 'sts:GetCallerIdentity', nth });

/** The first call of an execution's first step. */
const beginning = (execution: number): Position => callOf('plan-rotation', 'iam:GetUser', execution);

const person = (at: Position, act: Act): NamedFault => ({ at, kind: 'person', act, when: 'before' });
const secondStart = (at: Position): NamedFault => ({ at, kind: 'second-start', trigger: 'manual', times: 1 });

/**
 * AWS accepts the new key so late that its test runs out of time before five answers in a row are good. Of
 * two tests at the same time, the first then condemns the key, when its last question is refused, and the
 * second finds it usable.
 */
const SLOW_KEY: WorldSettings = { keyPropagationSeconds: 80 };

/** Reads of Secrets Manager are up to two seconds old, each on its own. */
const LATE_READS: WorldSettings = { secretsLagSeconds: 2 };

/**
 * A function that tests the key goes on unobserved, and condemns it when its successor is about to publish
 * it.
 */
const DISAGREEING_TESTS: readonly NamedFault[] = [
  { at: question(19), kind: 'unobserved' },
  { at: question(43), kind: 'key-refused' },
];

const CREATION = callOf('create-access-key', 'iam:CreateAccessKey');

/** The first version holds the intent. */
const STORING = callOf('create-access-key', 'secretsmanager:PutSecretValue', 2);

/** The calls of a function that condemns a key that it has tested. */
const CONDEMNATION = callOf('test-access-key', 'secretsmanager:UpdateSecretVersionStage');
const DISCARD = callOf('test-access-key', 'iam:DeleteAccessKey');

const ASL = 'state-machine/access-key-rotation.asl.json';
const CREATE = 'lambdas/create-access-key';
const DELETE = 'lambdas/delete-access-key/handler.ts';
const SHARED = 'lambdas/shared';

/** Every safety mechanism of the rotation. */
export const MECHANISMS: readonly Mechanism[] = [
  {
    name: 'lock-check',
    is: 'every step that changes something first checks that it holds the lock',
    patches: [
      {
        file: `${SHARED}/findings/situation.ts`,
        from: "if (pending === intentVersionId(owner)) return 'ours';",
        to: "if (pending === intentVersionId(owner) || now) return 'ours';",
      },
    ],
    proof: {
      schedule: when('ordinary', [person(question(3), 'remove-lock'), secondStart(question(5))]),
      violates: 7,
    },
  },
  {
    name: 'compare-and-set',
    is: 'the lock is taken from the version on which it was seen, not from wherever it is now',
    patches: [
      {
        file: `${CREATE}/lock.ts`,
        from: '{ from: decision.from, to: versionId }',
        to: '{ from: (await secrets.describe(secretId))?.versionByLabel.get(LABELS.pending), to: versionId }',
      },
    ],
    proof: {
      schedule: when('ordinary', [
        secondStart(callOf('plan-rotation', 'states:GetExecutionHistory')),
        { at: CREATION, kind: 'paused', seconds: 3 },
      ]),
      violates: 7,
    },
  },
  {
    name: 'wait-before-takeover',
    is: 'a lock is taken over only after every request of its holder has had time to end',
    patches: [
      {
        file: 'lambdas/create-access-key/decide.ts',
        from: 'if (restsAt === undefined || now < restsAt)',
        to: 'if (restsAt === null)',
      },
    ],
    proof: {
      schedule: when('first-key', [
        { at: callOf('create-access-key', 'iam:ListAccessKeys'), kind: 'stopped', when: 'before' },
        secondStart(callOf('create-access-key', 'secretsmanager:GetSecretValue')),
        { at: CREATION, kind: 'late', seconds: 60 },
      ]),
      violates: 7,
    },
  },
  {
    name: 'rest-is-proved',
    is: 'before that time has passed, a lock is taken over only if the history of its holder shows that none of its functions can be at work',
    patches: [
      {
        file: `${SHARED}/findings/rest.ts`,
        from: 'return [later(event.type === STARTED ? event.at : next.at, DRAIN_SECONDS)];',
        to: 'return [];',
      },
    ],
    proof: {
      schedule: when('first-key', [
        // Tried again three minutes later, so that the answers before are old.
        { at: callOf('create-access-key', 'states:GetExecutionHistory'), kind: 'dies', when: 'before' },
        { at: callOf('create-access-key', 'iam:ListAccessKeys'), kind: 'stopped', when: 'before' },
        secondStart(callOf('create-access-key', 'secretsmanager:GetSecretValue')),
        { at: CREATION, kind: 'late', seconds: 60 },
      ]),
      violates: 7,
    },
  },
  {
    name: 'running-holder',
    is: 'a lock is never taken from an execution that is running',
    patches: [
      {
        file: 'lambdas/plan-rotation/decide.ts',
        from: "if (holder?.execution.kind === 'running' && !interrupts) {",
        to: 'if (holder?.execution === null && !interrupts) {',
      },
      {
        file: 'lambdas/create-access-key/decide.ts',
        from: "if (execution.kind === 'running') {",
        to: 'if (execution === null) {',
      },
      {
        file: `${CREATE}/lock.ts`,
        from: "case 'running':\n      return undefined;",
        to: "case 'running':\n      return new Date(0);",
      },
      {
        file: 'lambdas/plan-rotation/handler.ts',
        from: 'status: plan.kind,\n    outcome',
        to: "status: 'due',\n    outcome",
      },
    ],
    proof: {
      schedule: when('ordinary', [
        secondStart(callOf('deactivate-access-key', 'secretsmanager:DescribeSecret')),
        { at: beginning(2), kind: 'paused', seconds: 20 },
      ]),
      violates: 7,
    },
  },
  {
    name: 'planned-predecessor',
    is: 'a lock is taken over only from the holder that the plan knew, and whose memory it took over',
    patches: [
      {
        file: 'lambdas/create-access-key/decide.ts',
        from: 'return plan.predecessorVersionId === lock.versionId',
        to: 'return plan.predecessorVersionId !== undefined',
      },
    ],
    proof: {
      schedule: when('ordinary', [
        secondStart(beginning(1)),
        {
          at: callOf('create-access-key', 'secretsmanager:GetSecretValue', 2),
          kind: 'stopped',
          when: 'after',
        },
      ]),
      violates: 4,
    },
  },
  {
    name: 'inherited-intent',
    is: 'a successor takes over what its predecessor remembered, the old key and the keys before',
    patches: [
      {
        file: 'lambdas/plan-rotation/decide.ts',
        from: "return carryOn(inherited, { code: 'unfinished'",
        to: `return carryOn({ rootRotationId: facts.owner, oldAccessKeyId: facts.current?.kind === 'access-key' ? facts.current.accessKeyId : null, currentAccessKeyIdBefore: facts.current?.kind === 'access-key' ? facts.current.accessKeyId : null, accessKeyIdsBefore: keys.map((key) => key.accessKeyId), startedAt: facts.startTime, leakedAccessKeyIds: [] }, { code: 'unfinished'`,
      },
    ],
    proof: { schedule: when('resumed', []), violates: 8 },
  },
  {
    name: 'orphan-sweep',
    is: 'a key that CloudTrail proves to be the rotation’s is deleted if nothing else knows it',
    patches: [
      {
        file: `${SHARED}/findings/attribution.ts`,
        from: "return facts.creator.arn === facts.createRoleArn ? 'ours' : 'not-ours';",
        to: "return 'not-ours';",
      },
    ],
    proof: { schedule: when('ordinary', [{ at: CREATION, kind: 'dies', when: 'after' }]), violates: 4 },
  },
  {
    name: 'proof-of-creation',
    is: 'a key that nothing explains is deleted only when CloudTrail proves that the rotation created it',
    patches: [
      {
        file: `${SHARED}/findings/attribution.ts`,
        from: "if (key.createDate.getTime() < earliest) return 'not-ours';",
        to: "if (key.createDate.getTime() >= earliest) return 'ours';",
      },
    ],
    proof: {
      schedule: when('first-key', [
        person(callOf('create-access-key', 'iam:ListAccessKeys'), 'create-key'),
        { at: callOf('create-access-key', 'secretsmanager:GetSecretValue'), kind: 'fails', as: 'connection' },
      ]),
      violates: 6,
    },
  },
  {
    name: 'single-attempt',
    is: 'CreateAccessKey is sent once: a repeated one would make a second key',
    patches: [
      {
        file: `${SHARED}/gateways/iam-gateway.ts`,
        from: 'new IAMClient({ ...config, maxAttempts: 1 })',
        to: 'new IAMClient({ ...config, maxAttempts: 3 })',
      },
    ],
    proof: {
      schedule: when('first-key', [{ at: CREATION, kind: 'answer-lost', as: 'connection' }]),
      harmless:
        'the sweep before the release asks who created every key, so it finds the second one too; until then no one ' +
        'knows its secret. A single attempt makes sure that the rotation has at most one such key at a time, and ' +
        'removes it before it goes on.',
    },
  },
  {
    name: 'test-before-publish',
    is: 'a key is published only after AWS has accepted it',
    patches: [
      {
        file: 'lambdas/test-access-key/handler.ts',
        from: 'const verdict = await test(gateways, stored.key, state.userId);',
        to: "const verdict = { kind: 'usable' } as Awaited<ReturnType<typeof test>>;",
      },
    ],
    proof: { schedule: when('ordinary', [], { keyPropagationSeconds: 60 }), violates: 1 },
  },
  {
    name: 'read-before-deactivation',
    is: 'right before the old key is deactivated, the keys and AWSCURRENT are read again',
    patches: [
      {
        file: 'lambdas/deactivate-access-key/handler.ts',
        from: "if (decision.kind === 'refuse') {",
        to: "if (decision.kind === 'refuse' && !state) {",
      },
    ],
    proof: {
      schedule: when('ordinary', [
        person(callOf('deactivate-access-key', 'secretsmanager:DescribeSecret'), 'put-old-key-back'),
      ]),
      violates: 1,
    },
  },
  {
    name: 'read-before-deletion',
    is: 'right before the old key is deleted, the keys and AWSCURRENT are read again',
    patches: [
      {
        file: DELETE,
        from: "if (decision.kind === 'refuse') {\n      throw RotationError.of({ ...decision, reason: say(decision.why, facts) });\n    }",
        to: "if (decision.kind === 'refuse') await gateways.iam.deleteAccessKey(userName, state.rotation.oldAccessKeyId ?? '');",
      },
    ],
    proof: {
      schedule: when('ordinary', [
        person(callOf('delete-access-key', 'secretsmanager:DescribeSecret'), 'reactivate-old-key'),
      ]),
      violates: 3,
    },
  },
  {
    name: 'recovery-period',
    is: 'the old key is Inactive for the whole recovery period before it is deleted',
    patches: [
      {
        file: 'lambdas/confirm-health/decide.ts',
        from: 'if (now < recoveredAt) return',
        to: 'if (now < facts.deactivatedAt) return',
      },
      {
        file: 'lambdas/delete-access-key/decide.ts',
        from: 'if (now >= recoveredAt) return',
        to: 'if (now >= looks.deactivatedAt) return',
      },
    ],
    proof: { schedule: when('ordinary', []), violates: 3 },
  },
  {
    name: 'overlap-period',
    is: 'both keys stay Active for the overlap period',
    patches: [
      {
        file: `${SHARED}/rotation/course.ts`,
        from: 'after(publishedAt, overlapPeriod)',
        to: "after(publishedAt, overlapPeriod && 'PT0S')",
      },
      {
        file: 'lambdas/confirm-adoption/decide.ts',
        from: 'if (over <= now) return undefined;',
        to: 'if (over <= now || now) return undefined;',
      },
    ],
    proof: { schedule: when('ordinary', []), violates: 2 },
  },
  {
    name: 'adoption',
    is: 'the old key is deactivated only when it has been quiet',
    patches: [
      {
        file: 'lambdas/confirm-adoption/decide.ts',
        from: 'if (quietAt > now) {',
        to: 'if (quietAt > now && !now) {',
      },
    ],
    proof: { schedule: when('ordinary', []), violates: 2 },
  },
  {
    name: 'release',
    is: 'the lock is released when the rotation is complete',
    patches: [
      {
        file: DELETE,
        from: 'await secrets.moveLabel(state.secretId, LABELS.pending, { from: intentVersionId(owner) });',
        to: '',
      },
    ],
    proof: { schedule: when('ordinary', []), violates: 8 },
  },
  {
    name: 'tombstone',
    is: 'before an orphan is deleted, a tombstone makes a late store of it fail',
    patches: [
      {
        file: `${SHARED}/recovery/discard.ts`,
        from: 'await secrets.put(key.secretId, {',
        to: 'void ({',
      },
    ],
    doubledBy: ['retry-spacing'],
    proof: {
      schedule: when(
        'ordinary',
        [
          { at: STORING, kind: 'late-after-death', seconds: 3 },
          { at: callOf('create-access-key', 'iam:DeleteAccessKey'), kind: 'late-after-death', seconds: 60 },
        ],
        { cloudTrailSeconds: 0 },
      ),
      violates: 1,
    },
  },
  {
    name: 'condemn-before-delete',
    is: 'a key’s label is removed before the key is deleted, so that no execution publishes it',
    patches: [
      {
        file: `${SHARED}/recovery/discard.ts`,
        from: 'const labels = await condemn(secrets, key);',
        to: 'void condemn;\n  const labels = (await secrets.describe(key.secretId))?.versionByLabel ?? new Map<string, string>();',
      },
    ],
    doubledBy: ['retry-spacing'],
    proof: {
      schedule: when(
        'ordinary',
        [
          { at: question(31), kind: 'key-refused' },
          { at: DISCARD, kind: 'late-after-death', seconds: 60 },
        ],
        SLOW_KEY,
      ),
      violates: 1,
    },
  },
  {
    name: 'label-to-publish',
    is: 'a key without its label is not published',
    patches: [
      {
        file: 'lambdas/publish-access-key/decide.ts',
        from: 'if (!facts.publishable) {',
        to: 'if (!facts) {',
      },
      {
        file: 'lambdas/publish-access-key/handler.ts',
        from: 'keyVersion = secret.versionByLabel.get(label);',
        to: 'keyVersion = label && keyVersionId(rotation.rootRotationId, newAccessKeyId);',
      },
      {
        file: 'lambdas/publish-access-key/handler.ts',
        from: 'keyLabel, mergedVersionId,',
        to: 'keyLabel, keyVersionId, mergedVersionId,',
      },
    ],
    doubledBy: ['retry-spacing'],
    proof: {
      schedule: when(
        'ordinary',
        [...DISAGREEING_TESTS, { at: DISCARD, kind: 'paused', seconds: 20 }],
        SLOW_KEY,
      ),
      violates: 1,
    },
  },
  {
    name: 'mark-of-publication',
    is: 'a key is marked before AWSCURRENT moves to it, and nothing deletes a marked key',
    patches: [
      {
        file: 'lambdas/publish-access-key/decide.ts',
        from: "return { kind: facts.marked ? 'publish' : 'mark' };",
        to: "return { kind: 'publish' };",
      },
    ],
    doubledBy: ['retry-spacing'],
    proof: {
      schedule: when(
        'ordinary',
        [...DISAGREEING_TESTS, { at: CONDEMNATION, kind: 'paused', seconds: 10 }],
        SLOW_KEY,
      ),
      violates: 1,
    },
  },
  {
    name: 'mark-at-takeover',
    is: 'the execution that takes the lock marks a key of the rotation that a person has put into AWSCURRENT',
    patches: [
      {
        file: `${CREATE}/recovery.ts`,
        from: 'if (own !== undefined && !own.published) {',
        to: 'if (own === undefined && current === undefined) {',
      },
    ],
    proof: {
      schedule: when('new-key-leaked', [
        { at: CREATION, kind: 'person', act: 'put-old-key-back', when: 'after' },
        { at: STORING, kind: 'stopped', when: 'after' },
        person(callOf('confirm-adoption', 'iam:ListAccessKeys'), 'delete-old-key'),
      ]),
      violates: 3,
    },
  },
  {
    name: 'mark-of-others',
    is: 'publication sets the mark even if a person has put the key into AWSCURRENT',
    patches: [
      {
        file: 'lambdas/publish-access-key/decide.ts',
        from: "{ kind: facts.marked ? 'published' : 'mark' }",
        to: "{ kind: 'published' }",
      },
    ],
    doubledBy: ['mark-at-takeover'],
    proof: {
      schedule: when(
        'new-key-leaked',
        [
          { at: CREATION, kind: 'person', act: 'put-old-key-back', when: 'after' },
          person(callOf('publish-access-key', 'secretsmanager:GetSecretValue', 4), 'delete-old-key'),
        ],
        { iamLagSeconds: 1 },
      ),
      violates: 3,
    },
  },
  {
    name: 'decision-under-lock',
    is: 'the decision is made again once the lock is held',
    patches: [
      {
        file: `${CREATE}/handler.ts`,
        from: 'const decision = decideCreate(facts);',
        to: "const decision: ReturnType<typeof decideCreate> = lock.reentered || state.predecessorVersionId !== null ? decideCreate(facts) : { kind: 'create', discard: [], deleteEarly: undefined, why: { code: 'key-needed', discard: [] }, rotation: state.rotation };",
      },
    ],
    doubledBy: ['expected-current'],
    proof: { schedule: when('first-key', [secondStart(beginning(1))]), violates: 1 },
  },
  {
    name: 'redrive-count',
    is: 'a redriven execution is refused, and its identity differs from that of its first run',
    patches: [
      {
        file: `${SHARED}/shell/step-handler.ts`,
        from: 'if (execution.redriveCount > 0) {',
        to: 'if (execution.redriveCount < 0) {',
      },
      {
        file: `${SHARED}/secret/versions.ts`,
        from: '{redriveCount}$',
        to: '{0 * redriveCount}$',
      },
    ],
    doubledBy: ['mark-of-publication'],
    proof: {
      schedule: when(
        'ordinary',
        [
          { at: question(19), kind: 'redriven', seconds: 1 },
          { at: question(43), kind: 'key-refused' },
          { at: CONDEMNATION, kind: 'paused', seconds: 10 },
        ],
        SLOW_KEY,
      ),
      violates: 1,
    },
  },
  {
    name: 'task-timeout',
    is: 'a state is given up only after its function’s own time limit',
    patches: [{ file: ASL, from: '"TimeoutSeconds": 150', to: '"TimeoutSeconds": 20', all: true }],
    doubledBy: ['retry-spacing', 'mark-of-publication'],
    proof: {
      schedule: when(
        'ordinary',
        [
          { at: question(79), kind: 'key-refused' },
          { at: CONDEMNATION, kind: 'paused', seconds: 20 },
        ],
        SLOW_KEY,
      ),
      violates: 1,
    },
  },
  {
    name: 'retry-spacing',
    is: 'create, test and delete are repeated only when an earlier attempt must be over',
    patches: [
      { file: ASL, from: '"IntervalSeconds": 180', to: '"IntervalSeconds": 1', all: true },
      { file: ASL, from: '"IntervalSeconds": 60', to: '"IntervalSeconds": 1', all: true },
    ],
    doubledBy: ['mark-of-publication'],
    proof: {
      schedule: when(
        'ordinary',
        [...DISAGREEING_TESTS, { at: CONDEMNATION, kind: 'paused', seconds: 10 }],
        SLOW_KEY,
      ),
      violates: 1,
    },
  },
  {
    name: 'expected-current',
    is: 'a key is published only in the place of the key that AWSCURRENT named when the rotation began',
    patches: [
      {
        file: 'lambdas/publish-access-key/decide.ts',
        from: "if (!expected && findKey(keys, currentId)?.status === 'Active') {",
        to: "if (!expected && findKey(keys, null)?.status === 'Active') {",
      },
    ],
    doubledBy: ['decision-under-lock'],
    proof: { schedule: when('first-key', [secondStart(beginning(1))]), violates: 1 },
  },
  {
    name: 'drain-of-a-first-key',
    is: 'a first key’s rotation releases the lock only when a create request that is under way must have arrived',
    patches: [
      {
        file: `${SHARED}/rotation/course.ts`,
        from: 'new Date(publishedAt.getTime() + DRAIN_SECONDS * 1000)',
        to: 'new Date(publishedAt.getTime() + DRAIN_SECONDS * 0)',
      },
    ],
    doubledBy: ['retry-spacing'],
    proof: { schedule: when('first-key', [{ at: CREATION, kind: 'late', seconds: 50 }]), violates: 7 },
  },
  {
    name: 'attribution-before-release',
    is: 'the lock is not released while it is unknown who created a key',
    patches: [
      {
        file: 'lambdas/create-access-key/decide.ts',
        from: 'if (pending.length > 0) {',
        to: 'if (pending.length > facts.keys.length) {',
      },
    ],
    proof: {
      schedule: when('ordinary', [{ at: CREATION, kind: 'answer-lost', as: 'connection' }]),
      violates: 4,
    },
  },
  {
    name: 'waits-anew',
    is: 'a successor waits for the full recovery period, because it is unknown since when the key has been Inactive',
    patches: [
      {
        file: `${CREATE}/handler.ts`,
        from: 'deactivatedAt: now.toISOString(),',
        to: 'deactivatedAt: state.rotation.startedAt,',
      },
    ],
    proof: {
      schedule: when('ordinary', [
        { at: callOf('deactivate-access-key', 'iam:UpdateAccessKey'), kind: 'stopped', when: 'after' },
      ]),
      violates: 3,
    },
  },
  {
    name: 'health-check',
    is: 'the old key is deleted only if the consumers’ alarms are OK, and brought back if they are not',
    patches: [
      {
        file: `${SHARED}/findings/health.ts`,
        from: 'if (alarming.length + recovered.length > 0) {',
        to: 'if (alarming.length + recovered.length < 0) {',
      },
      {
        file: `${SHARED}/findings/health.ts`,
        from: 'if (silent.length > 0) {',
        to: 'if (silent.length < 0) {',
      },
    ],
    proof: { schedule: when('rolled-back', []), violates: 3 },
  },
  {
    name: 'alarm-edges',
    is: 'an alarm that has gone off since the deactivation counts, even if it has recovered',
    patches: [
      {
        file: `${SHARED}/findings/health.ts`,
        from: 'return mostWithin(during, span) > mostWithin(before, span) ? during.length : 0;',
        to: 'return mostWithin(before, span) > times.length ? during.length : 0;',
      },
    ],
    proof: {
      schedule: when('ordinary', [
        { at: callOf('confirm-health', 'cloudwatch:DescribeAlarms'), kind: 'outage', seconds: 600 },
      ]),
      violates: 3,
    },
  },
  {
    name: 'watch-since-the-beginning',
    is: 'an execution that has found the old key Inactive looks at what alarms did since the rotation began',
    patches: [
      {
        file: `${SHARED}/findings/health.ts`,
        from: 'state.deactivatedHere === true && state.deactivatedAt !== undefined',
        to: 'state.deactivatedAt !== undefined',
      },
    ],
    proof: {
      schedule: when('ordinary', [
        { at: callOf('confirm-health', 'iam:ListAccessKeys'), kind: 'outage', seconds: 60 },
        { at: callOf('confirm-health', 'cloudwatch:DescribeAlarms'), kind: 'stopped', when: 'after' },
      ]),
      violates: 3,
    },
  },
  {
    name: 'last-look-before-deletion',
    is: 'the alarms are checked again right before the old key is deleted, also on a retry',
    patches: [
      {
        file: 'lambdas/delete-access-key/decide.ts',
        from: 'return waitForHealth({ ...facts, deactivatedAt }, now) ?? {',
        to: 'return (!now && waitForHealth({ ...facts, deactivatedAt }, now)) || {',
      },
    ],
    proof: {
      schedule: when('ordinary', [
        { at: callOf('delete-access-key', 'iam:ListAccessKeys'), kind: 'outage', seconds: 60 },
        { at: callOf('delete-access-key', 'iam:DeleteAccessKey'), kind: 'throttled', seconds: 600 },
      ]),
      violates: 3,
    },
  },
  {
    name: 'last-look-before-deactivation',
    is: 'the alarms are checked again right before the old key is set Inactive, also on a retry',
    patches: [
      {
        file: 'lambdas/deactivate-access-key/decide.ts',
        from: "if (health.kind !== 'healthy') {",
        to: "if (health.kind !== 'healthy' && !now) {",
      },
    ],
    proof: {
      schedule: when('ordinary', [
        { at: callOf('deactivate-access-key', 'iam:ListAccessKeys'), kind: 'outage', seconds: 60 },
        { at: callOf('deactivate-access-key', 'iam:UpdateAccessKey'), kind: 'throttled', seconds: 400 },
      ]),
      violates: 2,
    },
  },
  {
    name: 'hold',
    is: 'after a rollback, scheduled starts change nothing until a person lifts the hold',
    patches: [
      {
        file: 'lambdas/reactivate-access-key/handler.ts',
        from: 'await hold(context);',
        to: 'void hold;',
      },
    ],
    proof: { schedule: when('rolled-back', []), violates: 2 },
  },
  {
    name: 'patient-rollback',
    is: 'a rollback is retried for fifty minutes, so that it is not given up before its hold is set',
    patches: [{ file: ASL, from: '"MaxAttempts": 14', to: '"MaxAttempts": 4' }],
    proof: {
      schedule: when('rolled-back', [
        // The old key is back, and the hold is about to be set.
        {
          at: { ...callOf('reactivate-access-key', 'iam:UpdateAccessKey'), after: 1 },
          kind: 'throttled',
          seconds: 600,
        },
      ]),
      violates: 2,
    },
  },
  {
    name: 'patient-denials',
    is: 'a step is retried for some minutes after a denial: a change of policies may be on its way',
    patches: [
      {
        file: ASL,
        from: '"PermissionDenied",\n            "KmsKeyNotUsable",\n            "Lambda.ClientExecutionTimeoutException",',
        to: '"Lambda.ClientExecutionTimeoutException",',
      },
    ],
    proof: {
      schedule: when('rolled-back', [
        // The old key is back, and the hold is about to be set.
        {
          at: { ...callOf('reactivate-access-key', 'iam:UpdateAccessKey'), after: 1 },
          kind: 'denied',
          seconds: 400,
        },
      ]),
      violates: 2,
    },
  },
  {
    name: 'unreadable-beside-readable',
    is: 'a version counts as unreadable only if AWSCURRENT can be read',
    patches: [
      {
        file: 'lambdas/shared/recovery/discard.ts',
        from: '    await secrets.current(readable);',
        to: '    if (error) return undefined;',
      },
    ],
    proof: {
      // An emergency looks for the version that holds the other key, to fall back on it instead of deleting it.
      schedule: when('new-key-leaked-late', [
        {
          at: callOf('create-access-key', 'secretsmanager:ListSecretVersionIds'),
          kind: 'kms-denied',
          seconds: 400,
        },
      ]),
      violates: 3,
    },
  },
  {
    name: 'hold-under-lock',
    is: 'when the lock is taken, the hold is checked again',
    patches: [
      {
        file: 'lambdas/create-access-key/decide.ts',
        from: "if (plan.onHold && plan.action === 'rotate') {",
        to: "if (plan.onHold && plan.action === 'rotate' && !now) {",
      },
    ],
    proof: {
      schedule: when('rolled-back-by-hand', [
        {
          at: callOf('reactivate-access-key', 'states:DescribeExecution'),
          kind: 'second-start',
          trigger: 'schedule',
          times: 2,
        },
      ]),
      violates: 2,
    },
  },
  {
    name: 'test-before-emergency',
    is: 'a leaked key is deactivated only if AWS accepts the key that consumers read',
    patches: [
      {
        file: 'lambdas/deactivate-access-key/handler.ts',
        from: "if (course.provesKeyAgain && decision.kind === 'deactivate') {",
        to: "if (course.provesKeyAgain && decision.kind === 'deactivate' && !state) {",
      },
    ],
    proof: {
      schedule: when('only-key-leaked', [
        { at: STORING, kind: 'person', act: 'put-old-key-back', when: 'after' },
      ]),
      violates: 2,
    },
  },
  {
    name: 'mark-until-release',
    is: 'a published key keeps its mark until the lock is released',
    patches: [{ file: DELETE, from: '(isKeyLabel(label) && label !== mark)', to: 'isKeyLabel(label)' }],
    doubledBy: ['mark-at-takeover'],
    proof: {
      schedule: when(
        'rolled-back',
        [
          person(callOf('delete-access-key', 'secretsmanager:DescribeSecret', 3), 'deactivate-old-key'),
          {
            at: callOf('delete-access-key', 'secretsmanager:UpdateSecretVersionStage', 3),
            kind: 'dies',
            when: 'before',
          },
        ],
        { keyPropagationSeconds: 0, iamLagSeconds: 30 },
      ),
      violates: 3,
    },
  },
  {
    name: 'condemned-for-good',
    is: 'a condemned key is not used again',
    patches: [
      {
        file: 'lambdas/create-access-key/decide.ts',
        from: '(own.publishable || own.published) &&',
        to: '',
      },
    ],
    doubledBy: ['wait-before-takeover'],
    proof: {
      schedule: when(
        'ordinary',
        [
          { at: question(31), kind: 'key-refused' },
          {
            at: callOf('test-access-key', 'secretsmanager:DescribeSecret', 2),
            kind: 'stopped',
            when: 'before',
          },
          secondStart(CONDEMNATION),
          { at: DISCARD, kind: 'late-after-death', seconds: 60 },
        ],
        SLOW_KEY,
      ),
      violates: 1,
    },
  },
  {
    name: 'ownership-mark',
    is: 'a user that is marked as belonging to another secret is not rotated',
    patches: [
      {
        file: `${SHARED}/findings/ownership.ts`,
        from: "mark.value === own ? { kind: 'own' }",
        to: "mark.value === own || mark ? { kind: 'own' }",
      },
    ],
    proof: { schedule: when('enrolled-elsewhere', []), violates: 6 },
  },
  {
    name: 'late-lock',
    is: 'if a read does not show the lock, the step waits: the read may be late',
    patches: [
      {
        file: `${SHARED}/findings/situation.ts`,
        from: "return isBefore && mayBeLate(publishedBy(state), now) ? 'late' : 'drift';",
        to: "return isBefore && mayBeLate(publishedBy(state), now) && !now ? 'late' : 'drift';",
      },
    ],
    proof: { schedule: when('ordinary', [], LATE_READS), violates: 8 },
  },
  {
    name: 'late-label',
    is: 'a new key is not given up because a read does not show its label',
    patches: [
      {
        file: `${SHARED}/findings/situation.ts`,
        from: 'mayBeLate(storedBy, now)\n',
        to: 'storedBy === null\n',
      },
      {
        file: 'lambdas/test-access-key/handler.ts',
        from: 'if (labelled === undefined || isIntentVersion(labelled)) {',
        to: 'if (labelled === undefined) {',
      },
    ],
    proof: { schedule: { ...when('ordinary', [], LATE_READS), seed: 1 }, violates: 8 },
  },
  {
    name: 'shown-condemnation',
    is: 'a key is deleted only after a read that shows it condemned; the same read would show its mark',
    patches: [
      {
        file: `${SHARED}/recovery/discard.ts`,
        from: 'await secrets.moveLabel(secretId, label, { from, to });',
        to: 'if ((await secrets.moveLabel(secretId, label, { from, to })) !== undefined) return labels;',
      },
    ],
    doubledBy: ['retry-spacing'],
    proof: {
      schedule: when(
        'ordinary',
        [...DISAGREEING_TESTS, { at: CONDEMNATION, kind: 'paused', seconds: 10 }],
        SLOW_KEY,
      ),
      violates: 1,
    },
  },
  {
    name: 'late-publication',
    is: 'if a read does not show the publication, the step waits',
    patches: [
      {
        file: `${SHARED}/findings/situation.ts`,
        from: 'if (precedesPublication(value, state, now)) {',
        to: 'if (precedesPublication(value, state, now) && !now) {',
      },
    ],
    proof: {
      schedule: when('only-key-leaked', [], LATE_READS),
      harmless:
        'the emergency may end in StateDrift right after its publication, though nothing drifted, and the next start goes ' +
        'on from there. Waiting saves a person that start, and an untrue message.',
    },
  },
  {
    name: 'reads-that-agree',
    is: 'the content of AWSCURRENT counts only if a read that shows the lock agrees on its version',
    patches: [
      {
        file: `${SHARED}/findings/situation.ts`,
        from: 'if (current?.versionId !== secret.versionByLabel.get(LABELS.current)) {',
        to: 'if (current === null) {',
      },
    ],
    proof: {
      schedule: when('ordinary', [], LATE_READS),
      harmless:
        'publication moves AWSCURRENT by compare-and-set, and changes by other executions have had time to show. ' +
        "Agreement makes sure that a decision under the lock knows of an owner's edit as soon as either read shows it.",
    },
  },
  {
    name: 'late-version',
    is: 'if a read does not find a version that a description has named, the step waits',
    patches: [
      {
        file: `${SHARED}/gateways/secret-gateway.ts`,
        from: '(await this.read(secret, { VersionId: versionId })) ??',
        to: "(await this.read(secret, { VersionId: versionId })) ?? ({ versionId, text: '', document: { kind: 'no-key', text: '' } } as ReadVersion) ??",
      },
    ],
    proof: { schedule: { shape: 'ordinary', seed: 4, faults: [], world: LATE_READS }, violates: 8 },
  },
  {
    name: 'start-of-execution',
    is: 'an execution is told from an earlier one of the same name by its start',
    patches: [{ file: `${SHARED}/secret/versions.ts`, from: '{namesStart ? `@', to: '{!namesStart ? `@' }],
    proof: { schedule: when('resumed', [], { namesUsedAgain: true }), violates: 8 },
  },
  {
    name: 'newer-start',
    is: 'the holder of a lock is over if another execution has its name',
    patches: [
      {
        file: `${SHARED}/findings/lock-holder.ts`,
        from: 'if (isKnown && later >= SAME_START_MS)',
        to: 'if (isKnown && later >= SAME_START_MS && !now)',
      },
    ],
    doubledBy: ['own-name'],
    proof: { schedule: when('resumed', [], { namesUsedAgain: true }), violates: 8 },
  },
  {
    name: 'own-name',
    is: 'an execution never mistakes an earlier one of its own name for itself',
    patches: [
      {
        file: `${SHARED}/findings/lock-holder.ts`,
        from: 'executionArn === execution.id && owner !== ownOwner',
        to: 'executionArn === execution.id && owner === ownOwner',
      },
    ],
    doubledBy: ['newer-start'],
    proof: { schedule: when('resumed', [], { namesUsedAgain: true }), violates: 8 },
  },
  {
    name: 'late-execution',
    is: 'an execution that has just begun counts as running, even if Step Functions does not show it',
    patches: [
      {
        file: `${SHARED}/findings/lock-holder.ts`,
        from: 'startedAt !== undefined && mayBeLate(startedAt, now)',
        to: 'startedAt !== undefined && mayBeLate(startedAt, now) && !now',
      },
    ],
    proof: {
      schedule: when('both-keys-leaked', [], { executionLagSeconds: 20 }),
      harmless:
        'an execution that takes a lock over waits until its intent is three minutes old. But an emergency that meets a rotation which has just ' +
        'begun would not stop it, and would end in RotationInProgress: that would cost a person another start, and time.',
    },
  },
  {
    name: 'patient-deletion',
    is: 'a recovery period that is over only by the clock of another function does not end yet',
    patches: [
      {
        file: 'lambdas/delete-access-key/decide.ts',
        from: 'if (early !== undefined) return early;',
        to: "if (early !== undefined) return refuse('StateDrift', early.why);",
      },
    ],
    proof: {
      schedule: { shape: 'ordinary', seed: 3, faults: [], world: { functionClockSkewSeconds: 2 } },
      violates: 8,
    },
  },
  {
    name: 'mark-on-intent',
    is: 'the mark of publication is on the intent, which never loses AWSCURRENT, and with it, perhaps, its labels',
    patches: [
      {
        file: 'lambdas/publish-access-key/handler.ts',
        from: '{ to: intentVersionId(owner) }',
        to: '{ to: keyVersion ?? currentVersionId }',
      },
    ],
    proof: {
      schedule: when('resumed', [person(beginning(2), 'empty-secret')], { ownLabelsVanish: true }),
      violates: 3,
    },
  },
  {
    name: 'whose-key',
    is: 'before anything replaces a key that the user’s list does not have, AWS is asked who owns it',
    patches: [
      {
        file: `${SHARED}/findings/whose-key.ts`,
        from: 'if (evidence !== undefined) return { accessKeyId, evidence };',
        to: 'if (evidence === accessKeyId) return { accessKeyId, evidence };',
      },
    ],
    proof: {
      schedule: when('ordinary', [person(question(3), 'put-strangers-key')], { keyPropagationSeconds: 0 }),
      violates: 6,
    },
  },
  {
    name: 'refusal-of-a-new-key',
    is: 'a refusal of a key by AWS proves nothing while the key may still be new',
    patches: [
      {
        file: `${SHARED}/findings/whose-key.ts`,
        from: 'storedAt !== undefined && now.getTime()',
        to: 'storedAt === undefined || now.getTime() >= 0 || now.getTime()',
      },
    ],
    proof: {
      schedule: when(
        'ordinary',
        [person(callOf('publish-access-key', 'secretsmanager:DescribeSecret'), 'put-strangers-key')],
        { keyPropagationSeconds: 60 },
      ),
      violates: 6,
    },
  },
  {
    name: 'proof-of-use',
    is: 'a user’s reads of its own secret do not prove that programs use the new key',
    patches: [
      {
        file: 'lambdas/confirm-adoption/evidence.ts',
        from: 'newKey.find(isProgram) ??',
        to: 'newKey[0] ??',
      },
    ],
    proof: {
      schedule: when('deadline-missed', [], { readsItself: true, worksEveryHours: 5 }),
      violates: 2,
    },
  },
  {
    name: 'provenance',
    is: 'a rotation knows its stored keys by the IDs of their versions, which the owner of a document cannot edit',
    patches: [
      {
        file: `${SHARED}/secret/versions.ts`,
        from: 'first = keyVersionId(rootRotationId, accessKeyId);',
        to: "first = keyVersionId('nobody', accessKeyId);",
      },
    ],
    proof: { schedule: when('resumed', []), violates: 8 },
  },
  {
    name: 'copies-follow',
    is: 'copies of the key are updated with it, wherever they are in the owner’s document',
    patches: [
      {
        file: `${SHARED}/secret/key-document.ts`,
        from: 'isCopy(before, value) && !isSet.has(value.start)',
        to: 'isCopy(before, value) && !isSet',
      },
    ],
    proof: { schedule: when('owners-document', []), violates: 1 },
  },
  {
    name: 'notice-ahead',
    is: 'the old key is not deactivated before people have had the time that they are told of',
    patches: [
      {
        file: 'lambdas/confirm-adoption/decide.ts',
        from: 'giveNotice(facts, now) ??',
        to: '(giveNotice(facts, now), undefined) ??',
      },
    ],
    proof: { schedule: when('noticed', []), violates: 2 },
  },
  {
    name: 'notice-once',
    is: 'of two scheduled starts that meet, only the earlier one gives notice and rotates',
    patches: [
      {
        file: 'lambdas/plan-rotation/decide.ts',
        from: 'if (noticeGivenBy !== undefined) {',
        to: "if (noticeGivenBy === '') {",
      },
    ],
    proof: {
      schedule: when('noticed', []),
      harmless:
        'people are told twice, and no more: the lock lets one of the two rotate, and the other one finds it running',
    },
  },
];
