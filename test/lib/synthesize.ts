import { readFileSync } from 'node:fs';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import cdkJson from '../../cdk.json';
import { AccessKeyRotationStack } from '../../lib/access-key-rotation-stack';
import { parseStacks, type StackConfig } from '../../lib/config';
import { executionTimeoutSeconds, readDefinition } from '../../lib/rotation-state-machine';

/** Any part of a template: the CDK leaves it untyped, as only CloudFormation knows all properties. */
type TemplateValue = ReturnType<Template['toJSON']>[string];

/** What cdk.json may tell the command line tool. */
interface CommandSettings {
  readonly pathMetadata?: boolean;
  readonly assetMetadata?: boolean;
  readonly versionReporting?: boolean;
}

/** A resource of a template, as far as tests look into it. */
interface TemplateResource {
  readonly Type: string;
  readonly Properties: TemplateValue;
  readonly DependsOn?: readonly string[];
  readonly DeletionPolicy?: string;
}

/**
 * The first stack of a configuration, with the feature flags of cdk.json. Without bundling and without the CDK's
 * own validation, which are slow.
 *
 * @param validated - With that validation, for a test that looks at its findings.
 */
export const stackOf = (
  config: unknown,
  validated = false,
  context: Readonly<Record<string, unknown>> = {},
): AccessKeyRotationStack => {
  const app = new App({
    context: { ...cdkJson.context, 'aws:cdk:bundling-stacks': [], ...context },
    builtinCloudFormationValidation: validated,
  });
  const limits = { executionTimeoutSeconds: executionTimeoutSeconds(readDefinition()) };
  const [stack] = parseStacks(config, limits) as [StackConfig];
  const { account, region } = stack.place;
  return new AccessKeyRotationStack(app, stack.stackName, {
    env: { ...(account !== undefined && { account }), ...(region !== undefined && { region }) },
    config: stack,
  });
};

/**
 * What the CDK's command line tool would upload: the template with everything that cdk.json makes the CDK
 * add. A proof compares it with what the tool itself writes.
 *
 * @throws Error if the configuration is refused.
 */
export const synthesizedAsByTheCommand = (config: unknown) => {
  const { pathMetadata = true, assetMetadata = true, versionReporting = true }: CommandSettings = cdkJson;
  const stack = stackOf(config, false, {
    'aws:cdk:enable-path-metadata': pathMetadata,
    'aws:cdk:enable-asset-metadata': assetMetadata,
    'aws:cdk:version-reporting': versionReporting,
  });
  const { templateFullPath } = (stack.node.root as App).synth().getStackArtifact(stack.artifactId);
  const text = readFileSync(templateFullPath);
  return { template: JSON.parse(text.toString('utf8')), bytes: text.length };
};

/** The template of a configuration. */
export const templateOf = (config: unknown): Template => Template.fromStack(stackOf(config));

/** The resources of a type, by logical ID. */
export const resourcesOf = (template: Template, type: string): Readonly<Record<string, TemplateResource>> =>
  template.findResources(type) as Record<string, TemplateResource>;

/** The only resource of a type whose logical ID contains `part`. */
export const resourceOf = (template: Template, type: string, part = ''): TemplateResource => {
  const found = Object.entries(resourcesOf(template, type)).filter(([id]) => id.includes(part));
  const [resource] = found;
  if (resource === undefined || found.length > 1) throw new Error(`${found.length} ${type} named ${part}`);
  return resource[1];
};

/**
 * Everything that CloudFormation makes before a resource: what it refers to and depends on, and what that refers to and depends on. What is
 * made before anyway, `DependsOn` does not list.
 */
export const madeBefore = (template: Template, id: string): ReadonlySet<string> => {
  const { Resources } = template.toJSON();
  const seen = new Set<string>();
  const visit = (one: string): void => {
    const { DependsOn = [], Properties } = Resources[one] ?? {};
    const text = JSON.stringify(Properties ?? {});
    const references = [...text.matchAll(/"(?:Ref":|Fn::GetAtt":\[)"(\w+)"|\$\{(\w+)[}.]/g)];
    for (const other of [DependsOn, references.map(([, byId, inText]) => byId ?? inText)].flat(2)) {
      if (seen.has(other) || !Object.hasOwn(Resources, other)) continue;
      seen.add(other);
      visit(other);
    }
  };
  visit(id);
  return seen;
};

/** A statement of a policy, with actions and resources always as lists. */
interface Statement {
  readonly actions: readonly string[];
  readonly resources: readonly unknown[];
  readonly conditions?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** The same, as it is written in a template. */
interface WrittenStatement {
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
  readonly Condition?: NonNullable<Statement['conditions']>;
}

const list = <T>(value: T | readonly T[]): readonly T[] => (Array.isArray(value) ? value : [value as T]);

/**
 * All statements of the given effect, of the inline and managed policies of the role whose logical ID
 * contains `rolePart`.
 */
export const statementsOf = (template: Template, rolePart: string, effect = 'Allow'): readonly Statement[] =>
  ['AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy'].flatMap((type) =>
    Object.values(resourcesOf(template, type))
      .filter(({ Properties }) =>
        (Properties.Roles ?? []).some((role: { Ref: string }) => role.Ref.includes(rolePart)),
      )
      .flatMap(({ Properties }) =>
        (Properties.PolicyDocument.Statement as readonly WrittenStatement[])
          .filter(({ Effect }) => Effect === effect)
          .map(
            ({ Action, Resource, Condition }): Statement => ({
              actions: list(Action),
              resources: list(Resource),
              ...(Condition && { conditions: Condition }),
            }),
          ),
      ),
  );

/** That a role is good for nothing but one function, and its versions: what `statementsOf` has of it with the effect `Deny`. */
export const deniedToOthersThan = (functionId: string): readonly Statement[] => {
  const arn = { 'Fn::GetAtt': [functionId, 'Arn'] };
  const version = { 'Fn::Sub': `\${${functionId}.Arn}:*` };
  return [
    {
      actions: ['*'],
      resources: ['*'],
      conditions: {
        Null: { 'lambda:SourceFunctionArn': 'false' },
        ArnNotLike: { 'lambda:SourceFunctionArn': [arn, version] },
      },
    },
  ];
};

/** A resource of a statement as text: `Fn::Sub` as written, references as `logicalId.Attribute`. */
export const resourceText = (resource: unknown): string => {
  if (typeof resource === 'string') return resource;
  const { 'Fn::Sub': sub, 'Fn::GetAtt': attribute, Ref: reference } = resource as Record<string, unknown>;
  if (typeof sub === 'string') return sub;
  if (Array.isArray(attribute)) return attribute.join('.');
  return String(reference);
};
