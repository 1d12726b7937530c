import { readFile } from 'node:fs/promises';
import {
  GetMetricStatisticsCommand,
  PutMetricAlarmCommand,
  PutMetricDataCommand,
} from '@aws-sdk/client-cloudwatch';
import {
  CreateAccessKeyCommand,
  CreateUserCommand,
  GetAccessKeyLastUsedCommand,
  PutUserPolicyCommand,
  UpdateAccessKeyCommand,
} from '@aws-sdk/client-iam';
import { InvokeCommand, ListFunctionsCommand } from '@aws-sdk/client-lambda';
import { DeleteScheduleCommand, ListSchedulesCommand } from '@aws-sdk/client-scheduler';
import { PutSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { ListStateMachinesCommand, StopExecutionCommand } from '@aws-sdk/client-sfn';
import {
  GetSubscriptionAttributesCommand,
  ListSubscriptionsByTopicCommand,
  PublishCommand,
} from '@aws-sdk/client-sns';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { METRIC_DIMENSION, METRIC_NAMESPACE, METRICS } from '../../../lambdas/shared/contract/names';
import { scheduleName, secretName } from '../../../lib/config/names';
import type { Lane, LaneContext } from '../lane';
import { expectEqual, expectParts, refusalOf } from '../ministack/check';
import {
  type Cloud,
  type Credentials,
  environmentOf,
  MINISTACK_VERSION,
  REGION,
  startCloud,
} from '../ministack/cloud';
import { Consumer } from '../ministack/consumer';
import { DEVIATIONS, type Probe } from '../ministack/deviations';
import { Executions } from '../ministack/executions';
import { currentValue, holdings, keysOf, labelsOf, logMessages } from '../ministack/observe';
import { checkPermissions } from '../ministack/permissions';
import { SHIMS } from '../ministack/shims';
import { Cdk } from '../support/cdk';
import { MINISTACK_ACCOUNT } from '../support/emulators';
import { eventually } from '../support/eventually';
import { Inbox } from '../support/inbox';
import { Problem } from '../support/problem';

/** Rotated while a consumer works. Her old key is in the secret, and an alarm shows her consumers' health. */
const ALICE = 'alice';
/** Her schedule asks every minute whether a rotation is due. */
const CAROL = 'carol';
/** Her rotation is stopped in the overlap period. */
const ERIN = 'erin';
/** Enrolled by the second deployment. His key is in no secret yet. */
const DAVE = 'dave';
/** Not enrolled. */
const MALLORY = 'mallory';

/** Gets everything, and what concerns alice. */
const ON_CALL = 'oncall@example.com';
const OWNER = 'owner-of-alice@example.com';

const HEALTH_ALARM = 'alice-consumers-fail';
const HEALTH_METRIC = { Namespace: 'Consumers', MetricName: 'Failures' };

const RECOVERY_BEFORE = 'PT10S';
const RECOVERY_BEFORE_SECONDS = 10;
const RECOVERY_AFTER = 'PT5S';

/** A schedule of one minute fires within two, and ministack checks every ten seconds. */
const SCHEDULE_LIMIT_SECONDS = 150;

/** Lanes run side by side, and the CDK has much to compute. */
const DEPLOYMENT_LIMIT_SECONDS = 300;

/**
 * Real time, so everything is as short as force allows. idleAfter is shorter than 15 minutes, the grain of
 * last-used data.
 */
const configuration = (recoveryPeriod: string, more: readonly object[] = []) => ({
  notifications: { emails: [ON_CALL], chat: true },
  defaults: {
    overlapPeriod: 'PT8S',
    noticeBefore: 'PT0S',
    quietPeriod: 'PT2S',
    idleAfter: 'PT2S',
    adoptionDeadline: 'PT10M',
    adoptionCheckInterval: 'PT2S',
    healthCheckInterval: 'PT2S',
    deactivationWindow: 'always',
    recoveryPeriod,
  },
  users: [
    { userName: ALICE, owners: [OWNER], healthAlarms: [HEALTH_ALARM], force: true },
    { userName: CAROL, schedule: 'rate(1 minute)', force: true },
    { userName: ERIN, overlapPeriod: 'PT1H', adoptionDeadline: 'PT2H', force: true },
    ...more,
  ],
});

/** The states of a healthy rotation in the order of their first entry, with the wait for consumers. */
const HEALTHY_PATH = [
  'Plan the rotation',
  'Is a rotation due?',
  'Create and store a new key',
  'Where does the rotation stand?',
  'Test the new key',
  'Publish the new key',
  'Announce the new key',
  'Wait for the overlap period',
  'Check that consumers have moved',
  'May the old key be deactivated?',
  'Wait for consumers to move',
  'Announce that consumers have moved',
  'Deactivate the old key',
  'Is the old key Inactive?',
  'Announce the deactivation',
  'Has a key leaked?',
  'Wait in the recovery period',
  'Check that consumers are well',
  'Are consumers well?',
  'Delete the old key',
  'Is the old key deleted?',
  'Announce the deletion',
  'Rotation complete',
];

const createKey = async ({ iam }: Cloud, UserName: string): Promise<Credentials> => {
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }));
  return {
    accessKeyId: AccessKey?.AccessKeyId ?? '',
    secretAccessKey: AccessKey?.SecretAccessKey ?? '',
  };
};

/** The answer of AWS to a key that is Inactive or does not exist (AWS STS API Reference, "Common Errors"). */
const REFUSED_KEY = 'InvalidClientTokenId';

const whoIs = (cloud: Cloud, key: Credentials): Promise<unknown> =>
  new STSClient(cloud.as(key)).send(new GetCallerIdentityCommand({}));

const useAsACustomer = async (context: LaneContext, cloud: Cloud): Promise<void> => {
  const { progress, scratch, cleanup } = context;
  const { step, note } = progress;
  const cdk = new Cdk({
    stack: 'IamAccessKeyRotation',
    account: MINISTACK_ACCOUNT,
    region: REGION,
    environment: environmentOf(cloud, scratch),
    scratch,
    cleanup,
  });

  const oldKey = await step('Create the users as they were before the rotation: one key each', async () => {
    for (const UserName of [ALICE, CAROL, ERIN, DAVE, MALLORY]) {
      await cloud.iam.send(new CreateUserCommand({ UserName }));
    }
    for (const UserName of [CAROL, ERIN, DAVE]) await createKey(cloud, UserName);
    await cloud.iam.send(
      new PutUserPolicyCommand({
        UserName: ALICE,
        PolicyName: 'read-the-own-secret',
        PolicyDocument: JSON.stringify({
          Version: '2012-10-17',
          Statement: [
            {
              Effect: 'Allow',
              Action: 'secretsmanager:GetSecretValue',
              Resource: `arn:aws:secretsmanager:${REGION}:${MINISTACK_ACCOUNT}:secret:${secretName(ALICE)}-??????`,
            },
          ],
        }),
      }),
    );
    await cloud.cloudWatch.send(
      new PutMetricAlarmCommand({
        AlarmName: HEALTH_ALARM,
        ...HEALTH_METRIC,
        Statistic: 'Sum',
        Period: 300,
        EvaluationPeriods: 1,
        Threshold: 0,
        ComparisonOperator: 'GreaterThanThreshold',
      }),
    );
    return createKey(cloud, ALICE);
  });

  await step('cdk bootstrap', () => cdk.bootstrap());
  const before = await cdk.configure('first', configuration(RECOVERY_BEFORE));
  const outputs = await step(
    'cdk deploy: the unchanged app, with short periods',
    () => cdk.deploy(before),
    DEPLOYMENT_LIMIT_SECONDS,
  );
  const executions = new Executions(cloud, outputs.StateMachineArn);
  const { NotificationTopicArn: topicArn, ChatTopicArn: chatTopicArn } = outputs;
  const inbox = await Inbox.subscribe(cloud, { name: 'on-call', topicArn });
  const channel = await Inbox.subscribe(cloud, { name: 'channel', topicArn: chatTopicArn });

  const consumer = new Consumer(cloud, secretName(ALICE), oldKey);
  cleanup.add('the consumer', () => consumer.stop());
  await step("Start alice's consumer, with its key in the secret", async () => {
    const value = { AccessKeyId: oldKey.accessKeyId, SecretAccessKey: oldKey.secretAccessKey, note: 'ours' };
    await cloud.secrets.send(
      new PutSecretValueCommand({ SecretId: secretName(ALICE), SecretString: JSON.stringify(value) }),
    );
    consumer.start();
    await eventually('the first calls of the consumer', async () => consumer.calls > 3 || undefined);
    expectEqual('Calls of the consumer that failed before the rotation', consumer.failures, []);
    const { AccessKeyLastUsed: use } = await cloud.iam.send(
      new GetAccessKeyLastUsedCommand({ AccessKeyId: oldKey.accessKeyId }),
    );
    expectEqual('The service that the old key was used for', use?.ServiceName, 'secretsmanager');
  });

  const startedMs = Date.now();
  const [rotation, stopped] = await step('Start the rotations of alice and erin', () =>
    Promise.all([executions.start(ALICE), executions.start(ERIN)]),
  );
  const after = await cdk.configure(
    'second',
    configuration(RECOVERY_AFTER, [{ userName: DAVE, force: true }]),
  );
  // Not awaited yet; its failure is reported where it is awaited.
  const synthesized = cdk.synthesize(after).then(
    () => undefined,
    (error: unknown) => error,
  );

  const failed = await step('A failed execution tells a person', async () => {
    const executionArn = await executions.start(MALLORY);
    const ended = await executions.ends(executionArn, 'FAILED', 30);
    const { Subject, Message } = await inbox.message(
      `the message of ${executionArn}`,
      // The rule tells of it, too: it does not know the name of the error either.
      ({ Subject = '', Message: text }) =>
        Subject.startsWith('URGENT [') && !Subject.includes('EndedUntold') && text.includes(executionArn),
    );
    const [, , , region, account] = executionArn.split(':');
    expectEqual('Subject of the message', Subject, `URGENT [${account}/${region}] a step was cut off`);
    expectParts('The message of a failed execution', Message, [
      // The message has the step's own words only under the error names of steps, and ministack does not pass
      // these on.
      'A step ended with Runtime.HandlerError and without an explanation',
      'Every step can be repeated safely, and no key was lost.',
      'Started with: what the plan has not admitted: see the input of the execution',
      `Execution: ${executionArn}`,
      'Runbook: docs/runbook.md#a-step-was-cut-off',
    ]);
    return ended;
  });

  await step('An owner is subscribed to what concerns the own user, and gets nothing else', async () => {
    const { Subscriptions = [] } = await cloud.sns.send(
      new ListSubscriptionsByTopicCommand({ TopicArn: topicArn }),
    );
    const byMail = Subscriptions.filter(({ Protocol }) => Protocol === 'email');
    expectEqual('Addresses', byMail.map(({ Endpoint }) => Endpoint).sort(), [ON_CALL, OWNER].sort());
    const [ofOwner] = byMail.filter(({ Endpoint }) => Endpoint === OWNER);
    const { Attributes = {} } = await cloud.sns.send(
      new GetSubscriptionAttributesCommand({ SubscriptionArn: ofOwner?.SubscriptionArn }),
    );
    const filterPolicy = JSON.parse(Attributes.FilterPolicy ?? '{}') as Readonly<
      Record<string, readonly string[]>
    >;
    expectEqual('The filter of the owner', filterPolicy, { user: [ALICE] });
    // ministack sends no mail: a queue with the same filter shows what it lets through.
    const mailbox = await Inbox.subscribe(cloud, { name: 'owner', topicArn, filterPolicy });
    for (const StringValue of [CAROL, undefined, ALICE]) {
      const MessageAttributes = StringValue && { user: { DataType: 'String', StringValue } };
      await cloud.sns.send(
        new PublishCommand({
          TopicArn: topicArn,
          Message: `about ${StringValue}`,
          ...(MessageAttributes && { MessageAttributes }),
        }),
      );
    }
    await mailbox.message('the message about alice', ({ Message }) => Message === `about ${ALICE}`);
    expectEqual(
      'Messages of the owner',
      mailbox.received.map(({ Message, MessageAttributes }) => ({ Message, MessageAttributes })),
      [{ Message: `about ${ALICE}`, MessageAttributes: { user: { Type: 'String', Value: ALICE } } }],
    );
  });

  await step('A chat channel is shown the failure, in the form that it understands', async () => {
    const { Message } = await channel.message('the failure, for a channel', ({ Message: text }) =>
      text.includes('Access Key Rotation Failed'),
    );
    const { version, source, content, metadata } = JSON.parse(Message) as {
      readonly version: string;
      readonly source: string;
      readonly content: { readonly title: string; readonly description: string };
      readonly metadata: { readonly threadId: string };
    };
    expectEqual('The form of the notification', [version, source], ['1.0', 'custom']);
    expectEqual('Its thread', metadata.threadId, failed.executionArn);
    expectParts('Its title', content.title, [
      `failed: ${failed.error} (account ${MINISTACK_ACCOUNT}, ${REGION})`,
    ]);
    expectParts('Its text', content.description, ['A step ended with Runtime.HandlerError']);
  });

  await step(`Provoke the ${DEVIATIONS.length} known deviations of ministack`, async () => {
    const probe: Probe = {
      cloud,
      context,
      errorOfFailedExecution: failed.error,
      usedAccessKeyId: oldKey.accessKeyId,
      healthAlarm: HEALTH_ALARM,
    };
    const gone: string[] = [];
    for (const { id, persists } of DEVIATIONS) {
      if (!(await persists(probe))) {
        gone.push(
          `ministack ${MINISTACK_VERSION} no longer deviates in "${id}": remove it from deviations.ts.`,
        );
      }
    }
    if (gone.length > 0) throw new Problem(gone.join('\n'));
    for (const { id, found } of DEVIATIONS) note(`deviation: ${id}. ${found}`);
  });

  await step('An alarm of the stack goes off and tells a person', async () => {
    await cloud.cloudWatch.send(
      new PutMetricDataCommand({
        Namespace: 'AWS/States',
        MetricData: [
          {
            MetricName: 'ExecutionThrottled',
            Dimensions: [{ Name: 'StateMachineArn', Value: outputs.StateMachineArn }],
            Value: 1,
          },
        ],
      }),
    );
    const { Message } = await inbox.message('the message of the alarm', ({ Subject = '' }) =>
      Subject.startsWith('ALARM'),
    );
    expectParts('The message of the alarm', Message, [
      '"NewStateValue": "ALARM"',
      'Step Functions throttled rotations',
      'docs/runbook.md#rotations-cannot-start',
    ]);
  });

  await step(
    'A second deployment, while the rotation waits for consumers whose alarm is silent',
    async () => {
      const problem = await synthesized;
      if (problem !== undefined) throw problem;
      await executions.reaches(rotation, 'Wait for consumers to move', 90);
      const held = await holdings(cloud, [ALICE, CAROL]);
      await cdk.deploy(after, true);
      expectEqual('Secrets and keys after the deployment', await holdings(cloud, [ALICE, CAROL]), held);
      expectEqual('The waiting rotation', (await executions.describe(rotation)).status, 'RUNNING');
    },
    DEPLOYMENT_LIMIT_SECONDS,
  );

  const later = await step('Start a rotation of dave, whom that deployment has enrolled', () =>
    executions.start(DAVE),
  );

  await step('The rotation of alice goes on when the alarm is OK', async () => {
    await cloud.cloudWatch.send(
      new PutMetricDataCommand({
        Namespace: HEALTH_METRIC.Namespace,
        MetricData: [{ MetricName: HEALTH_METRIC.MetricName, Value: 0 }],
      }),
    );
    await executions.reaches(rotation, 'Deactivate the old key', 100);
  });

  await step('A stopped execution tells a person, by the rule', async () => {
    await executions.reaches(stopped, 'Wait for the overlap period', 60);
    await cloud.sfn.send(new StopExecutionCommand({ executionArn: stopped, cause: 'to see who is told' }));
    const { Message, MessageAttributes } = await inbox.message(
      'the message of the rule',
      ({ Message: text }) => text.includes(stopped),
    );
    expectParts('The message of the rule', Message, [
      `The rotation of ${ERIN} was stopped on `,
      ': ABORTED.\n',
      `\n   aws stepfunctions describe-execution --region us-east-1 --execution-arn ${stopped}\n`,
      '\nRunbook: docs/runbook.md#rotationendeduntold\n',
    ]);
    expectEqual('The attributes, by which subscriptions filter', MessageAttributes, {
      user: { Type: 'String', Value: ERIN },
      event: { Type: 'String', Value: 'RotationEndedUntold' },
      urgent: { Type: 'String', Value: 'no' },
    });
  });

  await step(
    'IAM refuses a deployed step everything beyond its own permissions, and an Inactive key everything',
    async () => {
      const foreign = await createKey(cloud, MALLORY);
      const [carolsKeyId = ''] = Object.keys(await keysOf(cloud, CAROL));
      await checkPermissions(cloud, {
        enrolled: { UserName: CAROL, AccessKeyId: carolsKeyId },
        notEnrolled: { UserName: MALLORY, AccessKeyId: foreign.accessKeyId },
      });
      await cloud.iam.send(
        new UpdateAccessKeyCommand({
          UserName: MALLORY,
          AccessKeyId: foreign.accessKeyId,
          Status: 'Inactive',
        }),
      );
      expectEqual('STS’s answer to an Inactive key', await refusalOf(whoIs(cloud, foreign)), REFUSED_KEY);
    },
  );

  const newKeyId = await step('The rotation of alice completes, by its old settings', async () => {
    await executions.ends(rotation, 'SUCCEEDED', 90);
    const visits = await executions.visits(rotation);
    expectEqual('States of the rotation', [...new Set(visits.map(({ state }) => state))], HEALTHY_PATH);
    for (const { state, output } of visits) {
      expectEqual(`recoveryPeriod in "${state}"`, output.settings?.recoveryPeriod, RECOVERY_BEFORE);
    }
    const deactivatedAt = visits.find(({ output }) => output.deactivatedAt)?.output.deactivatedAt ?? '';
    const deletion = (await executions.history(rotation)).find(
      ({ stateEnteredEventDetails: entry }) => entry?.name === 'Delete the old key',
    );
    const inactiveSeconds = ((deletion?.timestamp?.getTime() ?? 0) - Date.parse(deactivatedAt)) / 1000;
    if (inactiveSeconds < RECOVERY_BEFORE_SECONDS) {
      throw new Problem(`The old key was Inactive for ${inactiveSeconds} s, not for ${RECOVERY_BEFORE}.`);
    }
    const { key, fields } = await currentValue(cloud, ALICE);
    const { accessKeyId } = key;
    expectEqual('STS’s answer to the old key', await refusalOf(whoIs(cloud, oldKey)), REFUSED_KEY);
    expectEqual("alice's keys", await keysOf(cloud, ALICE), { [accessKeyId]: 'Active' });
    expectEqual('Whether the old key is still the current one', accessKeyId === oldKey.accessKeyId, false);
    expectEqual("The owner's own field in the secret", fields.note, 'ours');
    const labels = (await labelsOf(cloud, ALICE)).flatMap(([, names]) => names).sort();
    expectEqual('Labels of the secret, without a lock', labels, ['AWSCURRENT', 'AWSPREVIOUS']);
    return accessKeyId;
  });
  const seconds = Math.round((Date.now() - startedMs) / 1000);

  await step('The consumer has not noticed', async () => {
    const calls = consumer.calls;
    await eventually(
      'calls of the consumer after the rotation',
      async () => consumer.calls > calls + 2 || undefined,
    );
    await consumer.stop();
    expectEqual('Calls that failed', consumer.failures, []);
    expectEqual('Keys that it used', consumer.keysUsed, [oldKey.accessKeyId, newKeyId]);
    note(`alice was rotated in ${seconds} s of real time; ${consumer.calls} calls of her consumer, 0 failed`);
  });

  await step('The rotation of dave completes, by the new settings', async () => {
    await executions.ends(later, 'SUCCEEDED', 90);
    for (const { state, output } of await executions.visits(later)) {
      expectEqual(`recoveryPeriod in "${state}"`, output.settings?.recoveryPeriod, RECOVERY_AFTER);
    }
    const { key } = await currentValue(cloud, DAVE);
    expectEqual("dave's keys", await keysOf(cloud, DAVE), { [key.accessKeyId]: 'Active' });
  });

  await step(
    "carol's schedule has fired by itself",
    async () => {
      const scheduled = await eventually(
        'an execution that the schedule has started',
        async () => {
          for (const executionArn of await executions.all()) {
            const { input = '{}' } = await executions.describe(executionArn);
            if (input.includes(CAROL)) return executionArn;
          }
          return undefined;
        },
        SCHEDULE_LIMIT_SECONDS,
      );
      const { name = '', input = '{}' } = await executions.ends(scheduled, 'SUCCEEDED', 30);
      expectEqual('Name of the execution', name.replace(/[0-9a-f-]{36}$/, 'a UUID'), `${CAROL}-a UUID`);
      expectEqual('Input of the execution', JSON.parse(input), { userName: CAROL, trigger: 'schedule' });
      expectEqual(
        'States of the execution',
        (await executions.visits(scheduled)).map(({ state }) => state),
        ['Plan the rotation', 'Is a rotation due?', 'Nothing to do'],
      );
    },
    SCHEDULE_LIMIT_SECONDS + 60,
  );

  await step('The survey looks at everybody under its own role, and tells what it has found', async () => {
    const { Functions = [] } = await cloud.lambda.send(new ListFunctionsCommand({ MaxItems: 50 }));
    const survey = Functions.find(({ Description }) => Description?.startsWith('The survey:'));
    const { FunctionError } = await cloud.lambda.send(
      new InvokeCommand({ FunctionName: survey?.FunctionName }),
    );
    expectEqual('The error of the survey', FunctionError, undefined);
    const log = (await logMessages(cloud, outputs.SurveyLogGroupName)).join('\n');
    expectEqual('What the survey could not tell', /.*untold.*/.exec(log)?.[0], undefined);
    const figureOf = async (MetricName: string): Promise<number | undefined> => {
      const { Datapoints = [] } = await cloud.cloudWatch.send(
        new GetMetricStatisticsCommand({
          Namespace: METRIC_NAMESPACE,
          MetricName,
          Dimensions: [{ Name: METRIC_DIMENSION, Value: 'IamAccessKeyRotation' }],
          StartTime: new Date(Date.now() - 3_600_000),
          EndTime: new Date(Date.now() + 60_000),
          Period: 3600,
          Statistics: ['Maximum'],
        }),
      );
      return Datapoints[0]?.Maximum;
    };
    expectEqual(
      'What the survey has counted',
      {
        heartbeat: await figureOf(METRICS.heartbeat),
        enrolled: await figureOf(METRICS.enrolled),
        unfinished: await figureOf(METRICS.unfinished),
        drifted: await figureOf(METRICS.drifted),
        overdue: await figureOf(METRICS.overdue),
      },
      // The rotation of erin was stopped. Which key of carol the secret holds is not said yet.
      { heartbeat: 1, enrolled: 4, unfinished: 1, drifted: 0, overdue: 0 },
    );
    await cloud.scheduler.send(
      new DeleteScheduleCommand({ GroupName: 'IamAccessKeyRotation', Name: scheduleName(DAVE) }),
    );
    await cloud.lambda.send(new InvokeCommand({ FunctionName: survey?.FunctionName }));
    const { Message } = await inbox.message('The message of the survey', ({ Subject = '' }) =>
      Subject.startsWith(`[${DAVE} @ `),
    );
    expectParts('The message of the survey', Message, [
      `${DAVE}: The schedule that starts rotations is not there`,
    ]);
    expectEqual('What the survey could not read', /.*NOT KNOWN.*/.exec(Message)?.[0], undefined);
  });

  await step('Key material is only in the secrets', async () => {
    const histories = (await executions.all()).map((executionArn) => executions.history(executionArn));
    // For each place: its text, and something that it has to contain.
    const places = {
      'the histories of the executions': [JSON.stringify(await Promise.all(histories)), ALICE],
      'the logs of the functions': [(await logMessages(cloud, '/aws/')).join('\n'), `a key of ${ALICE}`],
      "ministack's log": [await readFile(cloud.logFile, 'utf8'), 'Ready'],
      'the messages': [JSON.stringify(inbox.received), 'WHAT HAPPENED'],
    } as const;
    const values = await Promise.all([ALICE, DAVE, ERIN].map((userName) => currentValue(cloud, userName)));
    const material = [oldKey, ...values.map(({ key }) => key)].map(({ secretAccessKey }) => secretAccessKey);
    for (const [place, [text, part]] of Object.entries(places)) {
      expectParts(`${place}, which should contain something`, text, [part]);
      expectEqual(
        `Secret access keys in ${place}`,
        material.filter((secret) => text.includes(secret)).length,
        0,
      );
    }
  });

  const users = [ALICE, CAROL, DAVE, ERIN];
  await step(
    'cdk destroy leaves secrets and keys as they are, and the next cdk deploy adopts them',
    async () => {
      const held = await holdings(cloud, users);
      await cdk.destroy(after);
      const { stateMachines = [] } = await cloud.sfn.send(new ListStateMachinesCommand({}));
      const { Schedules = [] } = await cloud.scheduler.send(new ListSchedulesCommand({}));
      expectEqual(
        'The state machine, among those that are left',
        stateMachines.some(({ stateMachineArn }) => stateMachineArn === outputs.StateMachineArn),
        false,
      );
      expectEqual('Schedules that are left', Schedules, []);
      expectEqual('Secrets and keys after the removal', await holdings(cloud, users), held);
      await cdk.deploy(after, true);
      expectEqual('Secrets and keys after another deployment', await holdings(cloud, users), held);
    },
    DEPLOYMENT_LIMIT_SECONDS,
  );
};

/** The real CDK app on ministack, used there as a customer uses AWS. */
export const ministack: Lane = {
  name: 'ministack',
  title: 'the real CDK app, deployed to ministack and used there',
  run: async (context) => {
    const { note, step } = context.progress;
    for (const { name, lacks } of SHIMS) note(`shim: ${name}. ${lacks}`);
    const cloud = await step(
      `Start ministack ${MINISTACK_VERSION}, which judges every signed request by IAM policies`,
      () => startCloud(context),
    );
    try {
      await useAsACustomer(context, cloud);
    } catch (error) {
      note(`the end of ministack's log:\n${cloud.server.logTail()}`);
      throw error;
    }
  },
};
