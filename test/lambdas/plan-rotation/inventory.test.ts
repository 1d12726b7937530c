import { elsewhere } from '../../../lambdas/plan-rotation/inventory';
import { SECRET } from '../../support/alice';
import { Stage, type StageOptions, TO_PUBLICATION } from '../support/stage';

/* What is configured is compared with what is there, before a key is created. */

let stage: Stage;
afterEach(() => stage?.close());

const HERE = 'arn:aws:states:us-east-1:111122223333:execution:rotation:first';
const REGION = 'eu-west-1';
const VALIDATOR = 'arn:aws:lambda:us-east-1:111122223333:function:validator';

test.each<[string, string, ReturnType<typeof elsewhere>]>([
  ['a name', 'iam-access-key-rotation/alice', undefined],
  [
    'an ARN of this account and Region',
    'arn:aws:secretsmanager:us-east-1:111122223333:secret:x-AbCdEf',
    undefined,
  ],
  [
    'an ARN of another Region',
    'arn:aws:secretsmanager:eu-west-1:111122223333:secret:x-AbCdEf',
    {
      there: { region: 'eu-west-1', accountId: '111122223333' },
      here: { region: 'us-east-1', accountId: '111122223333' },
    },
  ],
  [
    'an ARN of another account',
    'arn:aws:secretsmanager:us-east-1:444455556666:secret:x-AbCdEf',
    {
      there: { region: 'us-east-1', accountId: '444455556666' },
      here: { region: 'us-east-1', accountId: '111122223333' },
    },
  ],
])('%s', (_case, secretId, away) => {
  expect(elsewhere(secretId, HERE)).toEqual(away);
});

const alarmOf = (name: string) => stage.aws.cloudWatch.addAlarm(name, 'OK');
/** What was asked of those whose word a rotation waits for. */
const looked = () =>
  stage.aws.calls
    .filter(({ service }) => ['cloudwatch', 'lambda'].includes(service))
    .map((call) => call.operation);
const plan = (input: Readonly<Record<string, unknown>> = {}) =>
  stage.execution('first').plan({ userName: 'alice', ...input });
const conflict = (message: RegExp) => ({
  name: 'EnrolmentConflict',
  message: expect.stringMatching(message),
});

test('a secret in another Region is named as that, and nobody is told to create it', async () => {
  const secretId = 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:x-AbCdEf';
  stage = new Stage({ enrolled: { secretId } });
  await expect(plan()).rejects.toMatchObject(
    conflict(/in eu-west-1 of the account 111122223333: arn:aws:secretsmanager:eu-west-1:/),
  );
  await expect(plan()).rejects.not.toMatchObject(conflict(/create-secret/));
});

test('a replica cannot be rotated: where the secret itself is, is named', async () => {
  stage = new Stage();
  stage.aws.secretsManager.setReplicaOf(SECRET, REGION);
  await expect(plan()).rejects.toMatchObject(conflict(/is a replica here.*itself is in eu-west-1\./));
  await expect(plan({ trigger: 'schedule' })).rejects.toMatchObject({ name: 'EnrolmentConflict' });
  expect(stage.changes()).toEqual([]);
});

/** What is wrong with what is configured, and what the message says. */
const WRONG: readonly [string, StageOptions, () => void, RegExp][] = [
  [
    'a replica that is not there',
    { enrolled: { replicaRegions: [{ region: REGION }] } },
    () => {},
    /has no replica in eu-west-1,/,
  ],
  [
    'one of two replicas that is not there',
    { enrolled: { replicaRegions: [{ region: 'ap-south-1' }, { region: REGION }] } },
    () => stage.aws.secretsManager.setReplicas(SECRET, [{ region: REGION, status: 'InSync' }]),
    /has no replica in ap-south-1, /,
  ],
  [
    'a replica that failed',
    { enrolled: { replicaRegions: [{ region: REGION }] } },
    () => stage.aws.secretsManager.setReplicas(SECRET, [{ region: REGION, status: 'Failed' }]),
    / failed, in eu-west-1\./,
  ],
  [
    'a replica of the owner’s own that failed',
    {},
    () => stage.aws.secretsManager.setReplicas(SECRET, [{ region: REGION, status: 'Failed' }]),
    / failed, in eu-west-1\./,
  ],
  [
    'an alarm that is not there',
    { enrolled: { healthAlarms: ['errors'] } },
    () => {},
    /: errors \(there is no such metric alarm/,
  ],
  [
    'one of two alarms that is not there',
    { enrolled: { healthAlarms: ['errors', 'latency'] } },
    () => alarmOf('errors'),
    /: latency \(there is no such metric alarm/,
  ],
  [
    'an alarm that may not be read',
    { enrolled: { healthAlarms: ['errors'] } },
    () => {
      alarmOf('errors');
      stage.aws.faults.inject({
        kind: 'deny',
        denial: { by: 'identity-based policy', explicit: false },
        match: ({ operation }) => operation === 'DescribeAlarms',
        times: 999,
      });
    },
    /: errors \(it cannot be read: \w+\)/,
  ],
  [
    'a validator that is not there',
    { enrolled: { validator: VALIDATOR } },
    () => stage.aws.lambda.addFunction(`${VALIDATOR}-of-another`),
    /The validator of alice does not exist in this account and Region: arn:\S+:validator\./,
  ],
  [
    'a validator that was deleted, of which an alias is configured',
    { enrolled: { validator: `${VALIDATOR}:live` } },
    () => {
      stage.aws.lambda.addFunction(VALIDATOR);
      stage.aws.lambda.removeFunction(VALIDATOR);
    },
    /The validator of alice does not exist in this account and Region: arn:\S+:validator:live\./,
  ],
  [
    'a validator that may not be looked for',
    { enrolled: { validator: VALIDATOR } },
    () => {
      stage.aws.lambda.addFunction(VALIDATOR);
      stage.aws.faults.inject({
        kind: 'deny',
        denial: { by: 'identity-based policy', explicit: false },
        match: ({ operation }) => operation === 'GetFunctionConcurrency',
        times: 999,
      });
    },
    /\(AccessDeniedException\): arn:\S+:validator\. .*lambda:GetFunctionConcurrency/,
  ],
];

describe.each(WRONG)('%s', (_case, options, given, message) => {
  beforeEach(() => {
    stage = new Stage(options);
    given();
  });

  test.each<[string, Readonly<Record<string, string>>]>([
    ['a person', {}],
    ['a schedule, when a rotation is due', { trigger: 'schedule' }],
  ])('is refused to %s, before a key is created', async (_who, input) => {
    await expect(plan(input)).rejects.toMatchObject(conflict(message));
    await expect(plan(input)).rejects.toMatchObject(
      conflict(/Nothing was changed\. Keys now: AKIA\w{16} Active\./),
    );
    expect(stage.changes()).toEqual([]);
  });

  test('is refused to a schedule when notice would be given, and none is', async () => {
    Object.assign(stage.enrolled, { noticeBefore: 'P2D', rotateAfter: 'P81D' });
    await expect(plan({ trigger: 'schedule' })).rejects.toMatchObject(conflict(message));
  });

  test('is said by a plan', async () => {
    const { outcome } = await plan({ action: 'plan' });
    expect(outcome).toMatch(/would not start: it would end in EnrolmentConflict\./);
    expect(outcome).toMatch(message);
  });

  test('keeps no emergency from retiring a leaked key', async () => {
    const { oldKey } = stage;
    const started = await plan({ action: 'emergency', accessKeyId: oldKey, reason: 'leaked' });
    expect(started).toMatchObject({ status: 'due' });
  });

  test('is no matter for a rotation that is on its way', async () => {
    stage.close();
    stage = new Stage();
    const first = stage.execution('begun');
    await first.walk(...TO_PUBLICATION);
    first.end();
    await stage.wait(600_000);
    Object.assign(stage.enrolled, options.enrolled);
    given();
    expect(await plan()).toMatchObject({ status: 'due' });
    expect(await plan({ action: 'rollback' })).toMatchObject({ status: 'due' });
  });
});

test.each<[string, StageOptions, () => void]>([
  ['no replica is configured, and none is there', {}, () => {}],
  [
    'replicas are as they should be',
    { enrolled: { replicaRegions: [{ region: REGION }] } },
    () => stage.aws.secretsManager.setReplicas(SECRET, [{ region: REGION, status: 'InSync' }]),
  ],
  [
    'a replica is on its way',
    { enrolled: { replicaRegions: [{ region: REGION }] } },
    () => stage.aws.secretsManager.setReplicas(SECRET, [{ region: REGION, status: 'InProgress' }]),
  ],
  [
    'alarms are there, whatever they say',
    { enrolled: { healthAlarms: ['errors', 'latency'] } },
    () => {
      alarmOf('errors');
      stage.aws.cloudWatch.addAlarm('latency', 'ALARM');
    },
  ],
  [
    'the validator is there',
    { enrolled: { validator: VALIDATOR } },
    () => stage.aws.lambda.addFunction(VALIDATOR),
  ],
  [
    'the validator is there, and an alias of it is configured',
    { enrolled: { validator: `${VALIDATOR}:live` } },
    () => stage.aws.lambda.addFunction(VALIDATOR),
  ],
])('a rotation starts when %s', async (_case, options, given) => {
  stage = new Stage(options);
  given();
  expect(await plan()).toMatchObject({ status: 'due' });
});

test('nothing that is configured is looked at before a rotation is due', async () => {
  stage = new Stage({ enrolled: { healthAlarms: ['errors'], validator: VALIDATOR, rotateAfter: 'P365D' } });
  expect(await plan({ trigger: 'schedule' })).toMatchObject({ status: 'nothing-to-do' });
  expect(looked()).toEqual([]);
});

test('where nothing is configured, nothing is looked for, by a plan neither', async () => {
  stage = new Stage();
  await plan({ action: 'plan' });
  expect(await plan()).toMatchObject({ status: 'due' });
  expect(looked()).toEqual([]);
});

test('an emergency looks for neither alarms nor a validator', async () => {
  stage = new Stage({ enrolled: { healthAlarms: ['errors'], validator: VALIDATOR } });
  await plan({ action: 'emergency', accessKeyId: stage.oldKey, reason: 'leaked' });
  expect(looked()).toEqual([]);
});

test('alarms that cannot be read are not taken for there', async () => {
  stage = new Stage({ enrolled: { healthAlarms: ['errors'] } });
  alarmOf('errors');
  stage.aws.faults.inject({
    kind: 'error',
    code: 'ThrottlingException',
    status: 400,
    match: ({ operation }) => operation === 'DescribeAlarms',
    times: Number.POSITIVE_INFINITY,
  });
  await expect(plan()).rejects.toMatchObject({ name: 'TransientServiceError' });
});

test('a validator of which Lambda says nothing is not taken for there, nor for gone', async () => {
  stage = new Stage({ enrolled: { validator: VALIDATOR } });
  stage.aws.faults.inject({
    kind: 'throttle',
    match: ({ operation }) => operation === 'GetFunctionConcurrency',
    times: Number.POSITIVE_INFINITY,
  });
  await expect(plan()).rejects.toMatchObject({
    name: 'TransientServiceError',
    message: expect.stringMatching(
      /^Lambda does not say whether there is arn:\S+:validator, .*: TooManyRequestsException\./,
    ),
  });
  expect(stage.changes()).toEqual([]);
  const { outcome } = await plan({ action: 'plan' });
  expect(outcome).toMatch(/would start .* Lambda does not say at present .*\(TooManyRequestsException\)\./);
});

test('a validator of which Lambda says nothing keeps no emergency waiting', async () => {
  stage = new Stage({ enrolled: { validator: VALIDATOR } });
  stage.aws.faults.inject({
    kind: 'throttle',
    match: ({ service }) => service === 'lambda',
    times: Number.POSITIVE_INFINITY,
  });
  const started = await plan({ action: 'emergency', accessKeyId: stage.oldKey, reason: 'leaked' });
  expect(started).toMatchObject({ status: 'due' });
});
