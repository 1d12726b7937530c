import { createHash } from 'node:crypto';
import { Fn, Token } from 'aws-cdk-lib';
import { Effect, ManagedPolicy, Policy, PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { ConfigError } from '../config';

/** Actions on resources, before they are packed into policies. */
export interface Grant {
  readonly actions: readonly string[];
  /** ARNs as `Fn::Sub` writes them (`arn:${AWS::Partition}:iam::...`), or references to resources. */
  readonly resources: readonly string[];
  /** Conditions that must all hold. Default: none. */
  readonly conditions?: readonly Condition[];
}

/** A condition of a statement. It holds when one of the values matches. */
export interface Condition {
  /** Of the policy language, such as `StringEquals`. */
  readonly operator: string;
  readonly key: string;
  /** As {@link Grant.resources} are written. */
  readonly values: readonly string[];
  /** It is the values that are dealt out to documents, and not the resources. Of one condition of a grant at most. */
  readonly dealt?: true;
}

/** What IAM allows, in characters without white space. The last is a quota that AWS raises to 20 on request. */
const MAX_INLINE_CHARACTERS = 10_240;
const MAX_MANAGED_CHARACTERS = 6_144;
const MAX_MANAGED_POLICIES_PER_ROLE = 10;

/** A reference is resolved only when the stack is deployed; the ARN of a log group or queue is never this long. */
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

/** Of an ARN or of a value of a condition. */
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

/** An operator and a key for each condition, though one operator may hold several keys. */
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

/** A grant by the list of it that is dealt out: what is in the list, and the grant with another list in its place. */
interface Dealt {
  readonly texts: readonly string[];
  readonly withTexts: (texts: readonly string[]) => Grant;
}

/**
 * A grant by its list. Several statements that each have a part of it, and all of the others, allow what one statement
 * would: one resource has to match, and one value of each condition.
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

/** The statement of {@link bindToFunction}, with the longest ARN that a function has. */
const BINDING_LENGTH = 600;

const ROOM: Readonly<Record<DocumentKind, number>> = {
  // Inline policies of a role share what IAM allows.
  inline: MAX_INLINE_CHARACTERS - BINDING_LENGTH - EMPTY_DOCUMENT_LENGTH,
  managed: MAX_MANAGED_CHARACTERS - EMPTY_DOCUMENT_LENGTH,
};

/** How many numbers each document draws for a text: as what they hold, 10,240 to 6,144. */
const DRAWS: Readonly<Record<DocumentKind, number>> = { inline: 5, managed: 3 };

/** The highest number that a document draws for a text. It depends on these two, and on nothing else. */
const highestDraw = (kind: DocumentKind, index: number, text: string): number => {
  const numbers = createHash('sha256').update(`${index} ${text}`).digest();
  return Math.max(...Array.from({ length: DRAWS[kind] }, (_none, draw) => numbers.readUInt32BE(4 * draw)));
};

/** One text of a grant, and the documents in the order in which it prefers them. */
interface Item {
  readonly grant: number;
  readonly text: string;
  readonly preferences: readonly number[];
}

/** Documents while they are filled: the texts of each grant, by document. */
type Filling = readonly Map<number, string[]>[];

/**
 * Puts each text into the first document of its preference, of those that there are.
 *
 * @param spill - Where it has no room, it goes to the next one.
 * @returns undefined when something has no room.
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
 * Deals the grants out to documents: to the inline policy alone, while it has room, and else to as few managed ones beside
 * it as will do.
 *
 * Which document a text is in depends on the text and on how many documents there are, and not on other texts: the one
 * that draws the highest number for it (rendezvous hashing). So a user who comes or goes moves nobody else's grants,
 * unless a document more is needed, or one less. Then what moves goes to the new one, or comes from the one that goes.
 *
 * @param most - The documents that there may be, in order.
 * @returns The documents, some of which may be empty; undefined when they cannot hold it all.
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
      // What a reference will be called is not known, and its token is another one each time.
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
  // Rather than refuse what there is room for. Only here does one user's grant make way for another's.
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

const statementOf = ({ actions, resources, conditions = [] }: Grant): PolicyStatement =>
  new PolicyStatement({
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
 * What moves when there is a document more goes to that one. So each waits for those after it: a grant is in its new place
 * before it is taken from its old one. CloudFormation deletes a policy that is not needed any more when all others are as
 * they should be.
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

const tooMuch = (path: string, beside: string): ConfigError =>
  new ConfigError([
    `users: ${path} needs more than the ${MAX_MANAGED_POLICIES_PER_ROLE} managed policies that IAM attaches to a role${beside}: ` +
      'the paths and names of the enrolled users, or of their secrets and alarms, are too long for so many users in one ' +
      'stack. Move some users to another stack.',
  ]);

/**
 * Gives a role its permissions: one inline policy and, where that is full, managed policies of our own.
 *
 * CDK would split a large policy too, but only between statements, and it takes every ARN with a reference for
 * 150 characters, so that it can neither divide a statement for 100 users nor be relied on to fit. And it would move
 * the grants of users when others come or go.
 *
 * The policies are children of the role: whatever depends on the role also waits for its permissions.
 *
 * @param role - A role without other policies.
 * @param grants - What it may do. Grants without resources are left out.
 * @param shared - Managed policies that it has with others, from {@link grantShared}.
 * @throws ConfigError when IAM could not hold the permissions.
 */
export const grantAll = (
  role: Role,
  grants: readonly Grant[],
  shared: readonly ManagedPolicy[] = [],
): void => {
  const documents = pack(grants, ['inline', ...MANAGED.slice(shared.length)]);
  if (documents === undefined) throw tooMuch(role.node.path, ' beside its inline policy');
  writePolicies(documents, (index, statements) =>
    index === 0
      ? new Policy(role, 'Permissions', { statements, roles: [role] })
      : new ManagedPolicy(role, `MorePermissions${index}`, {
          description: `More permissions of ${role.node.id}`,
          statements,
          roles: [role],
        }),
  );
};

/** Lambda Developer Guide, "Using source function ARN to control function access behavior". */
const SOURCE_FUNCTION = 'lambda:SourceFunctionArn';

/**
 * Binds a role to its function: whoever passes it to another function gets nothing by it.
 *
 * A statement that denies, and not one more condition of all those that allow. A function waits for its role's permissions, so
 * none of these could name the function. And what is denied is only a request that says that it comes from another function: where a
 * request says nothing, because a service makes it in the role's name or a partition does not know the key, nothing changes. The role
 * trusts Lambda alone, whose credentials say it.
 *
 * @param role - of the function, and of no other one.
 * @param source - The function. It may not wait for what is created here.
 */
export const bindToFunction = (role: Role, source: IFunction): void => {
  new Policy(source, 'Binding', {
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
  });
};

/**
 * Gives a role permissions beside those that it has: in managed policies of our own, as many as they need.
 *
 * @param role - A role whose inline policy others write.
 * @param id - What the policies are for, within the role.
 * @param grants - What it may do. Grants without resources are left out.
 * @throws ConfigError when IAM could not hold the permissions.
 */
export const grantBeside = (role: Role, id: string, grants: readonly Grant[]): void => {
  const documents = pack(grants, MANAGED);
  if (documents === undefined) throw tooMuch(role.node.path, '');
  writePolicies(
    documents,
    (index, statements) =>
      new ManagedPolicy(role, `${id}${index + 1}`, {
        description: `Permissions of ${role.node.path}: ${id}`,
        statements,
        roles: [role],
      }),
  );
};

/**
 * Gives several roles the same permissions, which stand in the template once: in managed policies of our own. What depends on
 * such a role has to wait for them itself.
 *
 * @param scope - What the policies are children of.
 * @param id - What they are for, within the scope.
 * @param roles - Who gets them.
 * @param grants - What each of the roles may do. Grants without resources are left out.
 * @throws ConfigError when IAM could not hold the permissions.
 */
export const grantShared = (
  scope: Construct,
  id: string,
  roles: readonly Role[],
  grants: readonly Grant[],
): readonly ManagedPolicy[] => {
  const documents = pack(grants, MANAGED);
  if (documents === undefined) throw tooMuch(scope.node.path, '');
  return writePolicies(
    documents,
    (index, statements) =>
      new ManagedPolicy(scope, `${id}${index + 1}`, { description: id, statements, roles: [...roles] }),
  );
};
