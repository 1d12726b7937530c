import { createHash } from 'node:crypto';
import { Fn, Token } from 'aws-cdk-lib';
import { Effect, ManagedPolicy, Policy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { ConfigError } from '../config';
import { pathOf, type RoleSettings, type ServiceRole } from './service-role';

/** Actions on resources, before they are packed into policies. */
export interface Grant {
  readonly actions: readonly string[];
  /** ARNs as `Fn::Sub` writes them (`arn:${AWS::Partition}:iam::...`), or references to resources. */
  readonly resources: readonly string[];
  /** Conditions that must all hold. Default: none. */
  readonly conditions?: readonly Condition[];
  /** `Deny` takes away what other grants give. Default: `Allow`. */
  readonly effect?: 'Deny';
}

/** A condition of a statement. It holds if one of the values matches. */
export interface Condition {
  /** An operator of the policy language, such as `StringEquals`. */
  readonly operator: string;
  readonly key: string;
  /** Written like {@link Grant.resources}. */
  readonly values: readonly string[];
  /**
   * The values of this condition are dealt out to documents, instead of the resources. At most one condition
   * of a grant has it.
   */
  readonly dealt?: true;
}

/** IAM's limits, in characters without white space. The last is a quota that AWS raises to 20 on request. */
const MAX_INLINE_CHARACTERS = 10_240;
const MAX_MANAGED_CHARACTERS = 6_144;
const MAX_MANAGED_POLICIES_PER_ROLE = 10;

/** A reference is resolved only on deployment; the ARN of a log group or queue is never this long. */
const REFERENCE_LENGTH = 300;

/** The longest values that the pseudo parameters take in any AWS partition. */
const LONGEST_PSEUDO_PARAMETERS: readonly (readonly [string, number])[] = [
  // biome-ignore-start lint/suspicious/noTemplateCurlyInString: these are CloudFormation's own placeholders.
  ['${AWS::Partition}', 'aws-us-gov'.length],
  ['${AWS::Region}', 'ap-southeast-1'.length],
  ['${AWS::AccountId}', 12],
  ['${AWS::URLSuffix}', 'amazonaws.com.cn'.length],
  // biome-ignore-end lint/suspicious/noTemplateCurlyInString: see above.
];

const EMPTY_DOCUMENT_LENGTH = '{"Version":"2012-10-17","Statement":[]}'.length;

/** The length of an ARN or of a condition's value. */
const textLength = (resource: string): number => {
  const quotesAndComma = 3;
  if (Token.isUnresolved(resource)) return REFERENCE_LENGTH + quotesAndComma;
  return LONGEST_PSEUDO_PARAMETERS.reduce(
    (length, [parameter, longest]) =>
      length + (resource.split(parameter).length - 1) * (longest - parameter.length),
    resource.length + quotesAndComma,
  );
};

const textsLength = (texts: readonly string[]): number =>
  texts.reduce((length, text) => length + textLength(text), 0);

/** One operator and one key for each condition, though one operator may hold several keys. */
const conditionsLength = (conditions: readonly Condition[]): number =>
  conditions.reduce(
    (length, { operator, key, values }) =>
      length + JSON.stringify({ [operator]: { [key]: [] } }).length + textsLength(values),
    conditions.length === 0 ? 0 : ',"Condition":{}'.length,
  );

const statementLength = ({ actions, resources, conditions = [] }: Grant): number =>
  JSON.stringify({ Effect: 'Allow', Action: actions, Resource: [] }).length +
  1 +
  textsLength(resources) +
  conditionsLength(conditions);

/**
 * A grant seen as the list that is dealt out: its texts, and a way to make the same grant with other texts.
 */
interface Dealt {
  readonly texts: readonly string[];
  readonly withTexts: (texts: readonly string[]) => Grant;
}

/**
 * Turns a grant into its list. Several statements, each with a part of the list and everything else of the
 * grant, allow exactly what one statement would: one resource has to match, and one value of each condition.
 */
const dealtOut = (grant: Grant): Dealt => {
  const { resources, conditions = [] } = grant;
  const dealt = conditions.find((condition) => condition.dealt);
  if (dealt === undefined) {
    return { texts: resources, withTexts: (texts) => ({ ...grant, resources: texts }) };
  }
  return {
    texts: dealt.values,
    withTexts: (values) => ({
      ...grant,
      conditions: conditions.map((other) => (other === dealt ? { ...dealt, values } : other)),
    }),
  };
};

/** A document that grants are dealt to: the inline policy, or one of the managed ones. */
type DocumentKind = 'inline' | 'managed';

/** The length of the statement of {@link bindToFunction}, with the longest ARN that a function has. */
const BINDING_LENGTH = 600;

const ROOM: Readonly<Record<DocumentKind, number>> = {
  // All inline policies of a role share one limit.
  inline: MAX_INLINE_CHARACTERS - BINDING_LENGTH - EMPTY_DOCUMENT_LENGTH,
  managed: MAX_MANAGED_CHARACTERS - EMPTY_DOCUMENT_LENGTH,
};

/** How many numbers each document draws for a text: in proportion to their capacities, 10,240 to 6,144. */
const DRAWS: Readonly<Record<DocumentKind, number>> = { inline: 5, managed: 3 };

/** The highest number that a document draws for a text. It depends only on these two. */
const highestDraw = (kind: DocumentKind, index: number, text: string): number => {
  const numbers = createHash('sha256').update(`${index} ${text}`).digest();
  return Math.max(...Array.from({ length: DRAWS[kind] }, (_none, draw) => numbers.readUInt32BE(4 * draw)));
};

/** One text of a grant, and the documents in its order of preference. */
interface Item {
  readonly grant: number;
  readonly text: string;
  readonly preferences: readonly number[];
}

/** Documents while they are filled: the texts of each grant, by document. */
type Filling = readonly Map<number, string[]>[];

/**
 * Puts each text into the document that it prefers, among those that exist.
 *
 * @param spill - A text that does not fit goes to its next preference.
 * @returns undefined if something does not fit.
 */
const fill = (
  items: readonly Item[],
  overheads: readonly number[],
  kinds: readonly DocumentKind[],
  spill: boolean,
): Filling | undefined => {
  const rooms = kinds.map((kind) => ROOM[kind]);
  const filling = kinds.map(() => new Map<number, string[]>());
  for (const { grant, text, preferences } of items) {
    const needed = (index: number): number =>
      textLength(text) + (filling[index]?.has(grant) ? 0 : (overheads[grant] ?? 0));
    const there = preferences.filter((index) => index < kinds.length);
    const index = there.slice(0, spill ? there.length : 1).find((one) => needed(one) <= (rooms[one] ?? 0));
    if (index === undefined) return undefined;
    rooms[index] = (rooms[index] ?? 0) - needed(index);
    const statements = filling[index] as Map<number, string[]>;
    statements.set(grant, [...(statements.get(grant) ?? []), text]);
  }
  return filling;
};

/**
 * Deals the grants out to documents: to the inline policy alone while that has room, otherwise also to as few
 * managed policies as possible.
 *
 * The document of a text depends on the text and on the number of documents, and not on other texts: the
 * document that draws the highest number gets it (rendezvous hashing). So adding or removing a user moves no
 * other user's grants, unless the number of documents changes by one. In that case, grants move only to the
 * new document, or only from the removed one.
 *
 * @param most - The documents that there may be, in order.
 * @returns The documents, some of which may be empty; undefined if they cannot hold everything.
 */
const pack = (
  grants: readonly Grant[],
  most: readonly DocumentKind[],
): readonly (readonly Grant[])[] | undefined => {
  const dealt = grants.filter(({ resources }) => resources.length > 0).map(dealtOut);
  const overheads = dealt.map(({ withTexts }) => statementLength(withTexts([])));
  const everyIndex = most.map((_kind, index) => index);
  const items = dealt.flatMap(({ texts }, grant) =>
    texts.map((text): Item => {
      // The final name behind a reference is unknown, and its token differs from run to run.
      if (Token.isUnresolved(text)) return { grant, text, preferences: everyIndex };
      const draws = most.map((kind, index) => highestDraw(kind, index, text));
      const preferences = everyIndex.toSorted((a, b) => (draws[b] ?? 0) - (draws[a] ?? 0));
      return { grant, text, preferences };
    }),
  );
  let filling: Filling | undefined;
  for (let count = 1; filling === undefined && count <= most.length; count += 1) {
    filling = fill(items, overheads, most.slice(0, count), false);
  }
  // Better than refusing grants that would fit. Only here can one user's grants displace another's.
  filling ??= fill(items, overheads, most, true);
  return filling?.map((statements) =>
    dealt.flatMap(({ withTexts }, grant) => {
      const texts = statements.get(grant);
      return texts === undefined ? [] : [withTexts(texts)];
    }),
  );
};

const resolvable = (text: string): string =>
  Token.isUnresolved(text) || !text.includes('$') ? text : Fn.sub(text);

const conditionBlock = (conditions: readonly Condition[]): Record<string, Record<string, string[]>> => {
  const block: Record<string, Record<string, string[]>> = {};
  for (const { operator, key, values } of conditions) {
    block[operator] = { ...block[operator], [key]: values.map(resolvable) };
  }
  return block;
};

/** A grant as a statement of a policy that is written elsewhere. */
export const statementOf = ({ actions, resources, conditions = [], effect }: Grant): PolicyStatement =>
  new PolicyStatement({
    effect: effect === 'Deny' ? Effect.DENY : Effect.ALLOW,
    actions: [...actions],
    resources: resources.map(resolvable),
    ...(conditions.length === 0 ? {} : { conditions: conditionBlock(conditions) }),
  });

const MANAGED: readonly DocumentKind[] = Array.from(
  { length: MAX_MANAGED_POLICIES_PER_ROLE },
  () => 'managed',
);

/**
 * Writes documents as policies of a role. Empty ones are left out.
 *
 * When a document is added, grants move only to that one. So each document waits for those after it: a grant
 * is in its new place before it is removed from its old one. CloudFormation deletes policies that are no
 * longer needed after all other changes.
 */
const writePolicies = <Kind extends Policy | ManagedPolicy>(
  documents: readonly (readonly Grant[])[],
  policyOf: (index: number, statements: PolicyStatement[]) => Kind,
): readonly Kind[] => {
  const policies = documents.flatMap((document, index) =>
    document.length === 0 ? [] : [policyOf(index, document.map(statementOf))],
  );
  for (const [index, policy] of policies.entries()) {
    const next = policies[index + 1];
    if (next !== undefined) policy.node.addDependency(next);
  }
  return policies;
};

/**
 * How many of a hundred users fit, if grants grow with the users. In each document, every grant may repeat all of its statement but the
 * list, and the longest of the texts may be missing that is left over.
 */
const percentThatFits = (grants: readonly Grant[], documents: readonly DocumentKind[]): number => {
  const dealt = grants.filter(({ resources }) => resources.length > 0).map(dealtOut);
  const texts = dealt.flatMap((grant) => grant.texts);
  const repeated = dealt.reduce((sum, { withTexts }) => sum + statementLength(withTexts([])), 0);
  const longest = Math.max(...texts.map(textLength));
  const room = documents.reduce((sum, kind) => sum + Math.max(0, ROOM[kind] - repeated - longest), 0);
  return Math.floor(100 * Math.min(0.99, room / textsLength(texts)));
};

/**
 * The refusal of grants that the documents cannot hold.
 *
 * @param path - Of the role, or of what the roles have in common.
 * @param beside - Which other policies the role has.
 */
const tooMuch = (
  path: string,
  beside: string,
  grants: readonly Grant[],
  documents: readonly DocumentKind[],
): ConfigError =>
  new ConfigError([
    `users: ${path} needs more than the ${MAX_MANAGED_POLICIES_PER_ROLE} managed policies that IAM attaches to a role${beside}: ` +
      'the paths and names of the enrolled users, or of their secrets and alarms, are too long for so many users in one ' +
      `stack. Of users like these, it has room for about ${percentThatFits(grants, documents)} percent. Move the others to another stack.`,
  ]);

/** What the refusal says of a role's inline policy. */
const besideInline = ({ policies }: RoleSettings): string =>
  policies === 'inline'
    ? ' beside its inline policy'
    : ', and "policies": "managed" allows it no inline policy, which has room for more';

/**
 * Gives the role of a function its permissions: one inline policy and, if that is full, managed policies of our own. Where no inline
 * policy may be, all of them are managed ones.
 *
 * Documents keep their logical IDs, except for the first one, which CloudFormation could not turn into a policy of another type: so it
 * is there under its new ID before it is removed under its old one.
 *
 * The CDK would split a large policy too, but only between statements. It also counts every ARN with a
 * reference as 150 characters, so that it can neither divide a statement for 100 users nor be relied on to
 * fit. And it would move the grants of users when other users are added or removed.
 *
 * The policies are children of the role: a construct that depends on the role also waits for its permissions.
 *
 * @param role - The role of a function, without other policies.
 * @param grants - What it may do. Grants without resources are left out.
 * @param shared - Managed policies that it has in common with other roles, from {@link grantShared}.
 * @throws ConfigError if IAM could not hold the permissions.
 */
export const grantAll = (
  role: ServiceRole,
  grants: readonly Grant[],
  shared: readonly ManagedPolicy[] = [],
): void => {
  const { deployment } = role;
  const managed = MANAGED.slice(shared.length);
  // One of the managed ones binds the role to its function.
  const allowed: readonly DocumentKind[] =
    deployment.policies === 'inline' ? ['inline', ...managed] : managed.slice(1);
  const documents = pack(grants, allowed);
  if (documents === undefined) throw tooMuch(role.node.path, besideInline(deployment), grants, allowed);
  const policies = writePolicies<Policy | ManagedPolicy>(documents, (index, statements) =>
    index === 0 && deployment.policies === 'inline'
      ? new Policy(role, 'Permissions', { statements, roles: [role] })
      : new ManagedPolicy(role, index === 0 ? 'ManagedPermissions' : `MorePermissions${index}`, {
          description: `${index === 0 ? 'Permissions' : 'More permissions'} of ${role.node.id}`,
          statements,
          roles: [role],
          ...pathOf(deployment),
        }),
  );
  // A grant that becomes a shared one is there before it is removed here.
  for (const policy of policies) if (shared.length > 0) policy.node.addDependency(...shared);
};

/** Lambda Developer Guide, "Using source function ARN to control function access behavior". */
export const SOURCE_FUNCTION = 'lambda:SourceFunctionArn';

/**
 * Binds a role to its function: passing the role to another function gives no access.
 *
 * It is a statement that denies, rather than one more condition in every statement that allows: a function
 * waits for its role's permissions, so those could not name the function. It denies only requests that say
 * that they come from another function. Requests that say nothing, because a service makes them in the role's
 * name or a partition does not know the key, are not affected. The role trusts only Lambda, whose credentials
 * say it.
 *
 * @param role - The role of this function, and of no other one.
 * @param source - The function. It must not wait for what is created here.
 */
export const bindToFunction = (role: ServiceRole, source: IFunction): void => {
  const { deployment } = role;
  const binding = {
    roles: [role],
    statements: [
      new PolicyStatement({
        effect: Effect.DENY,
        actions: ['*'],
        resources: ['*'],
        conditions: {
          Null: { [SOURCE_FUNCTION]: 'false' },
          // With and without the version that runs.
          ArnNotLike: { [SOURCE_FUNCTION]: [source.functionArn, `${source.functionArn}:*`] },
        },
      }),
    ],
  };
  if (deployment.policies === 'inline') new Policy(source, 'Binding', binding);
  else {
    const description = `Binds ${role.node.id} to its function`;
    new ManagedPolicy(source, 'ManagedBinding', { description, ...binding, ...pathOf(deployment) });
  }
};

/**
 * Gives a role permissions beside those that it has, in as many managed policies of our own as they need.
 *
 * @param role - A role whose other permissions are added to it elsewhere.
 * @param id - What the policies are for, within the role.
 * @param grants - What it may do. Grants without resources are left out.
 * @throws ConfigError if IAM could not hold the permissions.
 */
export const grantBeside = (role: ServiceRole, id: string, grants: readonly Grant[]): void => {
  const { deployment } = role;
  // Where no inline policy may be, what is added to the role takes a managed one.
  const allowed = MANAGED.slice(deployment.policies === 'inline' ? 0 : 1);
  const documents = pack(grants, allowed);
  if (documents === undefined) throw tooMuch(role.node.path, '', grants, allowed);
  writePolicies(
    documents,
    (index, statements) =>
      new ManagedPolicy(role, `${id}${index + 1}`, {
        description: `Permissions of ${role.node.path}: ${id}`,
        statements,
        roles: [role],
        ...pathOf(deployment),
      }),
  );
};

/**
 * Gives several roles the same permissions, which are in the template only once: in managed policies of our
 * own. What depends on such a role has to wait for these policies as well.
 *
 * @param scope - The parent of the policies.
 * @param id - What they are for, within the scope.
 * @param roles - The roles that get them.
 * @param grants - What each of the roles may do. Grants without resources are left out.
 * @param deployment - How the stack is deployed.
 * @throws ConfigError if IAM could not hold the permissions.
 */
export const grantShared = (
  scope: Construct,
  id: string,
  roles: readonly ServiceRole[],
  grants: readonly Grant[],
  deployment: Pick<RoleSettings, 'rolePath'>,
): readonly ManagedPolicy[] => {
  const documents = pack(grants, MANAGED);
  if (documents === undefined) throw tooMuch(scope.node.path, '', grants, MANAGED);
  return writePolicies(
    documents,
    (index, statements) =>
      new ManagedPolicy(scope, `${id}${index + 1}`, {
        description: id,
        statements,
        roles: [...roles],
        ...pathOf(deployment),
      }),
  );
};
