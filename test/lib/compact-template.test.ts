import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { App, DefaultStackSynthesizer, type IStackSynthesizer } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import cdkJson from '../../cdk.json';
import { AccessKeyRotationStack } from '../../lib/access-key-rotation-stack';
import { type CompactResource, compactTemplate } from '../../lib/compact-template';
import { parseStacks, type StackConfig } from '../../lib/config';
import { executionTimeoutSeconds, readDefinition } from '../../lib/rotation-state-machine';
import { type Template as DeployedTemplate, TemplateResolver } from '../../local/deployment/template';
import { PLACES, stackWithEverything, usersWithEverything } from '../support/everything';
import { madeBefore, stackOf, templateOf } from './synthesize';

const resourcesOf = (Resources: Readonly<Record<string, object>>) =>
  compactTemplate({ Resources: Resources as Readonly<Record<string, CompactResource>> }).Resources;

describe('of a stack with everything', () => {
  // Enough users that roles have several managed policies, each of which waits for others.
  const config = stackWithEverything(usersWithEverything(40, PLACES[0]));
  /** As the CDK writes it. */
  const written = (): Template => {
    const app = new App({
      context: { ...cdkJson.context, 'aws:cdk:bundling-stacks': [] },
      builtinCloudFormationValidation: false,
    });
    const limits = { executionTimeoutSeconds: executionTimeoutSeconds(readDefinition()) };
    const [stack] = parseStacks(config, limits) as [StackConfig];
    const synthesizer = new DefaultStackSynthesizer() as IStackSynthesizer;
    return Template.fromStack(
      new AccessKeyRotationStack(app, stack.stackName, { synthesizer, config: stack }),
    );
  };
  const before = written();
  const after = templateOf(config);
  const ids = Object.keys(before.toJSON().Resources);

  test('every resource is there, and everything of it but its dependencies resolves to the same', () => {
    const resolved = (template: Template) => {
      const json = template.toJSON() as DeployedTemplate;
      const stack = { stackName: 'S', accountId: '111122223333', region: 'us-east-1' };
      const resolver = new TemplateResolver(json, stack);
      return Object.entries(json.Resources).map(([id, resource]) => {
        const { DependsOn: _, ...rest } = resource as CompactResource;
        return [id, resolver.resolve(rest)];
      });
    };
    expect(resolved(after)).toEqual(resolved(before));
  });

  test('every resource is made after the same others', () => {
    const order = (template: Template) => ids.map((id) => [id, [...madeBefore(template, id)].sort()]);
    expect(order(after)).toEqual(order(before));
  });

  test('it has fewer bytes, and no dependency that another one implies', () => {
    const listed = Object.values(after.toJSON().Resources).flatMap((resource) => {
      const { DependsOn = [] } = resource as { readonly DependsOn?: readonly string[] };
      return DependsOn.filter((one) => DependsOn.some((other) => madeBefore(after, other).has(one)));
    });
    expect(listed).toEqual([]);
    const [short, long] = [after, before].map((template) => JSON.stringify(template.toJSON()).length);
    expect(short).toBeLessThan(0.99 * (long ?? 0));
  });
});

test('the template is uploaded under the hash of what is uploaded', () => {
  const stack = stackOf({ users: [{ userName: 'alice' }] });
  const { stackTemplateAssetObjectUrl, templateFullPath } = (stack.node.root as App)
    .synth()
    .getStackArtifact(stack.artifactId);
  const hash = createHash('sha256').update(readFileSync(templateFullPath)).digest('hex');
  expect(stackTemplateAssetObjectUrl).toContain(`/${hash}.json`);
});

describe('dependencies', () => {
  test.each<[string, object, readonly string[] | undefined]>([
    ['none', {}, undefined],
    ['on one, as a text', { DependsOn: 'B' }, ['B']],
    ['on one that waits for another', { DependsOn: ['A', 'B'] }, ['B']],
    ['on what a reference names', { DependsOn: ['A'], Properties: { Of: { Ref: 'A' } } }, undefined],
    [
      'on whose attribute is named',
      { DependsOn: ['A'], Properties: { Of: { 'Fn::GetAtt': ['A', 'Arn'] } } },
      undefined,
    ],
    [
      'on whose attribute is named as a text',
      { DependsOn: ['A'], Properties: { Of: { 'Fn::GetAtt': 'A.Arn' } } },
      undefined,
    ],
    [
      'on what a text names',
      { DependsOn: ['A'], Properties: { Of: { 'Fn::Sub': 'x/$\u007bA}' } } },
      undefined,
    ],
    [
      'on whose attribute a text names',
      { DependsOn: ['A'], Properties: { Of: { 'Fn::Sub': 'x/$\u007bA.Arn}' } } },
      undefined,
    ],
    ['on what what is named waits for', { DependsOn: ['A'], Properties: { Of: [{ Ref: 'B' }] } }, undefined],
    [
      'on what a text names literally',
      { DependsOn: ['A'], Properties: { Of: { 'Fn::Sub': '$\u007b!A}' } } },
      ['A'],
    ],
    [
      'on what a text of variables may name',
      { DependsOn: ['A'], Properties: { Of: { 'Fn::Sub': ['$\u007bA}', { A: 'x' }] } } },
      ['A'],
    ],
    [
      'on what may not be chosen',
      { DependsOn: ['A'], Properties: { Of: { 'Fn::If': ['Is', { Ref: 'A' }, 'x'] } } },
      ['A'],
    ],
    ['through what may not be there', { DependsOn: ['A', 'M'] }, ['A', 'M']],
    [
      'on others, and a reference to a parameter',
      { DependsOn: ['A', 'B'], Properties: { Of: { Ref: 'P' } } },
      ['B'],
    ],
  ])('%s', (_which, resource, needed) => {
    const { X } = resourcesOf({
      A: { Type: 'T' },
      B: { Type: 'T', DependsOn: ['A'] },
      M: { Type: 'T', DependsOn: ['A'], Condition: 'Is' },
      X: resource,
    });
    expect(X?.DependsOn).toEqual(needed);
  });
});

test('a circle is left to CloudFormation, which says what it consists of', () => {
  const circle = { A: { DependsOn: ['B'] }, B: { Properties: { Of: { Ref: 'A' } } } };
  expect(resourcesOf(circle)).toEqual(circle);
});

describe('texts that are joined', () => {
  test.each<[string, object, object]>([
    ['text and a reference', { 'Fn::Join': ['', ['a', { Ref: 'A' }]] }, { 'Fn::Sub': 'a$\u007bA}' }],
    [
      'attributes',
      { 'Fn::Join': ['', [{ 'Fn::GetAtt': ['A', 'B.C'] }, ':*']] },
      { 'Fn::Sub': '$\u007bA.B.C}:*' },
    ],
    ...[
      ['with something between them', ['-', ['a', { Ref: 'A' }]]],
      ['of which one looks like a reference', ['', ['$\u007bA}', { Ref: 'A' }]]],
      ['of which one is chosen', ['', ['a', { 'Fn::Select': [0, ['b']] }]]],
      ['of a list', ['', { Ref: 'A' }]],
    ].map(([which, join]): [string, object, object] => [
      `${which} stay as they are`,
      { 'Fn::Join': join },
      { 'Fn::Join': join },
    ]),
  ])('%s', (_which, joined, short) => {
    expect(resourcesOf({ X: { Properties: { Of: [{ In: joined }] } } })).toEqual({
      X: { Properties: { Of: [{ In: short }] } },
    });
  });
});
