import type { Shim } from '../known';

/** Everything in this lane that is neither unmodified moto nor the product. */
export const SHIMS: readonly Shim[] = [
  {
    name: 'at-signing-time',
    lacks: "It dates keys and their use by the machine's clock, while the rotation lives in virtual time.",
    faithful:
      'AWS refuses a request whose signing time is more than five minutes off, so everything that it carries out is dated at about that time.',
    source:
      'IAM User Guide, "Troubleshoot Signature Version 4 signed requests for AWS API requests": date range and expired signatures',
    where: 'test/e2e/python/moto_shim.py',
  },
  {
    name: 'current-by-default',
    lacks:
      'After UpdateSecretVersionStage has moved AWSCURRENT, GetSecretValue without a version still answers with the version that was last put as current.',
    faithful: 'Without VersionStage and VersionId, AWS returns the version labelled AWSCURRENT.',
    source: 'Secrets Manager API Reference, GetSecretValue, VersionStage',
    where: 'test/e2e/python/moto_shim.py',
  },
  {
    name: 'resource-star',
    lacks: 'It compares the resource * with the policies, whatever the resource of a call.',
    faithful:
      "The roles' copies have the synthesized actions, one by one, on the resource *. The embedded AWS judges resources, in every `npm start`.",
    source: 'moto/core/responses.py, BaseResponse.call_action',
    where: 'test/e2e/moto/moto-roles.ts',
  },
  {
    name: 'monitoring',
    lacks: "It names CloudWatch's actions by the signing name: monitoring:DescribeAlarms.",
    faithful: 'The copies use the same names. In AWS they are cloudwatch:DescribeAlarms, as in the template.',
    source: 'Service Authorization Reference, Amazon CloudWatch',
    where: 'test/e2e/moto/moto-roles.ts',
  },
  {
    name: 'permission-only',
    lacks:
      'It has neither LookupEvents nor DescribeAlarmHistory, and does not know our executions. But it checks permissions before it looks at the operation.',
    faithful:
      'Such a call is sent to moto first, as it was signed, only for its judgement; then the embedded AWS answers it, with resources.',
    source: 'moto/core/responses.py, BaseResponse.call_action',
    where: 'test/e2e/moto/witness.ts',
  },
  {
    name: 'creation-events',
    lacks: 'It records no CloudTrail events.',
    faithful:
      'The embedded CloudTrail records each key that moto has created: the session, and the answer without the secret.',
    source: 'IAM User Guide, "Logging IAM and AWS STS API calls with AWS CloudTrail"',
    where: 'local/world/endpoint-aws.ts',
  },
  {
    name: 'unaccepted-key',
    lacks: 'It accepts a new key at once, while AWS may refuse one for a while.',
    faithful:
      "The key's signature is corrupted on the way, so that moto itself refuses it, with SignatureDoesNotMatch.",
    source: 'IAM User Guide, "Changes that I make are not always immediately visible"',
    where: 'test/e2e/moto/scenarios.ts',
  },
];
