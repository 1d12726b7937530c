import type { AdmittedStep, SecretPolicies } from '../shared/contract/custom-resources';
import { secretPolicy } from '../shared/contract/secret-policy';

/** A secret that is to get a policy. */
interface SecretPolicy {
  readonly secretId: string;
  readonly policy: string;
}

const NONE: SecretPolicies = { Policies: [] };

const policiesOf = (
  { Policies }: SecretPolicies,
  steps: readonly AdmittedStep[],
): ReadonlyMap<string, string> =>
  new Map(
    Policies.flatMap(({ BreakGlass, Secrets }) =>
      Secrets.flatMap(({ Readers, SecretIds }) => {
        const policy = secretPolicy({ Readers, BreakGlass }, steps);
        return SecretIds.map((secretId) => [secretId, policy] as const);
      }),
    ),
  );

/**
 * The policies that differ from those of before. What a person made of the others in the meantime is the person's; and a
 * secret of which the deployment says nothing any more keeps its policy. CloudFormation does not tell whether its user was
 * un-enrolled, the stack deleted, or a setting taken out; and in the first two cases what was closed has to stay closed, and
 * whoever reads goes on reading.
 *
 * A role that is replaced is admitted together with its successor: the functions take their new roles only after this, and
 * until then rotations run with the old ones; so they do again when the deployment is taken back, which leaves a policy that it brought.
 * The next change of a policy leaves the old one out. Where there was no such resource before, no former role is known.
 */
export const changedPolicies = (
  wanted: SecretPolicies,
  before: SecretPolicies = NONE,
): readonly SecretPolicy[] => {
  const { Steps = [] } = wanted;
  const { Steps: formerly = [] } = before;
  const known = policiesOf(before, formerly);
  const asConfigured = policiesOf(wanted, Steps);
  const withFormer = policiesOf(wanted, [...Steps, ...formerly]);
  return [...withFormer].flatMap(([secretId, policy]) =>
    known.get(secretId) === asConfigured.get(secretId) ? [] : [{ secretId, policy }],
  );
};
