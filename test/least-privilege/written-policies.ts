import type { Template, TemplateResolver } from '../../local/deployment/template';

/** A statement as it is written, whatever policy it stands in. */
export interface WrittenStatement {
  /** Where it stands, for people. */
  readonly where: string;
  readonly effect: string;
  readonly actions: readonly string[];
  /** Undefined: the policy of a role's trust names none. */
  readonly resources: readonly string[] | undefined;
  readonly conditions: readonly {
    readonly operator: string;
    readonly key: string;
    readonly values: readonly string[];
  }[];
}

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const texts = (value: unknown): readonly string[] => [value].flat().map(String);

const written = (where: string, { Effect, Action, Resource, Condition = {} }: Fields): WrittenStatement => ({
  where,
  effect: String(Effect),
  actions: texts(Action),
  resources: Resource === undefined ? undefined : texts(Resource),
  conditions: Object.entries(Condition as Readonly<Record<string, Fields>>).flatMap(([operator, keys]) =>
    Object.entries(keys).map(([key, values]) => ({ operator, key, values: texts(values) })),
  ),
});

/** The statements of a policy, and of every policy that is somewhere within a value. */
const statementsWithin = (where: string, value: unknown): readonly WrittenStatement[] => {
  if (Array.isArray(value)) return value.flatMap((item) => statementsWithin(where, item));
  if (!isFields(value)) return [];
  const { Statement, ...others } = value;
  const own = [Statement]
    .flat()
    .filter(isFields)
    .filter(({ Effect }) => Effect !== undefined)
    .map((statement, index) => written(`${where}, statement ${index + 1}`, statement));
  return [...own, ...Object.values(others).flatMap((inner) => statementsWithin(where, inner))];
};

/** The statements of a policy that is text. */
export const statementsOfText = (where: string, policy: string): readonly WrittenStatement[] =>
  statementsWithin(where, JSON.parse(policy));

/** Every statement of every policy in a template: of roles, of people, of trust, and of resources. */
export const writtenStatements = (
  template: Template,
  resolver: TemplateResolver,
): readonly WrittenStatement[] =>
  Object.entries(template.Resources).flatMap(([logicalId, { Type, Properties = {} }]) => {
    // Definitions and dashboards are texts with attributes that have no place in a policy.
    if (!JSON.stringify(Properties).includes('"Statement"') && Type !== 'AWS::Lambda::Permission') return [];
    const resolved = resolver.resolve(Properties);
    if (Type !== 'AWS::Lambda::Permission') return statementsWithin(logicalId, resolved);
    // Lambda makes a statement of it.
    const { Action, FunctionName, SourceArn } = resolved as Readonly<Record<string, string>>;
    const Condition = SourceArn === undefined ? {} : { ArnLike: { 'AWS:SourceArn': SourceArn } };
    return [written(logicalId, { Effect: 'Allow', Action, Resource: FunctionName, Condition })];
  });
