import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { ManagedPolicy, Policy, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import fc from 'fast-check';
import { completeDeployment } from '../../../lib/config';
import { type Grant, grantAll } from '../../../lib/permissions/role-policies';
import { type RoleSettings, ServiceRole } from '../../../lib/permissions/service-role';

interface Document {
  readonly Statement: readonly {
    readonly Action: string | readonly string[];
    readonly Resource: string | readonly string[];
    readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
  }[];
}

const roleIn = (stack: Stack, deployment: RoleSettings = completeDeployment()): ServiceRole =>
  new ServiceRole(stack, 'Role', {
    assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
    deployment,
  });

/** The documents that a role gets, the inline one first. */
const documentsOf = (grants: readonly Grant[]): readonly Document[] => {
  const stack = new Stack(new App({ builtinCloudFormationValidation: false }), 'Stack');
  grantAll(roleIn(stack), grants);
  return stack.node
    .findAll()
    .filter((construct) => construct instanceof Policy || construct instanceof ManagedPolicy)
    .map(({ document }) => stack.resolve(document) as Document);
};

const list = (value: string | readonly string[] | undefined): readonly string[] => [value ?? []].flat();
const names = (prefix: string, count: number, length: number): readonly string[] =>
  Array.from({ length: count }, (_value, index) => `${prefix}${index}`.padEnd(length, 'x'));

const CONTEXT = 'kms:EncryptionContext:SecretARN';
const encrypted = (secrets: readonly string[], key = 'arn:key'): Grant => ({
  actions: ['kms:Decrypt'],
  resources: [key],
  conditions: [
    { operator: 'StringEquals', key: 'kms:ViaService', values: ['secretsmanager'] },
    { operator: 'StringLike', key: CONTEXT, values: secrets, dealt: true },
  ],
});

test('the values of a long condition are dealt out, and the rest of the statement is in every document', () => {
  const secrets = names('arn:secret', 150, 150);
  const documents = documentsOf([encrypted(secrets)]);
  expect(documents.length).toBeGreaterThan(2);
  const statements = documents.flatMap(({ Statement }) => Statement);
  for (const { Action, Resource, Condition } of statements) {
    expect([Action, Resource, Condition?.StringEquals]).toEqual([
      'kms:Decrypt',
      'arn:key',
      { 'kms:ViaService': ['secretsmanager'] },
    ]);
  }
  const dealt = statements.flatMap(({ Condition }) => list(Condition?.StringLike?.[CONTEXT]));
  expect([...dealt].sort()).toEqual([...secrets].sort());
});

test('two conditions with the same operator are both kept', () => {
  const [document] = documentsOf([
    {
      actions: ['a:B'],
      resources: ['arn:r'],
      conditions: [
        { operator: 'StringEquals', key: 'one', values: ['1'] },
        { operator: 'StringEquals', key: 'two', values: ['2'] },
      ],
    },
  ]);
  expect(document?.Statement[0]?.Condition).toEqual({ StringEquals: { one: ['1'], two: ['2'] } });
});

test('a grant without resources is left out, whatever its conditions', () => {
  const documents = documentsOf([
    { ...encrypted(['arn:secret']), resources: [] },
    { actions: ['a:B'], resources: ['arn:r'] },
  ]);
  expect(documents.flatMap(({ Statement }) => Statement)).toHaveLength(1);
});

/** A user whose name and path have these lengths, which are what they need in policies. */
interface Named {
  readonly name: string;
  readonly path: string;
}

/** The grants of a step on users, as in lib/rotation-steps.ts. */
const grantsOn = (users: readonly Named[]): readonly Grant[] => {
  const secrets = users.map(
    ({ name }) => `arn:aws:secretsmanager:eu-west-1:111122223333:secret:${name}-??????`,
  );
  return [
    { actions: ['logs:PutLogEvents'], resources: ['arn:aws:logs:eu-west-1:111122223333:log-group:steps'] },
    {
      actions: ['iam:ListAccessKeys', 'iam:GetUser', 'iam:UpdateAccessKey'],
      resources: users.map(({ name, path }) => `arn:aws:iam::111122223333:user${path}${name}`),
    },
    { actions: ['secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue'], resources: secrets },
    ...(users.length === 0 ? [] : [encrypted(secrets)]),
  ];
};

/** The policy, by ID, that has each text of these users; and the policies that each policy waits for. */
const placesOf = (users: readonly Named[]) => {
  const stack = new Stack(new App({ builtinCloudFormationValidation: false }), 'Stack');
  const role = roleIn(stack);
  grantAll(role, grantsOn(users));
  const policies = role.node.children.filter(
    (construct) => construct instanceof Policy || construct instanceof ManagedPolicy,
  );
  const places = new Map<string, string>();
  for (const policy of policies) {
    const { Statement } = stack.resolve(policy.document) as Document;
    for (const { Action, Resource, Condition } of Statement) {
      for (const text of [...list(Resource), ...list(Condition?.StringLike?.[CONTEXT])]) {
        places.set(`${list(Action).join()} ${text}`, policy.node.id);
      }
    }
  }
  // Every statement about the key names the key itself.
  places.delete('kms:Decrypt arn:key');
  return { places, policies: policies.map(({ node }) => node.id) };
};

const company = (count: number, nameLength: number, path = '/service-accounts/production/'): Named[] =>
  names('svc-', count, nameLength).map((name) => ({ name, path }));

/** The texts that changed policies: from where, and to where. */
const moved = (before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>) =>
  [...before].flatMap(([text, from]) => {
    const to = after.get(text);
    return to === undefined || to === from ? [] : [{ text, from, to }];
  });

const without = <T>(items: readonly T[], index: number): T[] => items.filter((_item, at) => at !== index);

describe('a user that is added, or removed', () => {
  const size = fc.record({
    count: fc.oneof(fc.constantFrom(1, 2, 100), fc.integer({ min: 1, max: 100 })),
    nameLength: fc.integer({ min: 8, max: 64 }),
    path: fc.constantFrom('/', '/service-accounts/production/'),
    at: fc.nat({ max: 99 }),
  });

  it('moves grants of other users only into a new policy, or out of a removed one', () => {
    fc.assert(
      fc.property(size, ({ count, nameLength, path, at }) => {
        const all = company(count, nameLength, path);
        const fewer = placesOf(without(all, at % count));
        const more = placesOf(all);
        for (const { to } of moved(fewer.places, more.places)) expect(fewer.policies).not.toContain(to);
        for (const { from } of moved(more.places, fewer.places)) expect(fewer.policies).not.toContain(from);
      }),
      { numRuns: 60 },
    );
  });

  it('moves other grants at most ten times on the way from no user to a hundred', () => {
    const all = company(100, 64);
    let before = placesOf([]);
    let additions = 0;
    for (const [index] of all.entries()) {
      const after = placesOf(all.slice(-index - 1));
      const changes = moved(before.places, after.places);
      if (changes.length > 0) additions += 1;
      for (const { to } of changes) expect(before.policies).not.toContain(to);
      before = after;
    }
    expect(additions).toBeGreaterThan(0);
    expect(additions).toBeLessThanOrEqual(10);
  });

  it('moves nothing when the others change places in the configuration', () => {
    const all = company(100, 40);
    expect(moved(placesOf(all).places, placesOf([...all].reverse()).places)).toEqual([]);
  });

  it.each([0, 1, 2, 10])('gets only an inline policy as long as that has room: with %i users', (count) => {
    expect(placesOf(company(count, 64)).policies).toEqual(['Permissions']);
  });
});

test('a policy is written after those behind it: a moved grant is in its new place before it leaves the old one', () => {
  const stack = new Stack(new App({ builtinCloudFormationValidation: false }), 'Stack');
  const role = roleIn(stack);
  grantAll(role, grantsOn(company(100, 64)));
  const template = Template.fromStack(stack);
  const policies = [
    ...Object.entries(template.findResources('AWS::IAM::Policy')),
    ...Object.entries(template.findResources('AWS::IAM::ManagedPolicy')),
  ];
  expect(policies.length).toBeGreaterThan(3);
  for (const [index, [, policy]] of policies.entries()) {
    const [next] = policies[index + 1] ?? [];
    const waitsFor = (policy as { readonly DependsOn?: readonly string[] }).DependsOn ?? [];
    expect(waitsFor).toEqual(next === undefined ? [] : expect.arrayContaining([next]));
  }
});

test('for any grants, every document fits, and together they grant exactly those', () => {
  const grant = fc
    .record({
      kind: fc.nat({ max: 1_000 }),
      // The part that is not dealt out is repeated in every document, and is short.
      lists: fc.oneof(
        fc.record({
          resources: fc.integer({ min: 1, max: 40 }),
          values: fc.nat({ max: 3 }),
          dealt: fc.constant(false),
        }),
        fc.record({
          resources: fc.integer({ min: 1, max: 3 }),
          values: fc.integer({ min: 1, max: 40 }),
          dealt: fc.constant(true),
        }),
      ),
      length: fc.integer({ min: 20, max: 90 }),
    })
    .map(
      ({ kind, lists: { resources, values, dealt }, length }): Grant => ({
        actions: [`service:Action${kind}`],
        resources: names('arn:aws:s3:::r', resources, length),
        conditions:
          values === 0
            ? []
            : [
                {
                  operator: 'StringLike',
                  key: 'key',
                  values: names('value', values, length),
                  ...(dealt && { dealt: true as const }),
                },
              ],
      }),
    );
  const pairsOf = (action: string, resources: readonly string[], values: readonly string[]): string[] =>
    resources.flatMap((resource) =>
      (values.length === 0 ? ['-'] : values).map((value) => `${action} ${resource} ${value}`),
    );
  fc.assert(
    fc.property(
      fc.uniqueArray(grant, { minLength: 1, maxLength: 3, selector: ({ actions }) => actions[0] }),
      (grants) => {
        const documents = documentsOf(grants);
        for (const [index, document] of documents.entries()) {
          expect(JSON.stringify(document).length).toBeLessThanOrEqual(index === 0 ? 10_240 : 6_144);
        }
        const granted = documents.flatMap(({ Statement }) =>
          Statement.flatMap(({ Action, Resource, Condition }) =>
            pairsOf(String(Action), list(Resource), list(Condition?.StringLike?.key)),
          ),
        );
        const wanted = grants.flatMap(({ actions, resources, conditions }) =>
          pairsOf(String(actions), resources, conditions?.[0]?.values ?? []),
        );
        expect([...granted].sort()).toEqual([...wanted].sort());
      },
    ),
    { numRuns: 25 },
  );
});
