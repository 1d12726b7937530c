import { GetScheduleCommand } from '@aws-sdk/client-scheduler';
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
