import type { Call } from '../../../embedded-aws/calls/call-log';
import type { Denial } from '../../../embedded-aws/calls/denial';
import { statusChange } from '../../../embedded-aws/services/states';
import { createHandler as createAnswerer } from '../../../lambdas/answer-exposed-key/handler';
import { createChange as createSecrets } from '../../../lambdas/create-secrets/handler';
import { createChange as putPolicies } from '../../../lambdas/put-policies/handler';
import { createChange as createReplicas } from '../../../lambdas/replicate-secret/handler';
import { enrolmentIn } from '../../../lambdas/shared/contract/enrolment-file';
import { OWNERSHIP_TAG, PAUSE_TAG } from '../../../lambdas/shared/contract/names';
import type { StepName } from '../../../lambdas/shared/contract/steps';
import { type Message as MessageToPeople, UNDERSTANDS_MESSAGES } from '../../../lambdas/shared/contract/told';
import { requireSetting } from '../../../lambdas/shared/gateways/runtime';
import { DECLARED_BY } from '../../../lambdas/shared/rotation/rotation-state';
import { RUNBOOK } from '../../../lambdas/shared/text/anchor';
import { createHandler as createTeller } from '../../../lambdas/tell-end/handler';
import { emergencyOf, leakOf, SCHEDULED, SECRET } from '../../support/alice';
import { exposureOf } from '../../support/exposure';
import { NEW, OLD, OTHER, OTHER_MARK } from '../support/fixtures';
import { type Execution, Stage, type StageOptions, TO_PUBLICATION } from '../support/stage';
import type { Message, Section } from './message';
import { tellSurveys } from './survey';

/** What a story ends in: an output of a step, or an error. */
type Ending = {
  readonly status: string;
  readonly outcome: string;
  readonly message?: MessageToPeople | undefined;
};
type Story = readonly [when: string, tell: (stage: Stage) => Promise<Ending>, options?: StageOptions];

const EVENING = 600_000;
const is = (operation: string) => (call: Call) => call.operation === operation;
const moves = (label: string) => (call: Call) => String(call.input.VersionStage).startsWith(label);
const edit = ({ alice }: Stage): void => alice.edit((fields) => ({ ...fields, edited: true }));
/** Somebody does this at every such call, just before it takes effect. */
const act = (stage: Stage, match: (call: Call) => boolean, work: () => void, times = 1) =>
  stage.aws.faults.inject({ kind: 'act', match, act: work, times });
const fail = (stage: Stage, match: (call: Call) => boolean, code = 'Throttling', message = code) =>
  stage.aws.faults.inject({ kind: 'error', code, message, status: 400, times: 99, match });
const ALARMS: StageOptions = { enrolled: { healthAlarms: ['errors'] } };

/** A rotation, up to and including this step. */
const until = async (stage: Stage, last: StepName | 'plan-rotation', name = 'first'): Promise<Execution> => {
  const rotation = stage.execution(name);
  if (stage.enrolled.healthAlarms.length > 0) stage.aws.cloudWatch.addAlarm('errors', 'OK');
  await rotation.plan();
  for (const step of [
    'create-access-key',
    'test-access-key',
    'publish-access-key',
    'confirm-adoption',
    'deactivate-access-key',
    'confirm-health',
    'delete-access-key',
  ] satisfies StepName[]) {
    if (last === 'plan-rotation') break;
    if (step === 'confirm-health') await stage.waitDays(14.1);
    await (step === 'confirm-adoption' ? rotation.adopt() : rotation.step(step));
    if (step === last) break;
  }
  return rotation;
};

/** The execution ends, and another one takes over. */
const successorOf = async (stage: Stage, rotation: Execution, input: object = { userName: 'alice' }) => {
  rotation.end('FAILED');
  await stage.wait(EVENING);
  const successor = stage.execution('next');
  await successor.plan({ ...input });
  return successor;
};

/** A leaked key is declared while something else may be running. */
const emergencyIn = async (stage: Stage, name = 'emergency'): Promise<Execution> => {
  const emergency = stage.execution(name);
  await emergency.plan(emergencyOf(stage.oldKey));
  return emergency;
};
const emergencyUntilAdoption = async (stage: Stage): Promise<Execution> => {
  const emergency = await emergencyIn(stage, 'first');
  await emergency.steps(...TO_PUBLICATION, 'confirm-adoption');
  return emergency;
};

/** What an event says of the execution that it comes from. */
const contextOf = ({ aws }: Stage, { arn }: Execution) => ({
  id: arn,
  redriveCount: 0,
  startTime: aws.states.execution(arn)?.startDate.toISOString(),
});

/** Something happens to a declaration before the plan asks for it. */
const planDeclared = async (
  stage: Stage,
  happens: (declaration: string) => Promise<void> | void,
): Promise<Ending> => {
  const input = stage.execution('early').declared(emergencyOf(OLD));
  await happens(String(input[DECLARED_BY]));
  return stage.execution('first').plan(input);
};
const changeDeclaration =
  ({ aws }: Stage, changes: object) =>
  (arn: string): void => {
    const declaration = aws.states.execution(arn);
    if (declaration === undefined) throw new Error(`There is no ${arn}`);
    aws.states.addExecution({ ...declaration, input: { ...(declaration.input as object), ...changes } });
  };

const PLANS: readonly Story[] = [
  [
    'the schedule tells people ahead of a rotation',
    (stage) => stage.execution('first').plan(SCHEDULED),
    { enrolled: { noticeBefore: 'P2D', timeZone: 'Europe/Berlin' } },
  ],
  ['the input names nobody', (stage) => stage.execution('first').plan({})],
  [
    'the input of an emergency is half of it',
    (stage) => stage.execution('first').plan({ userName: 'alice', action: 'emergency' }),
  ],
  [
    'an emergency was not declared',
    (stage) => stage.execution('first').plan({ ...emergencyOf(OLD), [DECLARED_BY]: undefined }),
  ],
  [
    'what should have declared an emergency is no execution',
    (stage) => stage.execution('first').plan({ ...emergencyOf(OLD), [DECLARED_BY]: 'a person' }),
  ],
  [
    'the declaration of an emergency is over',
    (stage) => planDeclared(stage, (declaration) => void stage.aws.states.setStatus(declaration, 'ABORTED')),
  ],
  [
    'the declaration is an old one',
    async (stage) => {
      const input = stage.execution('early').declared(emergencyOf(OLD));
      await stage.wait(3_600_000);
      const execution = stage.execution('first');
      await stage.wait(61_000);
      return execution.plan(input);
    },
  ],
  [
    'the declaration holds too much',
    (stage) => planDeclared(stage, changeDeclaration(stage, { acton: 'rollback' })),
  ],
  [
    'another key was declared as leaked',
    (stage) => planDeclared(stage, changeDeclaration(stage, { accessKeyId: OTHER })),
  ],
  [
    'the declaration does not show',
    async (stage) => {
      const input = stage.execution('early').declared(emergencyOf(OLD));
      return stage.execution('first').plan({ ...input, [DECLARED_BY]: `${input[DECLARED_BY]}er` });
    },
  ],
  [
    'Step Functions may not be asked for the declaration',
    async (stage) => {
      fail(stage, (call) => String(call.input.executionArn).includes('-emergency:'));
      return stage.execution('first').plan(emergencyOf(OLD));
    },
  ],
  [
    'the input has what goes with other actions',
    (stage) => stage.execution('first').plan({ ...emergencyOf(OLD), action: 'rotate' }),
  ],
  [
    'a schedule asks for something else than a rotation',
    (stage) => stage.execution('first').plan({ userName: 'alice', action: 'resume', trigger: 'schedule' }),
  ],
  [
    'only a start by schedule waits after a notice',
    (stage) => stage.execution('first').plan({ userName: 'alice', noticeUntil: '2026-03-02T08:00:00.000Z' }),
  ],
  ['the user is not enrolled', (stage) => stage.execution('first').plan({ userName: 'bob' })],
  [
    'IAM does not list the new key yet',
    async (stage) => {
      const rotation = await until(stage, 'publish-access-key');
      stage.aws.behaviour.iamReadLag = 365 * 86_400_000;
      return rotation.step('confirm-adoption');
    },
  ],
  [
    'the user is gone',
    (stage) => {
      stage.aws.iam.removeUser('alice');
      return stage.execution('first').plan();
    },
  ],
  [
    'the user is gone, in an emergency',
    (stage) => {
      stage.aws.iam.removeUser('alice');
      return stage.execution('first').plan(emergencyOf(stage.oldKey));
    },
  ],
  [
    'the secret is gone',
    (stage) => {
      stage.aws.secretsManager.removeSecret(SECRET);
      return stage.execution('first').plan();
    },
  ],
  [
    'AWS does not answer',
    (stage) => {
      fail(stage, is('ListAccessKeys'));
      return stage.execution('first').plan();
    },
  ],
  [
    'AWS does not answer, in an emergency',
    (stage) => {
      fail(stage, is('ListAccessKeys'));
      return stage.execution('first').plan(emergencyOf(stage.oldKey));
    },
  ],
  ['an emergency begins', (stage) => stage.execution('first').plan(emergencyOf(stage.oldKey))],
  ['an emergency for a key that nobody has', (stage) => stage.execution('first').plan(emergencyOf(OTHER))],
  [
    'an emergency for a key that is not in the secret',
    (stage) => stage.execution('first').plan(emergencyOf(stage.aws.iam.addAccessKey('alice').accessKeyId)),
  ],
  [
    'an emergency that is carried out already',
    async (stage) => {
      await stage.execution('first').plan(emergencyOf(stage.oldKey));
      const emergency = stage.execution('second');
      await emergency.plan(emergencyOf(stage.oldKey));
      await emergency.step('create-access-key');
      return stage.execution('third').plan(emergencyOf(stage.oldKey));
    },
  ],
  [
    'the alarms cannot be read for a plan',
    (stage) => {
      fail(stage, is('DescribeAlarms'));
      return stage.execution('first').plan({ userName: 'alice', action: 'plan' });
    },
    ALARMS,
  ],
  [
    'Lambda is throttled when a rotation begins',
    (stage) => {
      fail(stage, is('GetFunctionConcurrency'));
      return stage.execution('first').plan();
    },
    { enrolled: { validator: 'arn:aws:lambda:us-east-1:111122223333:function:shop' } },
  ],
  [
    'CloudWatch is throttled when a rotation begins',
    (stage) => {
      fail(stage, is('DescribeAlarms'));
      return stage.execution('first').plan();
    },
    ALARMS,
  ],
];

const SHELL: readonly Story[] = [
  ['a function is called by itself', (stage) => stage.invoke('delete-access-key', { userName: 'alice' })],
  [
    'an execution was redriven',
    async (stage) => (await until(stage, 'plan-rotation')).step('create-access-key', 1),
  ],
  [
    'an execution without a user was redriven',
    async (stage) => {
      const rotation = await until(stage, 'plan-rotation');
      const execution = { ...contextOf(stage, rotation), redriveCount: 1 };
      const understands = stage.understands;
      return stage.invoke('create-access-key', { execution, state: {}, understands });
    },
  ],
  [
    'an event names an execution that is over',
    async (stage) => {
      const rotation = await until(stage, 'create-access-key');
      rotation.end();
      return rotation.step('test-access-key');
    },
  ],
  [
    'an event names the execution of another user',
    async (stage) => {
      const rotation = await until(stage, 'create-access-key');
      const execution = contextOf(stage, rotation);
      return stage.invoke('test-access-key', { execution, state: { ...rotation.state, userName: 'bob' } });
    },
  ],
  [
    'an event names an execution that Step Functions does not show',
    async (stage) => {
      const rotation = await until(stage, 'create-access-key');
      const execution = { ...contextOf(stage, rotation), id: `${rotation.arn}x` };
      return stage.invoke('test-access-key', { execution, state: rotation.state });
    },
  ],
  [
    'an event names a start that Step Functions does not show',
    async (stage) => {
      const rotation = await until(stage, 'create-access-key');
      const execution = { ...contextOf(stage, rotation), startTime: '2026-03-01T08:00:00.000Z' };
      return stage.invoke('test-access-key', { execution, state: rotation.state });
    },
  ],
  [
    'an event is of another moment of its execution',
    async (stage) => {
      const rotation = await until(stage, 'create-access-key');
      const execution = contextOf(stage, rotation);
      return stage.deliver('test-access-key', { execution, state: rotation.state });
    },
  ],
  [
    'the name of the user is a shell command, and the leaked key, too',
    (stage) =>
      stage.execution('first').plan({
        userName: 'alice;id',
        action: 'emergency',
        accessKeyId: 'AKIAOLDOLDOLDOLDOLD1$(id)',
        reason: 'in a log\n\nWhat to do: nothing',
        leakedSince: 'yesterday',
      }),
  ],
  [
    'a step gets the state of another one',
    async (stage) => (await until(stage, 'plan-rotation')).step('deactivate-access-key'),
  ],
  [
    'the secret is gone',
    async (stage) => {
      const rotation = await until(stage, 'create-access-key');
      stage.aws.secretsManager.removeSecret(SECRET);
      return rotation.step('test-access-key');
    },
  ],
  [
    'the secret is scheduled for deletion',
    async (stage) => {
      const rotation = await until(stage, 'create-access-key');
      stage.aws.secretsManager.scheduleDeletion(SECRET);
      return rotation.step('test-access-key');
    },
  ],
  [
    'the secret is scheduled for deletion while it is read',
    async (stage) => {
      const rotation = await until(stage, 'create-access-key');
      act(stage, is('GetSecretValue'), () => void stage.aws.secretsManager.scheduleDeletion(SECRET));
      return rotation.step('test-access-key');
    },
  ],
  [
    "Secrets Manager's own rotation is switched on",
    async (stage) => {
      const rotation = await until(stage, 'create-access-key');
      stage.aws.secretsManager.setRotationEnabled(SECRET, true);
      return rotation.step('test-access-key');
    },
  ],
  [
    'the lock is lost',
    async (stage) => {
      const rotation = await until(stage, 'create-access-key');
      const current = stage.aws.secretsManager.holderOf(SECRET, 'AWSCURRENT');
      stage.aws.secretsManager.moveLabel(SECRET, 'AWSPENDING', current);
      return rotation.step('test-access-key');
    },
  ],
  [
    'the lock has been gone for long',
    async (stage) => {
      const rotation = await until(stage, 'publish-access-key');
      await stage.wait(60_000);
      stage.aws.secretsManager.moveLabel(SECRET, 'AWSPENDING');
      return rotation.step('confirm-adoption');
    },
  ],
  [
    'the lock does not show',
    async (stage) => {
      const rotation = await until(stage, 'create-access-key');
      stage.aws.secretsManager.moveLabel(SECRET, 'AWSPENDING');
      return rotation.step('test-access-key');
    },
  ],
  [
    'AWSCURRENT does not show the publication',
    async (stage) => {
      const rotation = await until(stage, 'publish-access-key');
      const before = stage.aws.secretsManager.holderOf(SECRET, 'AWSPREVIOUS');
      stage.aws.secretsManager.moveLabel(SECRET, 'AWSCURRENT', before);
      return rotation.step('confirm-adoption');
    },
  ],
  [
    'the user is gone',
    async (stage) => {
      const rotation = await until(stage, 'create-access-key');
      stage.aws.iam.removeUser('alice');
      return rotation.step('test-access-key');
    },
  ],
];

const STOPS: readonly Story[] = [
  [
    'a rotation is stopped for an emergency',
    async (stage) => {
      await until(stage, 'create-access-key');
      const emergency = await emergencyIn(stage);
      return emergency.step('stop-execution');
    },
  ],
  [
    'a rotation that sleeps is stopped for an emergency',
    async (stage) => {
      await until(stage, 'create-access-key');
      await stage.wait(EVENING);
      const emergency = await emergencyIn(stage);
      return emergency.step('stop-execution');
    },
  ],
  [
    'what Step Functions shows of the execution that was stopped',
    async (stage) => {
      const shown: Ending[] = [];
      stage.aws.states.onStop = (_arn, status = '', outcome = '') => void shown.push({ status, outcome });
      await until(stage, 'create-access-key');
      const emergency = await emergencyIn(stage);
      const output = await emergency.step('stop-execution');
      return shown[0] ?? output;
    },
  ],
  [
    'the lock of the rotation that runs does not show',
    async (stage) => {
      await until(stage, 'create-access-key');
      const emergency = await emergencyIn(stage);
      stage.aws.secretsManager.moveLabel(SECRET, 'AWSPENDING');
      return emergency.step('stop-execution');
    },
  ],
  [
    'it has ended meanwhile',
    async (stage) => {
      const rotation = await until(stage, 'create-access-key');
      const emergency = await emergencyIn(stage);
      rotation.end();
      return emergency.step('stop-execution');
    },
  ],
];

const tombstone = (accessKeyId: string) => JSON.stringify({ kind: 'tombstone', accessKeyId });

const CREATIONS: readonly Story[] = [
  ['a key is created', async (stage) => (await until(stage, 'plan-rotation')).step('create-access-key')],
  [
    'a first key is created',
    async (stage) => (await until(stage, 'plan-rotation')).step('create-access-key'),
    { firstKey: 'none' },
  ],
  [
    'the secret was scheduled for deletion since the plan',
    async (stage) => {
      const rotation = await until(stage, 'plan-rotation');
      stage.aws.secretsManager.scheduleDeletion(SECRET);
      return rotation.step('create-access-key');
    },
  ],
  [
    'another execution takes the lock at the same moment',
    async (stage) => {
      const rotation = await until(stage, 'plan-rotation');
      act(stage, moves('AWSPENDING'), () => {
        stage.aws.secretsManager.putValue(SECRET, '{}', { labels: ['AWSPENDING'] });
      });
      return rotation.step('create-access-key');
    },
  ],
  [
    'another secret marks the user at the same moment',
    async (stage) => {
      const rotation = await until(stage, 'plan-rotation');
      act(stage, is('GetUser'), () => stage.aws.iam.setUserTag('alice', OWNERSHIP_TAG, OTHER_MARK));
      return rotation.step('create-access-key');
    },
  ],
  [
    'AWS denies the mark',
    async (stage) => {
      const rotation = await until(stage, 'plan-rotation');
      stage.aws.faults.inject({
        kind: 'error',
        code: 'AccessDenied',
        status: 403,
        message:
          'User: arn:aws:sts::111122223333:assumed-role/role/function is not authorized to perform: iam:TagUser on resource: user alice with an explicit deny in a service control policy',
        times: 99,
        match: is('TagUser'),
      });
      return rotation.step('create-access-key');
    },
  ],
  [
    'the user gets its fiftieth tag at the same moment',
    async (stage) => {
      const rotation = await until(stage, 'plan-rotation');
      for (let number = 1; number <= 50; number += 1) stage.aws.iam.setUserTag('alice', `tag-${number}`, '');
      return rotation.step('create-access-key');
    },
  ],
  [
    'the mark does not show',
    async (stage) => {
      const rotation = await until(stage, 'plan-rotation');
      stage.aws.behaviour.iamReadLag = 86_400_000;
      return rotation.step('create-access-key');
    },
  ],
  [
    'the user is deleted at the same moment',
    async (stage) => {
      const rotation = await until(stage, 'plan-rotation');
      act(stage, is('CreateAccessKey'), () => stage.aws.iam.removeUser('alice'));
      return rotation.step('create-access-key');
    },
  ],
  [
    'a person creates a key at the same moment',
    async (stage) => {
      const rotation = await until(stage, 'plan-rotation');
      act(stage, is('CreateAccessKey'), () => void stage.aws.iam.addAccessKey('alice'));
      return rotation.step('create-access-key');
    },
  ],
  [
    'another execution condemns the key before it is stored',
    async (stage) => {
      const rotation = await until(stage, 'plan-rotation');
      stage.aws.faults.inject({
        kind: 'act',
        match: ({ input }) => String(input.ClientRequestToken).startsWith('access-key-'),
        act: ({ input }) => {
          const { AccessKeyId } = JSON.parse(String(input.SecretString)) as { readonly AccessKeyId: string };
          stage.aws.secretsManager.putValue(SECRET, tombstone(AccessKeyId), {
            versionId: String(input.ClientRequestToken),
            labels: ['rotation-scratch'],
          });
        },
      });
      return rotation.step('create-access-key');
    },
  ],
  [
    'a key that is to be discarded is published at the same moment',
    async (stage) => {
      const first = await until(stage, 'create-access-key');
      const label = `rotation-key-${first.newKey}`;
      const version = stage.aws.secretsManager.holderOf(SECRET, label);
      stage.aws.iam.setStatus(first.newKey, 'Inactive');
      const next = await successorOf(stage, first);
      act(stage, moves('rotation-key-'), () =>
        stage.aws.secretsManager.moveLabel(SECRET, `rotation-published-${first.newKey}`, version),
      );
      return next.step('create-access-key');
    },
  ],
  [
    'a rollback is asked for, with a reason',
    async (stage) => {
      const first = await until(stage, 'create-access-key');
      const input = { userName: 'alice', action: 'rollback', reason: 'the shop is down' };
      return (await successorOf(stage, first, input)).step('create-access-key');
    },
  ],
  [
    'an emergency needs room for a key',
    async (stage) => {
      const first = await until(stage, 'publish-access-key');
      first.end('FAILED');
      await stage.wait(EVENING);
      const one = await successorOf(stage, first, emergencyOf(stage.oldKey));
      await one.step('create-access-key');
      stage.aws.iam.setStatus(stage.oldKey, 'Inactive');
      one.end('FAILED');
      await stage.wait(180_000);
      const another = stage.execution('another');
      await another.plan(emergencyOf(first.newKey));
      return another.step('create-access-key');
    },
  ],
  [
    'an emergency falls back on a key that is deleted at the same moment',
    async (stage) => {
      const first = await until(stage, 'deactivate-access-key');
      const emergency = await successorOf(stage, first, emergencyOf(first.newKey));
      act(stage, is('UpdateAccessKey'), () => stage.aws.iam.removeAccessKey(stage.oldKey));
      return emergency.step('create-access-key');
    },
  ],
];

/** AWS refuses every key that is tested. */
const refuse = (stage: Stage) =>
  stage.aws.faults.inject({
    kind: 'error',
    code: 'InvalidClientTokenId',
    status: 403,
    times: 99,
    match: is('GetCallerIdentity'),
  });

const TESTS: readonly Story[] = [
  ['AWS accepts the key', async (stage) => (await until(stage, 'create-access-key')).step('test-access-key')],
  [
    'the key is published already',
    async (stage) => (await until(stage, 'publish-access-key')).step('test-access-key'),
  ],
  [
    'AWS refuses the key',
    async (stage) => {
      const rotation = await until(stage, 'create-access-key');
      refuse(stage);
      return rotation.step('test-access-key');
    },
  ],
  [
    'AWS refuses a key that was about to be published',
    async (stage) => {
      const rotation = await until(stage, 'test-access-key');
      const version = stage.aws.secretsManager.holderOf(SECRET, `rotation-key-${rotation.newKey}`);
      stage.aws.secretsManager.moveLabel(SECRET, `rotation-published-${rotation.newKey}`, version);
      refuse(stage);
      return rotation.step('test-access-key');
    },
  ],
  [
    'AWS refuses a key that is published at the same moment',
    async (stage) => {
      const rotation = await until(stage, 'create-access-key');
      const version = stage.aws.secretsManager.holderOf(SECRET, `rotation-key-${rotation.newKey}`);
      act(stage, moves('rotation-key-'), () =>
        stage.aws.secretsManager.moveLabel(SECRET, `rotation-published-${rotation.newKey}`, version),
      );
      refuse(stage);
      return rotation.step('test-access-key');
    },
  ],
  [
    'the key was condemned by an earlier attempt',
    async (stage) => {
      const rotation = await until(stage, 'create-access-key');
      const intent = stage.aws.secretsManager.holderOf(SECRET, 'AWSPENDING');
      stage.aws.secretsManager.moveLabel(SECRET, `rotation-key-${rotation.newKey}`, intent);
      return rotation.step('test-access-key');
    },
  ],
  [
    'the label of the key does not show',
    async (stage) => {
      const rotation = await until(stage, 'create-access-key');
      stage.aws.secretsManager.moveLabel(SECRET, `rotation-key-${rotation.newKey}`);
      return rotation.step('test-access-key');
    },
  ],
  [
    'the label of the key is on another version',
    async (stage) => {
      const rotation = await until(stage, 'create-access-key');
      const current = stage.aws.secretsManager.holderOf(SECRET, 'AWSCURRENT');
      stage.aws.secretsManager.moveLabel(SECRET, `rotation-key-${rotation.newKey}`, current);
      return rotation.step('test-access-key');
    },
  ],
  [
    'the key is one of another user',
    async (stage) => {
      const rotation = await until(stage, 'create-access-key');
      const state = { ...rotation.state, userId: 'AIDAANOTHERALICE0001' };
      return stage.invoke('test-access-key', { execution: contextOf(stage, rotation), state });
    },
  ],
  [
    'STS does not answer',
    async (stage) => {
      const rotation = await until(stage, 'create-access-key');
      stage.aws.faults.inject({ kind: 'before', times: 999, match: is('GetCallerIdentity') });
      return rotation.step('test-access-key');
    },
  ],
];

const PUBLICATIONS: readonly Story[] = [
  [
    'the key is published',
    async (stage) => (await until(stage, 'test-access-key')).step('publish-access-key'),
  ],
  [
    'a first key is published',
    async (stage) => (await until(stage, 'test-access-key')).step('publish-access-key'),
    { firstKey: 'none' },
  ],
  [
    'the owner edits the secret again and again',
    async (stage) => {
      const rotation = await until(stage, 'test-access-key');
      act(stage, moves('AWSCURRENT'), () => edit(stage), 99);
      return rotation.step('publish-access-key');
    },
  ],
  [
    'somebody has stored something else under the version ID of what is to be published',
    async (stage) => {
      const rotation = await until(stage, 'test-access-key');
      edit(stage);
      stage.aws.faults.inject({
        kind: 'act',
        match: is('PutSecretValue'),
        act: ({ input }) => {
          const versionId = String(input.ClientRequestToken);
          stage.aws.secretsManager.putValue(SECRET, '{}', { versionId, labels: ['own'] });
        },
      });
      return rotation.step('publish-access-key');
    },
  ],
];

const pause = (stage: Stage) => stage.aws.secretsManager.setTag(SECRET, PAUSE_TAG, 'an audit');

const ADOPTIONS: readonly Story[] = [
  [
    'people are told ahead of a deactivation',
    async (stage) => {
      const rotation = await until(stage, 'publish-access-key');
      await stage.waitDays(1);
      return rotation.step('confirm-adoption');
    },
    { enrolled: { noticeBefore: 'P2D', timeZone: 'Europe/Berlin' } },
  ],
];

const DEACTIVATIONS: readonly Story[] = [
  [
    'the user is paused after the check',
    async (stage) => {
      const rotation = await until(stage, 'confirm-adoption');
      pause(stage);
      return rotation.step('deactivate-access-key');
    },
  ],
  [
    'the user is paused after the check, and the execution began with an older definition',
    async (stage) => {
      stage.understands = [];
      const rotation = await until(stage, 'confirm-adoption');
      pause(stage);
      return rotation.step('deactivate-access-key');
    },
  ],
  [
    'the old key is set Inactive',
    async (stage) => (await until(stage, 'confirm-adoption')).step('deactivate-access-key'),
  ],
  [
    'the old key is deleted at the same moment',
    async (stage) => {
      const rotation = await until(stage, 'confirm-adoption');
      act(stage, is('UpdateAccessKey'), () => stage.aws.iam.removeAccessKey(stage.oldKey));
      return rotation.step('deactivate-access-key');
    },
  ],
  [
    'there is no old key',
    async (stage) => (await until(stage, 'publish-access-key')).step('deactivate-access-key'),
    { firstKey: 'none' },
  ],
  [
    'the leaked key is set Inactive',
    async (stage) => {
      stage.aws.iam.useAccessKey(stage.oldKey);
      const emergency = await emergencyUntilAdoption(stage);
      return emergency.step('deactivate-access-key');
    },
  ],
  [
    'AWS refuses the key that is to take the place of the leaked one',
    async (stage) => {
      const emergency = await emergencyUntilAdoption(stage);
      refuse(stage);
      return emergency.step('deactivate-access-key');
    },
  ],
  [
    'AWS does not answer, in an emergency',
    async (stage) => {
      const emergency = stage.execution('first');
      await emergency.plan(emergencyOf(stage.oldKey));
      await emergency.step('create-access-key');
      fail(stage, is('GetSecretValue'));
      return emergency.step('test-access-key');
    },
  ],
];

const HEALTH: readonly Story[] = [
  [
    'CloudWatch hardly answers',
    async (stage) => {
      stage.aws.cloudWatch.addAlarm('latency', 'OK');
      const rotation = await until(stage, 'deactivate-access-key');
      stage.aws.faults.inject({ kind: 'delay', ms: 50_000, times: 99, match: is('DescribeAlarms') });
      return rotation.step('confirm-health');
    },
    { enrolled: { healthAlarms: ['errors', 'latency'] } },
  ],
  [
    'the alarms change too often',
    async (stage) => {
      const rotation = await until(stage, 'deactivate-access-key');
      for (let change = 0; change < 2001; change += 1) {
        stage.aws.cloudWatch.setAlarmState('errors', change % 2 === 0 ? 'ALARM' : 'OK');
      }
      return rotation.step('confirm-health');
    },
    ALARMS,
  ],
];

const rollingBack = async (stage: Stage): Promise<Execution> => {
  const rotation = await until(stage, 'deactivate-access-key');
  stage.aws.cloudWatch.setAlarmState('errors', 'ALARM');
  await rotation.step('confirm-health');
  return rotation;
};

const ROLLBACKS: readonly Story[] = [
  ['an alarm is on', async (stage) => (await rollingBack(stage)).step('reactivate-access-key'), ALARMS],
  [
    'the hold cannot be set',
    async (stage) => {
      const rotation = await rollingBack(stage);
      act(
        stage,
        moves('rotation-held'),
        () => {
          const current = stage.aws.secretsManager.holderOf(SECRET, 'rotation-held');
          const labels = ['AWSCURRENT', 'AWSPREVIOUS'] as const;
          const next = labels
            .map((label) => stage.aws.secretsManager.holderOf(SECRET, label))
            .find((version) => version !== current);
          stage.aws.secretsManager.moveLabel(SECRET, 'rotation-held', next);
        },
        99,
      );
      return rotation.step('reactivate-access-key');
    },
    ALARMS,
  ],
  [
    'somebody edits the secret again and again',
    async (stage) => {
      const rotation = await rollingBack(stage);
      stage.aws.iam.setStatus(rotation.newKey, 'Inactive');
      act(stage, moves('AWSCURRENT'), () => edit(stage), 99);
      return rotation.step('reactivate-access-key');
    },
    ALARMS,
  ],
];

const DELETIONS: readonly Story[] = [
  [
    'the old key is deleted',
    async (stage) => (await until(stage, 'confirm-health')).step('delete-access-key'),
  ],
  [
    'it was complete already',
    async (stage) => (await until(stage, 'delete-access-key')).step('delete-access-key'),
  ],
  [
    'nothing tells any more who created a key that is left',
    async (stage) => {
      const rotation = await until(stage, 'confirm-health');
      stage.aws.behaviour.cloudTrailDelay = Number.POSITIVE_INFINITY;
      stage.aws.iam.removeAccessKey(stage.oldKey);
      stage.aws.iam.addAccessKey('alice');
      await stage.waitDays(90);
      return rotation.step('delete-access-key');
    },
  ],
];

/** What is told of a call that AWS does not answer. */
const CALLS: readonly (readonly [operation: string, step: StepName])[] = [
  ['GetUser', 'plan-rotation'],
  ['ListAccessKeys', 'plan-rotation'],
  ['DescribeSecret', 'plan-rotation'],
  ['GetSecretValue', 'plan-rotation'],
  ['CreateAccessKey', 'create-access-key'],
  ['PutSecretValue', 'create-access-key'],
  ['UpdateSecretVersionStage', 'create-access-key'],
  ['GetAccessKeyLastUsed', 'confirm-adoption'],
  ['DescribeAlarms', 'confirm-adoption'],
  ['UpdateAccessKey', 'deactivate-access-key'],
  ['DeleteAccessKey', 'delete-access-key'],
];
const STEP_BEFORE: Partial<Record<StepName, StepName>> = {
  'create-access-key': 'plan-rotation',
  'confirm-adoption': 'publish-access-key',
  'deactivate-access-key': 'confirm-adoption',
  'delete-access-key': 'confirm-health',
};

const UNANSWERED: readonly Story[] = [
  ...CALLS.map(
    ([operation, step]): Story => [
      operation,
      async (stage) => {
        const before = STEP_BEFORE[step];
        const rotation = before === undefined ? stage.execution('first') : await until(stage, before);
        fail(stage, is(operation));
        return before === undefined ? rotation.plan() : rotation.step(step);
      },
      ALARMS,
    ],
  ),
  [
    'DescribeExecution',
    async (stage) => {
      const { arn } = await until(stage, 'create-access-key');
      fail(stage, ({ operation, input }) => operation === 'DescribeExecution' && input.executionArn === arn);
      return stage.execution('next').plan();
    },
  ],
  [
    'ListExecutions',
    (stage) => {
      fail(stage, is('ListExecutions'));
      return stage.execution('first').plan(SCHEDULED);
    },
    { enrolled: { noticeBefore: 'P2D' } },
  ],
  [
    'DescribeExecution of the execution itself',
    (stage) => {
      fail(stage, is('DescribeExecution'));
      return stage.execution('first').plan();
    },
  ],
  [
    'StopExecution',
    async (stage) => {
      await until(stage, 'create-access-key');
      const emergency = await emergencyIn(stage);
      fail(stage, is('StopExecution'));
      return emergency.step('stop-execution');
    },
  ],
  [
    'GetExecutionHistory of the execution that was stopped',
    async (stage) => {
      const { arn } = await until(stage, 'create-access-key');
      const emergency = await emergencyIn(stage);
      fail(
        stage,
        ({ operation, input }) => operation === 'GetExecutionHistory' && input.executionArn === arn,
      );
      return emergency.step('stop-execution');
    },
  ],
  [
    'ListSecretVersionIds',
    async (stage) => {
      const rotation = await until(stage, 'create-access-key');
      const next = await successorOf(stage, rotation);
      stage.aws.states.removeExecution(rotation.arn);
      fail(stage, is('ListSecretVersionIds'));
      return next.step('create-access-key');
    },
  ],
  [
    'LookupEvents',
    async (stage) => {
      const rotation = await until(stage, 'plan-rotation');
      stage.aws.faults.inject({ kind: 'after', match: is('CreateAccessKey') });
      await rotation.step('create-access-key').catch(() => undefined);
      fail(stage, is('LookupEvents'));
      return rotation.step('create-access-key');
    },
  ],
  [
    'GetCallerIdentity',
    async (stage) => {
      const emergency = await emergencyUntilAdoption(stage);
      fail(stage, is('GetCallerIdentity'));
      return emergency.step('deactivate-access-key');
    },
  ],
];

/** A deployment of the secret carol, which is not there, or of more. */
const deployed = (
  when: string,
  createChange: typeof createReplicas,
  properties: object,
  before: (stage: Stage) => void = () => {},
): Story => [
  when,
  async (stage) => {
    before(stage);
    const change = createChange({
      region: stage.aws.region,
      credentials: stage.aws.roleCredentials('arn:aws:iam::111122223333:role/deployment'),
      requestHandler: stage.aws.requestHandler(),
    });
    await stage.run(() => change({ RequestType: 'Create', ResourceProperties: properties }));
    return { status: 'done', outcome: '' };
  },
];

const DEPLOYMENTS: readonly Story[] = [
  deployed(
    'a secret cannot be created',
    createSecrets,
    { Secrets: [{ SecretId: 'carol', UserName: 'carol' }] },
    (stage) => fail(stage, is('CreateSecret')),
  ),
  deployed(
    'secrets are scheduled for deletion',
    createSecrets,
    { Secrets: ['carol', 'dave'].map((name) => ({ SecretId: name, UserName: name })) },
    ({ aws }) => {
      for (const name of ['carol', 'dave']) {
        aws.secretsManager.createSecret(name);
        aws.secretsManager.scheduleDeletion(name);
      }
    },
  ),
  ...['EncryptionFailure', 'InvalidParameterException', 'SomethingNew'].map((code) =>
    deployed(
      `a secret cannot be created: ${code}`,
      createSecrets,
      { Secrets: [{ SecretId: 'carol', UserName: 'carol' }] },
      (stage) => fail(stage, is('CreateSecret'), code),
    ),
  ),
  deployed('a secret cannot be replicated', createReplicas, {
    Secrets: [{ SecretId: 'carol', Replicas: [{ Region: 'us-west-2' }] }],
  }),
  ...['MalformedPolicyDocumentException', 'PublicPolicyException'].map((code) =>
    deployed(
      `a secret cannot be given its policy: ${code}`,
      putPolicies,
      {
        Policies: [
          { Secrets: [{ Readers: ['arn:aws:iam::444455556666:role/deploy'], SecretIds: ['carol'] }] },
        ],
      },
      (stage) => fail(stage, is('PutResourcePolicy'), code),
    ),
  ),
  deployed(
    'more is wrong than a reason has room for',
    createSecrets,
    {
      Secrets: ['EncryptionFailure', 'SomethingNew', 'InvalidParameterException'].map((name) => ({
        SecretId: name,
        UserName: name,
      })),
    },
    (stage) => {
      for (const code of ['EncryptionFailure', 'SomethingNew', 'InvalidParameterException']) {
        fail(stage, ({ input }) => input.Name === code, code, `${'so it is and '.repeat(25)}so on`);
      }
    },
  ),
  deployed('a secret cannot be given its policy', putPolicies, {
    Policies: [{ Secrets: [{ Readers: ['arn:aws:iam::444455556666:role/deploy'], SecretIds: ['carol'] }] }],
  }),
  [
    'a setting is missing',
    async () => {
      const runtime = { clientConfig: {}, environment: {}, enrolment: enrolmentIn(() => ({ users: [] })) };
      return { status: 'done', outcome: requireSetting(runtime, 'CLOUDTRAIL_REGION') };
    },
  ],
];

/** Every call like this is denied: by which policy. */
const deny = (stage: Stage, denial: Denial, match: (call: Call) => boolean) =>
  stage.aws.faults.inject({ kind: 'deny', denial, times: 99, match });
const deniedBy = (by: Exclude<Denial['by'], 'KMS key'>, explicit: boolean): Story => [
  `${explicit ? 'denied in a' : 'not allowed by any'} ${by}`,
  (stage) => {
    deny(stage, { by, explicit }, is('DescribeSecret'));
    return stage.execution('first').plan();
  },
];
/** AWS answers with an error. */
const refused = (code: string): Story => [
  `AWS answers ${code}`,
  (stage) => {
    stage.aws.faults.inject({
      kind: 'error',
      code,
      status: 400,
      times: 99,
      message: 'This is what AWS says',
      match: is('GetSecretValue'),
    });
    return stage.execution('first').plan();
  },
];
/** A step's lists of keys are denied. */
const deniedIn = (step: StepName, before: StepName | 'plan-rotation'): Story => [
  `a call of ${step} is denied`,
  async (stage) => {
    const rotation = await until(stage, before);
    deny(stage, { by: 'identity-based policy', explicit: false }, is('ListAccessKeys'));
    return rotation.step(step);
  },
  ALARMS,
];

/** What AWS refuses: whose rotation it is, what AWS says, and what is known of the keys. */
const DENIALS: readonly Story[] = [
  deniedBy('identity-based policy', false),
  deniedBy('resource-based policy', true),
  deniedBy('service control policy', true),
  deniedBy('resource control policy', true),
  deniedBy('permissions boundary', false),
  deniedBy('VPC endpoint policy', false),
  refused('AccessDeniedException'),
  [
    'the key policy of the KMS key says no',
    (stage) => {
      deny(stage, { by: 'KMS key' }, is('GetSecretValue'));
      return stage.execution('first').plan();
    },
  ],
  refused('DecryptionFailure'),
  refused('InvalidNextTokenException'),
  refused('LimitExceededException'),
  [
    'the call that stops another execution is denied',
    async (stage) => {
      await until(stage, 'publish-access-key');
      const rollback = stage.execution('second');
      await rollback.plan({ userName: 'alice', action: 'rollback' });
      deny(stage, { by: 'identity-based policy', explicit: false }, is('StopExecution'));
      return rollback.step('stop-execution');
    },
  ],
  deniedIn('create-access-key', 'plan-rotation'),
  deniedIn('test-access-key', 'create-access-key'),
  deniedIn('publish-access-key', 'test-access-key'),
  deniedIn('confirm-adoption', 'publish-access-key'),
  deniedIn('deactivate-access-key', 'confirm-adoption'),
  deniedIn('confirm-health', 'deactivate-access-key'),
  deniedIn('delete-access-key', 'confirm-health'),
  [
    'a call of reactivate-access-key is denied',
    async (stage) => {
      const rotation = await until(stage, 'deactivate-access-key');
      stage.aws.cloudWatch.setAlarmState('errors', 'ALARM');
      await rotation.step('confirm-health');
      deny(stage, { by: 'identity-based policy', explicit: false }, is('UpdateAccessKey'));
      return rotation.step('reactivate-access-key');
    },
    ALARMS,
  ],
  [
    'the definition does not say that a denial is tried again',
    (stage) => {
      deny(stage, { by: 'identity-based policy', explicit: false }, is('GetUser'));
      const execution = {
        id: stage.execution('first').arn,
        redriveCount: 0,
        startTime: stage.clock.now().toISOString(),
      };
      return stage.invoke('plan-rotation', { execution, state: { userName: 'alice' } });
    },
  ],
];

/** Puts a key into the secret, which is another user's unless said otherwise. */
const put = (stage: Stage, fields: Readonly<Record<string, unknown>>, userName = 'bob'): string => {
  if (stage.aws.iam.user(userName) === undefined) stage.aws.iam.addUser({ userName });
  const { accessKeyId, secretAccessKey } = stage.aws.iam.addAccessKey(userName);
  const document = { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, ...fields };
  stage.aws.secretsManager.putValue(SECRET, JSON.stringify(document));
  return accessKeyId;
};
const accepting: StageOptions = { firstKey: 'none' };
const plan = (stage: Stage) => stage.execution('first').plan();

const WHOSE_KEYS: readonly Story[] = [
  [
    'AWS accepts a key as somebody else’s',
    (stage) => {
      stage.aws.behaviour.keyPropagationDelay = 0;
      put(stage, {});
      return plan(stage);
    },
  ],
  [
    'AWS knows a key, and refuses its secret',
    (stage) => {
      stage.aws.behaviour.keyPropagationDelay = 0;
      put(stage, { SecretAccessKey: 'not-the-right-one' });
      return plan(stage);
    },
  ],
  [
    'IAM knows an Inactive key of another user',
    (stage) => {
      put(stage, {});
      return plan(stage);
    },
  ],
  [
    'the document names another user',
    (stage) => {
      stage.aws.iam.removeAccessKey(put(stage, { UserName: 'bob' }));
      return plan(stage);
    },
  ],
  [
    'a temporary key, without its session',
    (stage) => {
      put(stage, { AccessKeyId: 'ASIAOTHEROTHEROTHER3' });
      return plan(stage);
    },
  ],
  [
    'a key that was just put there, and nobody knows',
    (stage) => {
      stage.aws.iam.removeAccessKey(put(stage, {}));
      return plan(stage);
    },
  ],
  [
    'AWS cannot be asked',
    (stage) => {
      fail(stage, is('GetCallerIdentity'));
      put(stage, {});
      return plan(stage);
    },
  ],
  [
    'IAM does not answer',
    (stage) => {
      fail(stage, is('GetAccessKeyLastUsed'));
      put(stage, {});
      return plan(stage);
    },
  ],
  [
    'a key of the user, which IAM’s list does not show yet',
    (stage) => {
      stage.aws.behaviour.keyPropagationDelay = 0;
      put(stage, {}, 'alice');
      stage.aws.behaviour.iamReadLag = 600_000;
      return plan(stage);
    },
    accepting,
  ],
  [
    'the secret is a replica',
    (stage) => {
      stage.aws.secretsManager.setReplicaOf(SECRET, 'eu-west-1');
      return plan(stage);
    },
  ],
  [
    'the secret is in another Region',
    plan,
    { enrolled: { secretId: 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:alice-AbCdEf' } },
  ],
];

const ROTATIONS = 'arn:aws:states:us-east-1:111122223333:stateMachine:rotation';

/** An execution has ended, and has not told of it. */
const untold =
  (input: unknown, status: 'FAILED' | 'TIMED_OUT' | 'ABORTED', machine = ROTATIONS, error?: string) =>
  async ({ aws }: Stage): Promise<Ending> => {
    const tell = createTeller({
      environment: {
        STATE_MACHINE_ARN: ROTATIONS,
        NOTIFICATION_TOPIC_ARN: aws.sns.addTopic('Topic'),
        RUNBOOK_URL: RUNBOOK,
      },
      clientConfig: {
        region: aws.region,
        credentials: aws.roleCredentials(`arn:aws:iam::${aws.accountId}:role/tell-end`),
        requestHandler: aws.requestHandler(),
      },
    });
    const end = statusChange({
      arn: `${machine.replace(':stateMachine:', ':execution:')}:first`,
      status,
      startDate: new Date('2026-03-02T08:00:00Z'),
      stopDate: new Date('2026-03-09T08:47:00Z'),
      input,
      ...(error !== undefined && { error }),
    });
    const { info } = console;
    console.info = () => {};
    try {
      await tell(input === undefined ? { ...end, detail: { ...end.detail, input: null } } : end);
    } finally {
      console.info = info;
    }
    const [published] = aws.sns.messages;
    const { event = '', user = '', urgent } = published?.attributes ?? {};
    const told: MessageToPeople = {
      ...{ subject: published?.subject ?? '', text: published?.message ?? '', user, event, section: event },
      urgent: urgent === 'yes' ? 'yes' : 'no',
    };
    return { status: event, outcome: '', message: told };
  };
const DECLARATIONS = `${ROTATIONS}-emergency`;
const declaredBy = {
  [DECLARED_BY]: 'arn:aws:states:us-east-1:111122223333:execution:rotation-emergency:first',
};

const UNTOLD: readonly Story[] = [
  [
    'a scheduled rotation was stopped, and nobody said why',
    untold({ userName: 'alice', trigger: 'schedule' }, 'ABORTED', ROTATIONS, 'ByHand'),
  ],
  [
    'a resumed rotation ran into its time limit',
    untold({ userName: 'alice', action: 'resume' }, 'TIMED_OUT'),
  ],
  [
    'a rollback could not publish its message',
    untold({ userName: 'alice', action: 'rollback' }, 'FAILED', ROTATIONS, 'PersonNotTold'),
  ],
  [
    'a plan failed in Step Functions itself',
    untold({ userName: 'alice', action: 'plan' }, 'FAILED', ROTATIONS, 'States.Runtime'),
  ],
  ['an emergency was stopped', untold({ ...emergencyOf(OLD), ...declaredBy }, 'ABORTED')],
  ['an emergency was stopped that nobody had declared', untold(emergencyOf(OLD), 'ABORTED')],
  ['a rotation was stopped whose input is not admitted', untold({ user: 'alice' }, 'ABORTED')],
  ['a rotation was stopped whose input is too long for an event', untold(undefined, 'ABORTED')],
  ['a declaration was stopped', untold(leakOf(OLD), 'ABORTED', DECLARATIONS)],
  [
    'a declaration was stopped whose input is not admitted',
    untold({ userName: 'alice' }, 'ABORTED', DECLARATIONS),
  ],
  ['the function is invoked with something else', untold({ userName: 'alice' }, 'ABORTED', `${ROTATIONS}-2`)],
];

/** AWS says that the stage's key is exposed, or something else of these. */
const exposed =
  (
    happens: (stage: Stage) => { readonly event?: unknown; readonly keys?: readonly string[] },
    userName = 'alice',
  ) =>
  async (stage: Stage): Promise<Ending> => {
    const { aws, oldKey, enrolled } = stage;
    const events: unknown[] = [];
    aws.eventBridge.addRule({ pattern: { source: ['aws.health'] }, target: (event) => events.push(event) });
    const { event, keys = [oldKey] } = happens(stage);
    aws.health.expose(keys, { since: new Date('2026-03-02T06:12:00Z'), regions: [aws.region] });
    const answer = createAnswerer({
      enrolment: enrolmentIn(() => ({ users: [{ ...enrolled, userName }] })),
      environment: {
        STATE_MACHINE_ARN: ROTATIONS,
        NOTIFICATION_TOPIC_ARN: aws.sns.addTopic('Topic'),
        RUNBOOK_URL: RUNBOOK,
      },
      clientConfig: {
        region: aws.region,
        credentials: aws.roleCredentials(`arn:aws:iam::${aws.accountId}:role/answer-exposed-key`),
        requestHandler: aws.requestHandler(),
      },
    });
    const { info } = console;
    console.info = () => {};
    let failure: Error | undefined;
    try {
      await answer(event ?? events[0]);
    } catch (error) {
      failure = error as Error;
    } finally {
      console.info = info;
    }
    const [published] = aws.sns.messages;
    if (published === undefined) throw failure ?? new Error('Nobody was told');
    const { attributes, subject = '', message } = published;
    const { event: as = '', user = '', urgent } = attributes ?? {};
    const told: MessageToPeople = {
      ...{ subject, text: message, user, event: as, section: as },
      urgent: urgent === 'yes' ? 'yes' : 'no',
    };
    return {
      status: failure === undefined ? as : `${as}, and then ${failure.message}`,
      outcome: '',
      message: told,
    };
  };
const byItself: StageOptions = { enrolled: { onExposedKey: 'emergency' } };

const EXPOSED: readonly Story[] = [
  ['AWS says that a key is exposed, and the settings leave the rest to people', exposed(() => ({}))],
  [
    'it does not say since when',
    exposed(({ aws, oldKey }) => {
      const event = exposureOf(aws, oldKey);
      return { event: { ...event, detail: { ...event.detail, startTime: 'a while ago' } } };
    }),
  ],
  ['the key is of a user that is not enrolled', exposed(() => ({}), 'bob')],
  ['AWS does not say whose the key is', exposed(() => ({ keys: ['AKIAOTHEROTHEROTHER3'] }))],
  ['the event names no key', exposed(() => ({ keys: [] }))],
  [
    'the emergency of the settings cannot be started',
    exposed((stage) => {
      fail(stage, is('StartExecution'), 'ServiceUnavailable');
      return {};
    }),
    byItself,
  ],
  ['the function is invoked with something else', exposed(() => ({ event: { source: 'ours' } }))],
];

/** Generated IDs become those that nobody can mistake for real ones. */
const withKnownIds = (stage: Stage, text: string): string => {
  const ids = [
    ...new Set([stage.oldKey, ...Object.keys(stage.keys()), ...(text.match(/AKIA[A-Z2-7]{16}/g) ?? [])]),
  ];
  const strangers = ids.filter(
    (id) => id !== stage.oldKey && id !== 'none' && ![OLD, NEW, OTHER].includes(id),
  );
  const names = new Map([
    [stage.oldKey, OLD],
    ...strangers.map((id, index) => [id, [NEW, OTHER][index] ?? OTHER] as const),
  ]);
  return [...names].reduce(
    (known, [id, name]) =>
      id === 'none'
        ? known
        : known.replaceAll(id, name).replaceAll(`****${id.slice(-4)}`, `****${name.slice(-4)}`),
    text,
  );
};

/** The mail in an error of a step. Others, such as those of a deployment, are no mails. */
const messageIn = (error: Error): MessageToPeople | undefined =>
  error.message.startsWith('{') ? (JSON.parse(error.message) as MessageToPeople) : undefined;

const told = async ([when, tell, options]: Story): Promise<Message> => {
  const stage = new Stage(options);
  stage.understands = [...stage.understands, UNDERSTANDS_MESSAGES];
  const { random } = Math;
  // By which the SDK spreads its retries: a message with a time in it would be another one each time.
  Math.random = () => 0.5;
  try {
    const ending: Ending = await tell(stage).catch((error: Error) => ({
      status: error.name,
      outcome: error.message,
      message: messageIn(error),
    }));
    const { status, outcome, message } = ending;
    return {
      when,
      as: status,
      text: withKnownIds(stage, message?.text ?? outcome),
      ...(message && { subject: message.subject }),
    };
  } finally {
    Math.random = random;
    stage.close();
  }
};

/** The messages of the functions around the decisions: each told by the real function, against the embedded AWS. */
export const tellStories = async (): Promise<readonly Section[]> => {
  const sections: Section[] = [];
  for (const [title, stories] of [
    ['Every step', SHELL],
    ['plan-rotation: the function', PLANS],
    ['stop-execution: the function', STOPS],
    ['create-access-key: the function', CREATIONS],
    ['test-access-key: the function', TESTS],
    ['publish-access-key: the function', PUBLICATIONS],
    ['confirm-adoption: the function', ADOPTIONS],
    ['deactivate-access-key: the function', DEACTIVATIONS],
    ['confirm-health: the function', HEALTH],
    ['reactivate-access-key: the function', ROLLBACKS],
    ['delete-access-key: the function', DELETIONS],
    ['Whose a key is', WHOSE_KEYS],
    ['Calls that AWS does not answer', UNANSWERED],
    ['What AWS refuses', DENIALS],
    ['tell-end: the function', UNTOLD],
    ['answer-exposed-key: the function', EXPOSED],
    ['Deployments', DEPLOYMENTS],
  ] as const) {
    const messages: Message[] = [];
    // One after the other: a stage has the clock and the console of the process.
    for (const story of stories) messages.push(await told(story));
    sections.push({ title, messages });
  }
  return [...sections, tellSurveys()];
};
