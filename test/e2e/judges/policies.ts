/** What a template says of a policy. */
interface Statement {
  readonly Effect: string;
  readonly Condition?: unknown;
  readonly Resource?: unknown;
}

interface Document {
  readonly Statement: readonly Statement[];
}

interface Resource {
  readonly Type: string;
  readonly Properties?: {
    readonly PolicyDocument?: Document;
    readonly AssumeRolePolicyDocument?: Document;
    readonly Policies?: readonly { readonly PolicyDocument: Document }[];
    readonly ManagedPolicyArns?: readonly unknown[];
    readonly Roles?: readonly { readonly Ref: string }[];
  };
}

/** The template, as far as its policies go. */
export interface PolicyTemplate {
  readonly Resources: Readonly<Record<string, Resource>>;
}

/** All that one role may do, or what a managed policy gives that is attached to nothing. */
export interface JudgedPolicy {
  readonly name: string;
  readonly statements: readonly Statement[];
  readonly trust: readonly Statement[];
}

/** A logical ID without the construct that all are in, the hash, and the number of one of several alike. */
const nameOf = (logicalId: string): string =>
  logicalId.replace(/^AccessKeyRotation/, '').replace(/\d*[0-9A-F]{8}$/, '');

/** A resource as text. Only whether it is `*` matters to the judge. */
const withText = (statement: Statement): Statement => ({
  ...statement,
  ...(statement.Resource !== undefined && {
    Resource: [statement.Resource].flat().map((arn) => (arn === '*' ? arn : JSON.stringify(arn))),
  }),
});

/**
 * The permissions of a template, put together by whom they are given to: what is harmless in each of two policies may not
 * be in both. Denials on conditions are left out, because the judge would take them for denials of everything.
 */
export const policiesOf = ({ Resources }: PolicyTemplate): readonly JudgedPolicy[] => {
  const entries = Object.entries(Resources).map(([id, { Type, Properties = {} }]) => ({
    id,
    Type,
    ...Properties,
  }));
  const roles = entries.filter(({ Type }) => Type === 'AWS::IAM::Role');
  const isOf = (arn: unknown, id: string): boolean => JSON.stringify(arn) === JSON.stringify({ Ref: id });

  const judged = new Map<string, { statements: readonly Statement[]; trust: readonly Statement[] }>();
  const add = (name: string, permissions: readonly Statement[], trust: readonly Statement[] = []): void => {
    const before = judged.get(name);
    const statements = permissions.filter(
      ({ Effect, Condition }) => Effect === 'Allow' || Condition === undefined,
    );
    judged.set(name, {
      statements: [...(before?.statements ?? []), ...statements.map(withText)],
      trust: [...(before?.trust ?? []), ...trust],
    });
  };
  for (const { id, AssumeRolePolicyDocument, Policies = [], ManagedPolicyArns = [] } of roles) {
    const unseen = ManagedPolicyArns.filter((arn) => !entries.some((entry) => isOf(arn, entry.id)));
    if (unseen.length > 0) {
      throw new Error(`${id} has policies that are not in the template: ${JSON.stringify(unseen)}`);
    }
    const inline = Policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
    add(nameOf(id), inline, AssumeRolePolicyDocument?.Statement);
  }
  for (const { id, Type, PolicyDocument, Roles = [] } of entries) {
    if (Type !== 'AWS::IAM::Policy' && Type !== 'AWS::IAM::ManagedPolicy') continue;
    const attachedTo = [
      ...Roles.map(({ Ref }) => Ref),
      ...roles
        .filter(({ ManagedPolicyArns = [] }) => ManagedPolicyArns.some((arn) => isOf(arn, id)))
        .map((role) => role.id),
    ];
    for (const owner of attachedTo.length === 0 ? [id] : attachedTo) {
      add(nameOf(owner), PolicyDocument?.Statement ?? []);
    }
  }
  return [...judged].map(([name, given]) => ({ name, ...given }));
};
