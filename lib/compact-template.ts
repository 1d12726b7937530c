/**
 * A template that says the same in fewer bytes. CloudFormation counts them, and not what they say. Nothing here changes what a property
 * resolves to, nor which resource is made before which.
 */

/** A resource of a template, as far as it is looked into. */
export interface CompactResource {
  readonly DependsOn?: string | readonly string[];
  readonly Condition?: string;
}

/** A template, as far as it is looked into. */
export interface CompactTemplate {
  readonly Resources: Readonly<Record<string, CompactResource>>;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const listOf = <T>(value: T | readonly T[] | undefined): readonly T[] =>
  value === undefined ? [] : ([value].flat() as readonly T[]);

/** The logical ID in `Id.Attribute`, and in `Id` alone. */
const idIn = (reference: string): string => reference.split('.')[0] ?? '';

/** What a value refers to, and so what CloudFormation makes before it: resources, parameters and pseudo parameters. */
const referencesIn = (value: unknown): readonly string[] => {
  if (Array.isArray(value)) return value.flatMap(referencesIn);
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([name, argument]) => {
    if (name === 'Ref') return [String(argument)];
    if (name === 'Fn::GetAtt') return [idIn(listOf(argument).join('.'))];
    // Whether it waits for what it does not choose, AWS does not say.
    if (name === 'Fn::If') return [];
    if (name !== 'Fn::Sub' || typeof argument !== 'string') return referencesIn(argument);
    return [...argument.matchAll(/\$\{([^!}]+)\}/g)].map(([, reference = '']) => idIn(reference));
  });
};

/**
 * Leaves out of `DependsOn` what CloudFormation makes before anyway: what the resource refers to, and what the other resources wait for
 * that it waits for. The CDK lists everything: for a role each of its policies, though each policy waits for those behind it.
 */
const withoutImpliedDependencies = <T extends CompactTemplate>(template: T): T => {
  const { Resources } = template;
  const before = new Map(
    Object.entries(Resources).map(([id, { DependsOn, ...rest }]) => {
      const references = referencesIn(rest).filter((other) => Object.hasOwn(Resources, other));
      return [id, { references: new Set(references), listed: listOf(DependsOn) }] as const;
    }),
  );
  const known = new Map<string, ReadonlySet<string>>();
  /** Everything that is made before a resource. Where a condition leaves the resource out, it holds nothing up. */
  const allBefore = (id: string): ReadonlySet<string> => {
    const found = known.get(id);
    if (found !== undefined) return found;
    // So that a circle ends, which CloudFormation refuses.
    known.set(id, new Set());
    const { references = [], listed = [] } =
      Resources[id]?.Condition === undefined ? (before.get(id) ?? {}) : {};
    const all = new Set([...references, ...listed].flatMap((other) => [other, ...allBefore(other)]));
    known.set(id, all);
    return all;
  };
  const entries = Object.entries(Resources).map(([id, resource]) => {
    const { references = new Set<string>(), listed = [] } = before.get(id) ?? {};
    if (listed.length === 0) return [id, resource];
    const others = [...references, ...listed];
    const needed = listed.filter(
      (other) => !references.has(other) && !others.some((one) => one !== other && allBefore(one).has(other)),
    );
    const { DependsOn: _, ...rest } = resource;
    return [id, needed.length === 0 ? rest : { ...resource, DependsOn: needed }];
  });
  return { ...template, Resources: Object.fromEntries(entries) };
};

/** A part of a text as `Fn::Sub` has it, or undefined if it cannot have it. */
const partOfSub = (part: unknown): string | undefined => {
  if (typeof part === 'string') return part.includes('${') ? undefined : part;
  if (!isObject(part) || Object.keys(part).length !== 1) return undefined;
  const { Ref: reference, 'Fn::GetAtt': attribute } = part;
  if (typeof reference === 'string') return `\${${reference}}`;
  return Array.isArray(attribute) && attribute.every((name) => typeof name === 'string')
    ? `\${${attribute.join('.')}}`
    : undefined;
};

/** Writes texts that are joined from texts and references as `Fn::Sub` has them, which is shorter. */
const withoutJoins = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withoutJoins);
  if (!isObject(value)) return value;
  const { 'Fn::Join': join } = value;
  if (Array.isArray(join) && join[0] === '' && Array.isArray(join[1])) {
    const parts = join[1].map(partOfSub);
    if (parts.every((part) => part !== undefined)) return { 'Fn::Sub': parts.join('') };
  }
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, withoutJoins(inner)]));
};

/** The same template with fewer bytes. */
export const compactTemplate = <T extends CompactTemplate>(template: T): T => {
  const compact = withoutImpliedDependencies(template);
  // Elsewhere than in resources, such as in conditions, not every function is allowed.
  return { ...compact, Resources: withoutJoins(compact.Resources) };
};
