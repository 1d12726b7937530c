import { CreateUserCommand, DeleteUserCommand, GetUserCommand } from '@aws-sdk/client-iam';
import { EmbeddedAws } from '../../embedded-aws/embedded-aws';
import { VirtualClock } from '../../embedded-aws/ground/clock';
import { Cleanup } from '../e2e/support/cleanup';
import { holds, same } from './deviation';
import { guard } from './guard';
import type { Judge } from './judge';
import { accepted, refused, type Statement } from './statement';
import { NAME_PREFIX, type Subject } from './subject';
import { judgeStatement } from './suite';

const setUp = () => {
  const aws = new EmbeddedAws({ clock: new VirtualClock({ start: new Date() }) });
  const judge: Judge = {
    name: 'embedded',
    connection: { region: aws.region, requestHandler: aws.requestHandler() },
    credentials: aws.roleCredentials(`arn:aws:iam::${aws.accountId}:role/contract`),
    accountId: aws.accountId,
    patienceSeconds: 0,
    isNotModelled: ({ $metadata }) => $metadata?.httpStatusCode === 501,
  };
  return { aws, judge };
};

const statement = (check: Statement['check']): Statement => ({
  service: 'IAM',
  id: 'a-statement',
  says: 'Something is so.',
  source: 'undocumented: made up',
  matters: 'a test',
  check,
});

const getUser = ({ iam }: Subject, UserName: string) => iam.send(new GetUserCommand({ UserName }));

describe('a statement', () => {
  it.each<[string, Statement['check'], unknown]>([
    ['holds', async () => {}, 'holds'],
    [
      'deviates if values differ',
      async () => same('the labels', { b: [1], a: undefined }, { b: [2] }),
      { deviates: 'the labels: {"b":[1]} instead of {"b":[2]}' },
    ],
    ['ignores the order of fields', async () => same('it', { a: 1, b: 2 }, { b: 2, a: 1 }), 'holds'],
    [
      'deviates if a condition does not hold',
      async () => holds(false, 'it is not so'),
      { deviates: 'it is not so' },
    ],
    [
      'deviates if a call is accepted that should be refused',
      async (subject) => refused('asking', subject.user(), 'AccessDenied'),
      { deviates: 'asking is accepted' },
    ],
    [
      'deviates if a call is refused for another reason',
      async (subject) => refused('asking', getUser(subject, 'nobody'), 'AccessDenied', 'Throttling'),
      { deviates: 'asking is refused with NoSuchEntityException instead of AccessDenied or Throttling' },
    ],
    [
      'deviates if a call is refused that should be accepted',
      async (subject) => void (await accepted('asking', getUser(subject, 'nobody'))),
      { deviates: 'asking is refused with NoSuchEntityException' },
    ],
    [
      'deviates if a call is refused that it takes for granted',
      async (subject) => void (await getUser(subject, 'nobody')),
      { deviates: 'GetUser is refused with NoSuchEntityException' },
    ],
    [
      'deviates if the expected result does not come',
      async (subject) => void (await subject.eventually('the message', async () => undefined)),
      { deviates: 'the message does not come' },
    ],
    [
      'deviates if the observed value does not change',
      async (subject) => subject.sees('the number', async () => 1, 2),
      { deviates: 'the number: 1 instead of 2' },
    ],
    [
      'cannot be judged without an operation',
      async (subject) => void (await subject.inbox()),
      'not modelled',
    ],
  ])('%s', async (_what, check, expected) => {
    expect(await judgeStatement(setUp().judge, statement(check))).toEqual(expected);
  });

  it('that has a defect stops the suite', async () => {
    const broken = statement(async () => {
      throw new TypeError('a defect');
    });
    await expect(judgeStatement(setUp().judge, broken)).rejects.toThrow(
      'iam/a-statement, put to embedded: a defect',
    );
  });
});

describe('the creations of a statement', () => {
  const make: Statement['check'] = async (subject) => {
    await subject.accessKey(await subject.user());
    await subject.secret();
  };
  const left = (aws: EmbeddedAws): readonly string[] =>
    aws.calls
      .filter(({ outcome }) => outcome === 'ok')
      .map(({ operation }) => operation)
      .filter((name) => /^(Create|Delete)/.test(name));

  it.each<[string, Statement['check']]>([
    ['holds', async () => {}],
    ['deviates', async () => holds(false, 'it is not so')],
    ['cannot be judged', async (subject) => void (await subject.inbox())],
  ])('are removed when it %s', async (_what, end) => {
    const { aws, judge } = setUp();
    await judgeStatement(
      judge,
      statement(async (subject) => {
        await make(subject);
        await end(subject);
      }),
    );
    const made = left(aws);
    for (const kind of ['User', 'AccessKey', 'Secret']) {
      expect([kind, made.filter((name) => name === `Create${kind}`).length]).toEqual([
        kind,
        made.filter((name) => name === `Delete${kind}`).length,
      ]);
    }
  });

  it('are removed when the process is stopped in the middle, and nothing is created after that', async () => {
    const { aws, judge } = setUp();
    const process = new Cleanup();
    let stopped: Promise<void> | undefined;
    let userName = '';
    const verdict = judgeStatement(
      judge,
      statement(async (subject) => {
        userName = await subject.user();
        stopped = process.run();
        await subject.user();
      }),
      'abc123',
      process,
    );
    await expect(verdict).rejects.toThrow('stopped');
    await stopped;
    expect(userName).not.toBe('');
    expect(aws.calls.filter(({ operation }) => operation === 'CreateUser')).toHaveLength(1);
    expect(aws.iam.user(userName)).toBeUndefined();
  });

  it('are removed even if the creating call was under way when the process was stopped', async () => {
    const { aws, judge } = setUp();
    const process = new Cleanup();
    let stopped: Promise<void> | undefined;
    const verdict = judgeStatement(
      judge,
      statement(async (subject) => {
        const underWay = subject.user();
        stopped = process.run();
        await underWay;
        await subject.sees('it', async () => 1, 2);
      }),
      'abc123',
      process,
    );
    await verdict.catch(() => {});
    await stopped;
    const users = aws.calls
      .filter(({ operation }) => operation === 'CreateUser')
      .map(({ resource }) => resource.split('/').at(-1) ?? '');
    expect(users.map((name) => aws.iam.user(name))).toEqual([undefined]);
  });
});

describe('behind the guard', () => {
  it.each<[string, (subject: Subject) => Promise<unknown>]>([
    ['delete another owner’s user', ({ iam }) => iam.send(new DeleteUserCommand({ UserName: 'alice' }))],
    ['create a user of another name', ({ iam }) => iam.send(new CreateUserCommand({ UserName: 'bob' }))],
    [
      'do so with its own key',
      async (subject) => {
        const key = await subject.accessKey(await subject.user());
        await subject.as(key).iam.send(new DeleteUserCommand({ UserName: 'alice' }));
      },
    ],
  ])('a statement that would %s stops the suite before the request leaves', async (_what, call) => {
    const { aws, judge } = setUp();
    aws.iam.addUser({ userName: 'alice' });
    const guarded = { ...judge, inspect: guard(`${NAME_PREFIX}-abc123-`, judge.accountId) };
    const bad = statement(async (subject) => void (await call(subject)));
    await expect(judgeStatement(guarded, bad, 'abc123')).rejects.toThrow('not the suite’s own');
    expect(aws.iam.user('alice')).toBeDefined();
    expect(aws.iam.user('bob')).toBeUndefined();
    expect(aws.calls.filter(({ resource }) => /(alice|bob)$/.test(resource))).toEqual([]);
  });
});
