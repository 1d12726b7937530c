import { EmbeddedAws } from '../../../embedded-aws/embedded-aws';
import { VirtualClock } from '../../../embedded-aws/ground/clock';
import { createChange } from '../../../lambdas/put-policies/handler';

const ROLE = 'arn:aws:iam::444455556666:role/readers/deploy';
const OTHER = 'arn:aws:iam::444455556666:role/other';
const BREAK_GLASS = 'arn:aws:iam::111122223333:role/break-glass';
const READ = 'secretsmanager:GetSecretValue';
const PUT = 'secretsmanager:PutSecretValue';

interface Statement {
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Principal: '*' | { readonly AWS: readonly string[] };
  readonly Condition: { readonly ArnNotEquals?: { readonly 'aws:PrincipalArn': readonly string[] } };
}

const deployment = () => {
  const aws = new EmbeddedAws({ clock: new VirtualClock({ start: new Date() }) });
  const asked: (readonly [unknown, unknown])[] = [];
  aws.faults.inject({
    kind: 'act',
    act: ({ input }) => asked.push([input.SecretId, input.BlockPublicPolicy]),
    match: ({ operation }) => operation === 'PutResourcePolicy',
    times: 9,
  });
  for (const name of ['alice', 'bob', 'carol']) aws.secretsManager.createSecret(name, { secretString: '{}' });
  const change = createChange({
    region: aws.region,
    credentials: aws.roleCredentials('arn:aws:iam::111122223333:role/policies'),
    requestHandler: aws.requestHandler(),
    maxAttempts: 1,
  });
  const statementsOf = (name: string): readonly Statement[] => {
    const policy = aws.secretsManager.secret(name)?.policy;
    return policy === undefined ? [] : JSON.parse(policy).Statement;
  };
  /** Whom the policy lets read; undefined: nobody. */
  const readersOf = (name: string): readonly string[] | undefined => {
    const [principal] = statementsOf(name).flatMap(({ Effect, Principal }) =>
      Effect === 'Allow' && Principal !== '*' ? [Principal.AWS] : [],
    );
    return principal;
  };
  /** Whom the policy does not deny an action; undefined: it denies it to nobody. */
  const admittedTo = (name: string, action: string): readonly string[] | undefined =>
    statementsOf(name).find(({ Effect, Action }) => Effect === 'Deny' && Action === action)?.Condition
      .ArnNotEquals?.['aws:PrincipalArn'];
  return { aws, asked, change, readersOf, admittedTo };
};
const admit = (Readers: readonly string[], ...SecretIds: readonly string[]) => ({
  Secrets: [{ Readers, SecretIds }],
});
const close = (...SecretIds: readonly string[]) => ({ BreakGlass: [BREAK_GLASS], Secrets: [{ SecretIds }] });
const BOTH = { BreakGlass: [BREAK_GLASS], ...admit([ROLE], 'alice') };
const steps = (...roles: readonly string[]) => ({
  Steps: roles.map((RoleArn) => ({ RoleArn, Actions: [READ, PUT] })),
});
const create = (Policies: readonly object[], more: object = {}) => ({
  RequestType: 'Create',
  ResourceProperties: { ServiceToken: 'arn', Policies, ...more },
});
const update = (
  [before, formerly = {}]: readonly [readonly object[], object?],
  [after, now = {}]: readonly [readonly object[], object?],
) => ({
  ...create(after, now),
  RequestType: 'Update',
  OldResourceProperties: { ServiceToken: 'arn', Policies: before, ...formerly },
});

test('each secret gets the policy of its readers, which nobody can make public', async () => {
  const { asked, change, readersOf, admittedTo } = deployment();
  const { physicalResourceId } = await change(
    create([admit([ROLE], 'alice', 'bob'), admit([ROLE, OTHER], 'carol')]),
  );
  expect(physicalResourceId).toBe('secret-policies');
  expect(['alice', 'bob', 'carol'].map(readersOf)).toEqual([[ROLE], [ROLE], [ROLE, OTHER]]);
  expect(admittedTo('alice', READ)).toBeUndefined();
  expect(asked).toEqual(['alice', 'bob', 'carol'].map((name) => [name, true]));
});

test('an update puts what has changed, and takes nothing away', async () => {
  const { asked, change, readersOf } = deployment();
  const before = [admit([ROLE], 'alice', 'bob', 'carol')];
  await change(create(before));
  await change(update([before], [[admit([ROLE], 'alice'), admit([OTHER], 'bob')]]));
  expect(asked.slice(3)).toEqual([['bob', true]]);
  expect(['alice', 'bob', 'carol'].map(readersOf)).toEqual([[ROLE], [OTHER], [ROLE]]);
});

test('an update that failed is taken back by the one that CloudFormation sends then', async () => {
  const { aws, change, readersOf } = deployment();
  const before = [admit([ROLE], 'alice', 'bob')];
  const after = [admit([OTHER], 'alice', 'gone', 'bob')];
  await change(create(before));
  await expect(change(update([before], [after]))).rejects.toThrow(
    /^Secrets that could not be given their policy: 1 of 3\. gone: ResourceNotFoundException: /,
  );
  expect(['alice', 'bob'].map(readersOf)).toEqual([[OTHER], [OTHER]]);
  await change(update([after], [before]));
  expect(['alice', 'bob'].map(readersOf)).toEqual([[ROLE], [ROLE]]);
  aws.secretsManager.createSecret('gone', { secretString: '{}' });
  await change(update([before], [after]));
  expect(['alice', 'gone', 'bob'].map(readersOf)).toEqual([[OTHER], [OTHER], [OTHER]]);
});

test('a resource that is deleted leaves the policies', async () => {
  const { aws, change, readersOf } = deployment();
  await change(create([admit([ROLE], 'alice')]));
  await change({ RequestType: 'Delete', PhysicalResourceId: 'secret-policies' });
  expect(aws.calls).toHaveLength(1);
  expect(readersOf('alice')).toEqual([ROLE]);
});

test('while a role is replaced, the policy admits both: rotations run with the old one until functions have the new one', async () => {
  const { asked, change, admittedTo } = deployment();
  const secrets = [close('alice')];
  await change(create(secrets, steps('old', 'same')));
  await change(update([secrets, steps('old', 'same')], [secrets, steps('new', 'same')]));
  expect(admittedTo('alice', READ)).toEqual([BREAK_GLASS, 'new', 'same', 'old']);
  // It is taken back, and deployed again.
  await change(update([secrets, steps('new', 'same')], [secrets, steps('old', 'same')]));
  expect(admittedTo('alice', READ)).toEqual([BREAK_GLASS, 'old', 'same', 'new']);
  await change(update([secrets, steps('old', 'same')], [secrets, steps('new', 'same')]));
  expect(asked).toHaveLength(4);
});

test('a deployment that closes secrets and replaces roles is taken back: the former roles, which nothing was denied to, are admitted', async () => {
  const { change, readersOf, admittedTo } = deployment();
  const open = [admit([ROLE], 'alice')];
  const closed = [BOTH, close('bob')];
  await change(create(open, steps('old')));
  expect(admittedTo('alice', READ)).toBeUndefined();
  await change(update([open, steps('old')], [closed, steps('new')]));
  expect(admittedTo('alice', READ)).toEqual([BREAK_GLASS, 'new', 'old', ROLE]);
  await change(update([closed, steps('new')], [open, steps('old')]));
  expect(readersOf('alice')).toEqual([ROLE]);
  expect(admittedTo('alice', READ)).toBeUndefined();
  // Of bob the former deployment says nothing, so he stays closed, and his rotations run with the old role.
  expect(admittedTo('bob', READ)).toEqual([BREAK_GLASS, 'new', 'old']);
  expect(admittedTo('bob', PUT)).toEqual([BREAK_GLASS, 'new', 'old']);
});

test('a resource that is new admits the roles of its own deployment alone, and leaves them when it is taken back', async () => {
  const { change, admittedTo } = deployment();
  await change(create([close('alice')], steps('new')));
  await change({ RequestType: 'Delete', PhysicalResourceId: 'secret-policies' });
  expect(admittedTo('alice', READ)).toEqual([BREAK_GLASS, 'new']);
});

test('the next change of a policy leaves a replaced role out', async () => {
  const { asked, change, admittedTo } = deployment();
  const secrets = [close('alice')];
  await change(update([secrets, steps('old')], [secrets, steps('new')]));
  await change(update([secrets, steps('new')], [secrets, steps('new')]));
  expect(asked).toHaveLength(1);
  await change(update([secrets, steps('new')], [[BOTH], steps('new')]));
  expect(admittedTo('alice', READ)).toEqual([BREAK_GLASS, 'new', ROLE]);
});

test('another stack that adopts the secret replaces the policy: only its own steps are admitted', async () => {
  const { change, admittedTo } = deployment();
  await change(create([close('alice')], steps('theirs')));
  await change(create([close('alice')], steps('ours')));
  expect(admittedTo('alice', PUT)).toEqual([BREAK_GLASS, 'ours']);
});

test('where nobody is to be denied any more, the readers remain; a secret of which nothing is said keeps what it has', async () => {
  const { asked, change, readersOf, admittedTo } = deployment();
  const closed = [BOTH, close('bob')];
  await change(create(closed, steps('role')));
  await change(update([closed, steps('role')], [[admit([ROLE], 'alice')]]));
  expect(asked.slice(2)).toEqual([['alice', true]]);
  expect(readersOf('alice')).toEqual([ROLE]);
  expect(['alice', 'bob'].map((name) => admittedTo(name, READ))).toEqual([undefined, [BREAK_GLASS, 'role']]);
});
