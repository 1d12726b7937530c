import {
  CreateAccessKeyCommand,
  DeleteAccessKeyCommand,
  IAMClient,
  UpdateAccessKeyCommand,
} from '@aws-sdk/client-iam';
import { ORIGIN_HEADER } from '../../../embedded-aws/embedded-aws';
import { createWorld } from '../../../local/world/world';
import { Monitor } from '../../../simulation/play/monitor';
import { USER } from '../../../simulation/schedule/setting';
import { HOUR } from '../../support/time';

/** A user whose key is in the secret, the monitor, and a client that makes calls as the rotation would. */
const watch = () => {
  const world = createWorld({ users: [{ config: { userName: USER }, key: 'published' }] });
  const { aws } = world;
  const [user] = world.users;
  if (user === undefined) throw new Error('There is one.');
  const monitor = new Monitor(aws, user, {
    overlapPeriod: 2 * HOUR,
    noticeBefore: 0,
    quietPeriod: 3 * HOUR,
    recoveryPeriod: 24 * HOUR,
    cache: HOUR,
    clocksDiffer: 0,
  });
  aws.onCall((record) => monitor.observe(record));
  const client = new IAMClient({
    region: 'us-east-1',
    credentials: aws.roleCredentials(`arn:aws:iam::${aws.accountId}:role/rotation`),
    requestHandler: aws.requestHandler(),
  });
  client.middlewareStack.add(
    (next) => (args) => {
      (args.request as { headers: Record<string, string> }).headers[ORIGIN_HEADER] = 'an-execution';
      return next(args);
    },
    { step: 'build' },
  );
  const [key] = aws.iam.keysOf(USER);
  const named = { UserName: USER, AccessKeyId: key?.accessKeyId };
  return { world, monitor, client, named };
};

const numbers = ({ violations }: Monitor) => violations.map(({ invariant }) => invariant);

test('a call that removes what consumers read is reported for everything that it violates, with its number', async () => {
  const { world, monitor, client, named } = watch();
  await client.send(new UpdateAccessKeyCommand({ ...named, Status: 'Inactive' }));
  expect(numbers(monitor)).toEqual([1, 2, 7]);
  await client.send(new DeleteAccessKeyCommand(named));
  expect(numbers(monitor)).toEqual([1, 2, 7, 1, 3, 7]);
  expect(monitor.violations.map(({ call }) => call)).toEqual([1, 1, 1, 2, 2, 2]);
  world.close();
});

test('the rotation is not responsible for a person’s acts, and a person’s keys are not its own', async () => {
  const { world, monitor, client } = watch();
  const { accessKeyId } = world.aws.iam.addAccessKey(USER);
  monitor.excuse();
  expect(numbers(monitor)).toEqual([]);
  // The execution has not read anything since: it could not know.
  await client.send(new DeleteAccessKeyCommand({ UserName: USER, AccessKeyId: accessKeyId }));
  expect(numbers(monitor)).toEqual([]);
  world.close();
});

test('the rotation may delete a key that it creates, and the key is a stray as long as it exists', async () => {
  const { world, monitor, client } = watch();
  const { AccessKey } = await client.send(new CreateAccessKeyCommand({ UserName: USER }));
  expect(monitor.strays).toEqual([AccessKey?.AccessKeyId]);
  await client.send(new DeleteAccessKeyCommand({ UserName: USER, AccessKeyId: AccessKey?.AccessKeyId }));
  expect(monitor.strays).toEqual([]);
  // It holds no lock.
  expect(numbers(monitor)).toEqual([7, 7]);
  world.close();
});

test('a refused consumer, and the end of a schedule, are judged as well', () => {
  const { world, monitor, named } = watch();
  monitor.refused(String(named.AccessKeyId));
  const end = { left: 'labels are left', error: 'none', answered: false, strays: [] };
  monitor.end({ ...end, secretAccessKeys: ['made-up'], kept: 'made-up' });
  expect(numbers(monitor)).toEqual([1, 5, 8]);
  world.close();
});
