import { EmbeddedAws } from '../../../embedded-aws/embedded-aws';
import { scheduleOf } from '../../../local/deployment/schedules';
import { TemplateResolver } from '../../../local/deployment/template';
import { appOf } from '../support/deployed';

const SCHEDULE = {
  Name: 'of-alice',
  Target: {
    Arn: 'arn:aws:scheduler:::aws-sdk:sfn:startExecution',
    RoleArn: 'role',
    Input: '{"StateMachineArn":"machine","Name":"alice-<aws.scheduler.execution-id>","Input":"{}"}',
    DeadLetterConfig: { Arn: 'arn:aws:sqs:us-east-1:111122223333:Queue' },
  },
};

const schedule = (target = {}) => {
  const aws = new EmbeddedAws();
  const resolver = new TemplateResolver(
    { Resources: {} },
    { stackName: 'S', accountId: aws.accountId, region: aws.region },
  );
  const Properties = { ...SCHEDULE, Target: { ...SCHEDULE.Target, ...target } };
  return scheduleOf({ aws, resolver, permissions: () => true, machines: [] }, 'Alice', {
    Type: 'AWS::Scheduler::Schedule',
    Properties,
  });
};

test.each<[string, object]>([
  ['another target', { Arn: 'arn:aws:states:us-east-1:111122223333:stateMachine:machine' }],
  ['no input', { Input: undefined }],
  ['no name', { Input: '{"StateMachineArn":"machine","Input":"{}"}' }],
  [
    'more than it knows',
    { Input: '{"StateMachineArn":"machine","Name":"a","Input":"{}","TraceHeader":"t"}' },
  ],
  [
    'another attribute',
    { Input: '{"StateMachineArn":"machine","Name":"<aws.scheduler.attempt-number>","Input":"{}"}' },
  ],
])('%s is refused', (_what, target) => {
  expect(() => schedule(target)).toThrow(/^Alice: of schedules, only starts of executions are modelled/);
});

test('a state machine that is not there is not started', () => {
  const [name, fire] = schedule();
  expect([name, fire()]).toEqual(['of-alice', undefined]);
});

describe('the schedule that the template has', () => {
  const app = appOf([{ userName: 'alice' }, { userName: 'b.ob' }]);

  test('starts each user’s rotation under a name of its own, with the permissions of its role', async () => {
    const world = await app.deploy();
    const started = await world.run(async () => {
      const executions = [...world.schedules.values()].flatMap((fire) => [fire(), fire()]);
      await Promise.all(executions.map((execution) => execution?.result));
      return executions.map((execution) => [execution?.name, execution?.input]);
    });
    const trigger = 'schedule';
    expect(started).toEqual([
      ['alice-00000000-0000-4000-8000-000000000001', { userName: 'alice', trigger }],
      ['alice-00000000-0000-4000-8000-000000000002', { userName: 'alice', trigger }],
      ['b-ob-27623489e5493e7f-00000000-0000-4000-8000-000000000001', { userName: 'b.ob', trigger }],
      ['b-ob-27623489e5493e7f-00000000-0000-4000-8000-000000000002', { userName: 'b.ob', trigger }],
    ]);
  });

  test('is who started the rotation, as CloudTrail has it', async () => {
    const world = await app.deploy();
    const roles = Object.entries(app.template().Resources).filter(
      ([id, { Type }]) => Type === 'AWS::IAM::Role' && id.includes('SchedulesRole'),
    );
    await world.run(async () => {
      const [fire] = [...world.schedules.values()];
      const scheduled = fire?.();
      await scheduled?.result;
      await (await world.start({ userName: 'b.ob' })).result;
    });
    const starts = world.aws.cloudTrail
      .snapshot()
      .filter(({ eventName }) => eventName === 'StartExecution')
      .map(({ principal, invokedBy, requestParameters }) => [
        principal.arn,
        invokedBy,
        requestParameters?.name,
      ]);
    expect(starts).toEqual([
      [
        `arn:aws:iam::111122223333:role/${roles[0]?.[0]}`,
        'scheduler.amazonaws.com',
        'alice-00000000-0000-4000-8000-000000000001',
      ],
      ['arn:aws:iam::111122223333:user/operator', undefined, expect.stringMatching(/^b-ob-/)],
    ]);
  });

  test('starts nothing without them, and the alarm of the dead-letter queue tells', async () => {
    const { Resources, ...rest } = app.template();
    const without = Object.entries(Resources).filter(([id]) => !id.includes('SchedulesRoleDefaultPolicy'));
    const world = await app.deploy({ ...rest, Resources: Object.fromEntries(without) });
    const started = await world.run(async () => [...world.schedules.values()].map((fire) => fire()));
    expect(started).toEqual([undefined, undefined]);
    expect(world.aws.sns.messages.map(({ subject }) => subject)).toEqual([
      expect.stringMatching(/^ALARM: ".*Undelivered/),
    ]);
  });
});
