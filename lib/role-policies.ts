import { Fn, Token } from 'aws-cdk-lib';
import { ManagedPolicy, Policy, PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';

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

/** A grant by one of its lists: what is in the list, and the grant with another list in its place. */
interface Dealt {
  readonly texts: readonly string[];
  readonly withTexts: (texts: readonly string[]) => Grant;
}

/** Operators that compare all values of a call with all of the condition's: half a list allows less than half. */
const JUDGES_THE_WHOLE_LIST = /^(?:ForAllValues:|Null$)/;

/**
 * The list of a grant that is dealt out: the longest. Several statements that each have a part of it, and all of the
 * others, allow what one statement would: one resource has to match, and one value of each condition.
 */
const longestList = (grant: Grant): Dealt => {
  const { resources, conditions = [] } = grant;
  const ofResources: Dealt = { texts: resources, withTexts: (texts) => ({ ...grant, resources: texts }) };
  return conditions
    .filter(({ operator }) => !JUDGES_THE_WHOLE_LIST.test(operator))
    .map(
      (condition): Dealt => ({
        texts: condition.values,
        withTexts: (values) => ({
          ...grant,
          conditions: conditions.map((other) => (other === condition ? { ...condition, values } : other)),
        }),
      }),
    )
    .reduce((longest, list) => (list.texts.length > longest.texts.length ? list : longest), ofResources);
};

/** Deals the grants out to documents, the first of which is the inline policy. */
const pack = (
  grants: readonly Grant[],
  firstDocument = MAX_INLINE_CHARACTERS,
): readonly (readonly Grant[])[] => {
  const documents: Grant[][] = [[]];
  let room = firstDocument - EMPTY_DOCUMENT_LENGTH;
  for (const grant of grants) {
    if (grant.resources.length === 0) continue;
    const { texts, withTexts } = longestList(grant);
    const overhead = statementLength(withTexts([]));
    let statement: string[] | undefined;
    for (const text of texts) {
      let needed = textLength(text) + (statement === undefined ? overhead : 0);
      if (needed > room) {
        documents.push([]);
        statement = undefined;
        room = MAX_MANAGED_CHARACTERS - EMPTY_DOCUMENT_LENGTH;
        needed = textLength(text) + overhead;
      }
      if (statement === undefined) {
        statement = [];
        documents.at(-1)?.push(withTexts(statement));
      }
      statement.push(text);
      room -= needed;
    }
  }
  return documents;
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

/**
 * Gives a role its permissions: one inline policy and, where that is full, managed policies of our own.
 *
 * CDK would split a large policy too, but only between statements, and it takes every ARN with a reference for
 * 150 characters, so that it can neither divide a statement for 100 users nor be relied on to fit.
 *
 * The policies are children of the role: whatever depends on the role also waits for its permissions.
 *
 * @param role - A role without other policies.
 * @param grants - What it may do. Grants without resources are left out.
 * @throws Error when IAM could not hold the permissions.
 */
export const grantAll = (role: Role, grants: readonly Grant[]): void => {
  const [inline = [], ...overflow] = pack(grants);
  if (overflow.length > MAX_MANAGED_POLICIES_PER_ROLE) {
    throw new Error(
      `${role.node.path} needs ${overflow.length} managed policies beside its inline policy, and IAM attaches at most ` +
        `${MAX_MANAGED_POLICIES_PER_ROLE}: the paths and names of the enrolled users, or of their secrets and alarms, are ` +
        'too long for so many users in one stack. Move some users to another stack.',
    );
  }
  new Policy(role, 'Permissions', { statements: inline.map(statementOf), roles: [role] });
  for (const [index, document] of overflow.entries()) {
    new ManagedPolicy(role, `MorePermissions${index + 1}`, {
      description: `Permissions of ${role.node.path} that its inline policy has no room for`,
      statements: document.map(statementOf),
      roles: [role],
    });
  }
};

/**
 * Gives a role permissions beside those that it has: in managed policies of our own, as many as they need.
 *
 * @param role - A role whose inline policy others write.
 * @param id - What the policies are for, within the role.
 * @param grants - What it may do. Grants without resources are left out.
 */
export const grantBeside = (role: Role, id: string, grants: readonly Grant[]): void => {
  const documents = pack(grants, MAX_MANAGED_CHARACTERS).filter((document) => document.length > 0);
  for (const [index, document] of documents.entries()) {
    new ManagedPolicy(role, `${id}${index + 1}`, {
      description: `Permissions of ${role.node.path}: ${id}`,
      statements: document.map(statementOf),
      roles: [role],
    });
  }
};
