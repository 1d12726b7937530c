import { GetScheduleCommand, ListSchedulesCommand, type ScheduleState } from '@aws-sdk/client-scheduler';
import { outcome, setUp } from '../fixture';

test('a schedule is there, enabled or disabled, in its group only', async () => {
  const { aws, scheduler } = setUp();
  aws.scheduler.setSchedule('rotation', 'alice');
  const get = (GroupName?: string, Name = 'alice') =>
    scheduler.send(new GetScheduleCommand({ GroupName, Name }));
  expect(await get('rotation')).toMatchObject({
    Arn: 'arn:aws:scheduler:us-east-1:111122223333:schedule/rotation/alice',
    GroupName: 'rotation',
    Name: 'alice',
    State: 'ENABLED',
  });
  aws.scheduler.setSchedule('rotation', 'alice', 'DISABLED');
  expect(await get('rotation')).toMatchObject({ State: 'DISABLED' });
  expect(await outcome(get())).toMatchObject({ name: 'ResourceNotFoundException', status: 404 });
  expect(await outcome(get('rotation', 'bob'))).toMatchObject({ name: 'ResourceNotFoundException' });
  aws.scheduler.removeSchedule('rotation', 'alice');
  expect(await outcome(get('rotation'))).toMatchObject({ name: 'ResourceNotFoundException' });
});

test('the query string is signed, too', async () => {
  const { aws, scheduler } = setUp();
  aws.scheduler.setSchedule('rotation', 'alice');
  scheduler.middlewareStack.add(
    (next) => (args) => {
      (args.request as { query: Record<string, string> }).query.groupName = 'another';
      return next(args);
    },
    { step: 'finalizeRequest', priority: 'low' },
  );
  const call = scheduler.send(new GetScheduleCommand({ GroupName: 'rotation', Name: 'alice' }));
  expect(await outcome(call)).toMatchObject({ name: 'InvalidSignatureException', status: 403 });
});

test('names that no schedule can have are refused', async () => {
  const { scheduler } = setUp();
  const call = scheduler.send(new GetScheduleCommand({ GroupName: 'rotation', Name: 'a b' }));
  expect(await outcome(call)).toMatchObject({ name: 'ValidationException', status: 400 });
});

test('schedules are listed by group, state and the beginning of their names', async () => {
  const { aws, scheduler } = setUp();
  const list = async (input: { GroupName?: string; State?: ScheduleState; NamePrefix?: string } = {}) => {
    const { Schedules = [] } = await scheduler.send(new ListSchedulesCommand(input));
    return Schedules.map(({ GroupName, Name }) => `${GroupName}/${Name}`);
  };
  expect(await list()).toEqual([]);
  const Target = { Arn: 'arn:aws:scheduler:::aws-sdk:sfn:startExecution', RoleArn: 'role', Input: '{}' };
  const plan = { ScheduleExpression: 'rate(1 day)', Target };
  aws.scheduler.setSchedule('rotation', 'alice', 'ENABLED', plan);
  expect(await list()).toEqual(['rotation/alice']);
  aws.scheduler.setSchedule('rotation', 'bob', 'DISABLED');
  aws.scheduler.setSchedule('default', 'albert');
  expect(await list()).toEqual(['rotation/alice', 'rotation/bob', 'default/albert']);
  expect(await list({ GroupName: 'rotation' })).toEqual(['rotation/alice', 'rotation/bob']);
  expect(await list({ State: 'DISABLED' })).toEqual(['rotation/bob']);
  expect(await list({ NamePrefix: 'al' })).toEqual(['rotation/alice', 'default/albert']);
  const { Schedules } = await scheduler.send(new ListSchedulesCommand({ MaxResults: 1 }));
  expect(Schedules).toMatchObject([{ Name: 'alice', State: 'ENABLED', Target: { Arn: Target.Arn } }]);
  expect(
    await scheduler.send(new GetScheduleCommand({ GroupName: 'rotation', Name: 'alice' })),
  ).toMatchObject(plan);
});
