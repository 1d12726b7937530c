import { CfnResource, Validations } from 'aws-cdk-lib';
import {
  AwsSolutionsChecks,
  HIPAASecurityChecks,
  type NagPack,
  NIST80053R5Checks,
  PCIDSS321Checks,
} from 'cdk-nag';
import type { IConstruct } from 'constructs';
import type { Finding } from './verdict';

const PACKS: readonly (new () => NagPack)[] = [
  AwsSolutionsChecks,
  HIPAASecurityChecks,
  NIST80053R5Checks,
  PCIDSS321Checks,
];

/** A reason that the code gives beside a construct. */
interface Acknowledged {
  readonly path: string;
  readonly id: string;
  readonly because: string;
}

const acknowledgedIn = (scope: IConstruct): readonly Acknowledged[] =>
  scope.node.findAll().flatMap(({ node }) =>
    node.metadata
      .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
      .flatMap(({ data }) => Object.entries(data as Readonly<Record<string, string>>))
      // The CDK calls every finding that is not its own an annotation.
      .map(([id, because]) => ({ path: node.path, id: id.replace(/^annotation::/i, ''), because })),
  );

const isWithin = (path: string, { path: ancestor }: Acknowledged): boolean =>
  path === ancestor || path.startsWith(`${ancestor}/`);

/** A pack that also finds what is acknowledged: nobody would see otherwise whether that is still needed. */
const withAcknowledged = (pack: NagPack): NagPack => {
  Object.defineProperty(pack, 'isAcknowledged', { value: () => false });
  return pack;
};

/**
 * What the packs find in the resources of an app. A finding that the code acknowledges has its reason; what is acknowledged,
 * and found nowhere, is a finding itself.
 */
export const nagFindings = (app: IConstruct): readonly Finding[] => {
  const types = new Map(
    app.node
      .findAll()
      .filter((construct) => CfnResource.isCfnResource(construct))
      .map((resource) => [resource.node.path, resource.cfnResourceType]),
  );
  const acknowledged = acknowledgedIn(app);
  const packs = PACKS.map((Pack) => withAcknowledged(new Pack()));
  const violations = packs.flatMap((pack) => pack.validateScope(app).violations);
  const findings = violations.flatMap(({ ruleName, description, violatingResources }) =>
    violatingResources.map(({ constructPath = '' }): Finding => {
      const own = acknowledged.find((reason) => reason.id === ruleName && isWithin(constructPath, reason));
      const rule = ruleName.replace(/\[.*/, '');
      return {
        // A reason for what a rule has found says nothing of what it could not judge.
        rule: description.startsWith('Rule threw an error') ? `${rule} (could not be judged)` : rule,
        on: types.get(constructPath) ?? constructPath,
        says: `${ruleName}: ${description}`,
        ...(own !== undefined && { because: own.because }),
      };
    }),
  );
  const found = new Set(violations.map(({ ruleName }) => ruleName));
  const unneeded = acknowledged
    .filter(({ id }) => packs.some(({ readPackName }) => id.startsWith(`${readPackName}-`)) && !found.has(id))
    .map(({ path, id, because }) => ({
      rule: `${id} (acknowledged)`,
      on: path,
      says: `Not found any more: ${because}`,
    }));
  return [...findings, ...unneeded];
};
