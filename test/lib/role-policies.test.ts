import { App, Stack } from 'aws-cdk-lib';
import { ManagedPolicy, Policy, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import fc from 'fast-check';
import { type Grant, grantAll } from '../../lib/role-policies';

interface Document {
  readonly Statement: readonly {
    readonly Action: string | readonly string[];
    readonly Resource: string | readonly string[];
    readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
  }[];
}

/** The documents that a role gets, the inline one first. */
const documentsOf = (grants: readonly Grant[]): readonly Document[] => {
  const stack = new Stack(new App({ builtinCloudFormationValidation: false }), 'Stack');
  grantAll(new Role(stack, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') }), grants);
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
    { operator: 'StringLike', key: CONTEXT, values: secrets },
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
  expect(statements.flatMap(({ Condition }) => list(Condition?.StringLike?.[CONTEXT]))).toEqual(secrets);
});

test('two conditions of one operator stand side by side', () => {
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

test('whatever is granted, every document fits, and together they grant just that', () => {
  const grant = fc
    .record({
      kind: fc.nat({ max: 1_000 }),
      resources: fc.integer({ min: 1, max: 40 }),
      values: fc.integer({ min: 0, max: 40 }),
      length: fc.integer({ min: 20, max: 90 }),
    })
    .map(
      ({ kind, resources, values, length }): Grant => ({
        actions: [`service:Action${kind}`],
        resources: names('arn:aws:s3:::r', resources, length),
        conditions:
          values === 0
            ? []
            : [{ operator: 'StringLike', key: 'key', values: names('value', values, length) }],
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
