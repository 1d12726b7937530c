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
  const given = new Map<string, Statement[]>();
  const give = (name: string, document: Document): void => {
    const statements = document.Statement.filter(
      ({ Effect, Condition }) => Effect === 'Allow' || Condition === undefined,
    );
    given.set(name, [...(given.get(name) ?? []), ...statements.map(withText)]);
  };
  const trust = new Map<string, readonly Statement[]>();
  for (const [id, { Type, Properties = {} }] of Object.entries(Resources)) {
    const {
      PolicyDocument,
      AssumeRolePolicyDocument,
      Policies = [],
      ManagedPolicyArns = [],
      Roles = [],
    } = Properties;
    if (Type === 'AWS::IAM::Role') {
      trust.set(nameOf(id), AssumeRolePolicyDocument?.Statement ?? []);
      for (const { PolicyDocument: inline } of Policies) give(nameOf(id), inline);
      const foreign = ManagedPolicyArns.filter(
        (arn) => typeof arn !== 'object' || arn === null || !('Ref' in arn),
      );
      if (foreign.length > 0)
        throw new Error(`${id} has policies that are not in the template: ${JSON.stringify(foreign)}`);
      for (const arn of ManagedPolicyArns as readonly { readonly Ref: string }[]) {
        const attached = Resources[arn.Ref]?.Properties?.PolicyDocument;
        if (attached !== undefined) give(nameOf(id), attached);
      }
    }
    if ((Type === 'AWS::IAM::Policy' || Type === 'AWS::IAM::ManagedPolicy') && PolicyDocument !== undefined) {
      const attachedByRole = Object.values(Resources).some((resource) =>
        resource.Properties?.ManagedPolicyArns?.some(
          (arn) => JSON.stringify(arn) === JSON.stringify({ Ref: id }),
        ),
      );
      const names =
        Roles.length > 0 ? Roles.map(({ Ref }) => nameOf(Ref)) : attachedByRole ? [] : [nameOf(id)];
      for (const name of names) give(name, PolicyDocument);
    }
  }
  return [...new Set([...given.keys(), ...trust.keys()])].map((name) => ({
    name,
    statements: given.get(name) ?? [],
    trust: trust.get(name) ?? [],
  }));
};
