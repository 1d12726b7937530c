import { Template } from 'aws-cdk-lib/assertions';
import { MAX_USERS_PER_STACK } from '../../lib/config';
import {
  stackAsACompanyAsks,
  stackWithEverything,
  usersWith,
  usersWithEverything,
} from '../support/everything';
import { resourcesOf, resourceText, stackOf, synthesizedAsByTheCommand, templateOf } from './synthesize';

// A proof, because each of these templates takes seconds to make, and any change to it changes every user's
// part.
describe('as many users as a stack carries', () => {
  /** Characters of a policy as IAM counts them: without white space, and with everything resolved. */
  const policyLength = (document: unknown): number => {
    const resolved = JSON.stringify(document, (_key, value) => {
      if (typeof value !== 'object' || value === null) return value;
      if ('Fn::GetAtt' in value || 'Ref' in value) return 'x'.repeat(200);
      if (!('Fn::Sub' in value)) return value;
      return String(value['Fn::Sub'])
        .replaceAll('$' + '{AWS::Partition}', 'aws-us-gov')
        .replaceAll('$' + '{AWS::Region}', 'ap-southeast-1')
        .replaceAll('$' + '{AWS::AccountId}', '123456789012')
        .replaceAll('$' + '{AWS::URLSuffix}', 'amazonaws.com.cn');
    });
    return resolved.length;
  };

  const refusalOf = (synthesize: () => unknown): string => {
    try {
      synthesize();
    } catch (error) {
      return (error as Error).message;
    }
    return 'It was not refused';
  };

  /** How many of a hundred users a role has room for, as a refusal says. */
  const roomIn = (refusal: string): number => Number(/(\d\d) percent/.exec(refusal)?.[1]);

  const full = synthesizedAsByTheCommand(stackWithEverything(usersWithEverything(MAX_USERS_PER_STACK)));
  const template = Template.fromJSON(full.template);
  const existing = templateOf({
    users: usersWith(MAX_USERS_PER_STACK, (userName) => ({
      healthAlarms: ['orders'],
      existingSecret: userName,
    })),
  });
  const asTheCompanyAsks = (count: number, length?: number) =>
    stackAsACompanyAsks(usersWithEverything(count, undefined, length));
  const usual = synthesizedAsByTheCommand(asTheCompanyAsks(MAX_USERS_PER_STACK, 20));
  const templates: [string, Template][] = [
    [
      'with every setting of each, names and paths of 20 characters, and all that a company asks',
      Template.fromJSON(usual.template),
    ],
    ['with every setting of each', template],
    ['with secrets of their own', existing],
  ];

  test('fit into CloudFormation’s limits, as the CDK writes the template', () => {
    expect(Object.keys(full.template.Resources).length).toBeLessThanOrEqual(445);
    expect(full.bytes).toBeLessThan(1_000_000);
  });

  test('fit with all that a company asks, if their names and paths are of 20 characters', () => {
    expect(Object.keys(usual.template.Resources).length).toBeLessThanOrEqual(435);
    expect(usual.bytes).toBeLessThan(900_000);
  });

  test('are refused with all that a company asks if their names and paths are as long as can be, with the part that fits', () => {
    const refusal = refusalOf(() => synthesizedAsByTheCommand(asTheCompanyAsks(MAX_USERS_PER_STACK)));
    expect(refusal).toMatch(
      /PlanRotationRole needs more than the 10 managed policies .*, and "policies": "managed" allows it no inline policy.* Of users like these, it has room for about \d\d percent\. Move the others to another stack\.$/,
    );
    const fit = roomIn(refusal);
    expect(fit).toBeGreaterThanOrEqual(50);
    expect(() => synthesizedAsByTheCommand(asTheCompanyAsks(fit))).not.toThrow();
  });

  test('are refused if not even one fits, with the reason', () => {
    const tags = Object.fromEntries(
      Array.from({ length: 40 }, (_none, index) => [`${index}`.padEnd(128, 'k'), 'v'.repeat(256)]),
    );
    const refusal = refusalOf(() =>
      synthesizedAsByTheCommand({ users: [{ userName: 'alice' }], deployment: { tags } }),
    );
    expect(refusal).toMatch(/deployment\.tags take 1\d{6} of them: have fewer or shorter ones\.$/);
  });

  test('are refused if their template would be too large, with the number that fits', () => {
    const users = usersWithEverything(MAX_USERS_PER_STACK).map((user, index) => ({
      ...user,
      readers: Array.from(
        { length: 9 },
        (_none, reader) => `arn:aws:iam::123456789012:role/${reader}/${user.userName}`,
      ),
      replicaRegions: ['eu-west-1', 'eu-west-2'].map((region) => ({
        region,
        kmsKeyArn: `arn:aws:kms:${region}:123456789012:key/1234abcd-12ab-34cd-56ef-${String(index).padStart(12, '0')}`,
      })),
    }));
    const refusal = refusalOf(() => synthesizedAsByTheCommand({ users }));
    expect(refusal).toMatch(
      /users: the template of the stack IamAccessKeyRotation, with 100 users, has [34]\d\d resources and 1[01]\d{5} bytes\. Allowed: 500 resources and 1000000 bytes, .* \d\d users fit; put the others into another stack\.$/,
    );
    const fit = Number(/(\d\d) users fit/.exec(refusal)?.[1]);
    expect(() => synthesizedAsByTheCommand({ users: users.slice(0, fit) })).not.toThrow();
  });

  test.each(templates)('have policies within IAM’s limits for a role, %s', (_which, template) => {
    const managed = Object.values(resourcesOf(template, 'AWS::IAM::ManagedPolicy')).map(
      ({ Properties }) => Properties,
    );
    for (const { PolicyDocument } of managed) expect(policyLength(PolicyDocument)).toBeLessThanOrEqual(6_144);

    const inline = Object.values(resourcesOf(template, 'AWS::IAM::Policy')).map(
      ({ Properties }) => Properties,
    );
    for (const role of Object.keys(resourcesOf(template, 'AWS::IAM::Role'))) {
      const ofRole = ({ Roles = [] }: { Roles?: { Ref: string }[] }) => Roles.some(({ Ref }) => Ref === role);
      const inlineLength = inline
        .filter(ofRole)
        .reduce((sum, { PolicyDocument }) => sum + policyLength(PolicyDocument), 0);
      expect(inlineLength).toBeLessThanOrEqual(10_240);
      expect(managed.filter(ofRole).length).toBeLessThanOrEqual(10);
    }
    expect(managed.length).toBeGreaterThan(0);
  });

  test('still give each step each user, each secret and each key, once', () => {
    const granted = ['AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy']
      .flatMap((type) => Object.values(resourcesOf(template, type)))
      .filter(({ Properties }) =>
        (Properties.Roles ?? []).some(({ Ref }: { Ref: string }) => Ref.includes('StepsPlanRotationRole')),
      )
      .flatMap(({ Properties }) => Properties.PolicyDocument.Statement)
      .flatMap(({ Resource }) => Resource)
      .map(resourceText);
    for (const kind of [':user/', ':secret:', ':key/']) {
      const ofKind = granted.filter((arn) => arn.includes(kind));
      expect(ofKind).toHaveLength(MAX_USERS_PER_STACK);
      expect(new Set(ofKind).size).toBe(MAX_USERS_PER_STACK);
    }
  });

  test('still let the survey look at each user and each alarm, once', () => {
    const granted = ['AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy']
      .flatMap((type) => Object.values(resourcesOf(template, type)))
      .filter(({ Properties }) =>
        (Properties.Roles ?? []).some(({ Ref }: { Ref: string }) => Ref.includes('SurveyRole')),
      )
      .flatMap(({ Properties }) => Properties.PolicyDocument.Statement)
      .flatMap(({ Resource }) => Resource)
      .map(resourceText);
    for (const kind of [':user/', ':alarm:']) {
      const ofKind = granted.filter((arn) => arn.includes(kind));
      expect(ofKind).toHaveLength(MAX_USERS_PER_STACK);
      expect(new Set(ofKind).size).toBe(MAX_USERS_PER_STACK);
    }
  });

  test('are refused if the names of their secrets are too long for the policies of a role', () => {
    const users = usersWith(MAX_USERS_PER_STACK, (userName) => ({
      existingSecret: userName.padEnd(500, 's'),
    }));
    const refusal = refusalOf(() => stackOf({ users }));
    expect(refusal).toMatch(
      /Role needs more than the 10 managed policies .* Move the others to another stack\.$/,
    );
    // Another role may have less room, and says so.
    let fewer = users.slice(0, roomIn(refusal));
    const next = refusalOf(() => stackOf({ users: fewer }));
    expect(next).not.toContain('PlanRotationRole');
    fewer = fewer.slice(0, (fewer.length * roomIn(next)) / 100);
    expect(() => stackOf({ users: fewer })).not.toThrow();
    expect(fewer.length).toBeGreaterThan(40);
  });
});
