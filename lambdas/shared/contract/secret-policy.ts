import type { AdmittedStep, PolicedSecrets, ReadSecrets } from './custom-resources';
import { LABELS } from './names';

/** The most characters that the policy of a secret may have (Secrets Manager API, PutResourcePolicy). */
export const MAX_POLICY_CHARACTERS = 20_480;

const READ = 'secretsmanager:GetSecretValue';

/**
 * What reads a value, writes one, or says which value is current.
 *
 * BatchGetSecretValue is not among them: it knows no resource, and asks for GetSecretValue on each secret (Secrets Manager API).
 * UpdateSecret is, because it writes a value, too, and no condition key tells whether it is to write one (Service Authorization
 * Reference).
 *
 * **PutResourcePolicy and DeleteResourcePolicy are not, and must never be**: nobody could undo the policy.
 */
export const GUARDED_ACTIONS = [
  READ,
  'secretsmanager:PutSecretValue',
  'secretsmanager:UpdateSecretVersionStage',
  'secretsmanager:UpdateSecret',
] as const;

/** Lets the readers read what consumers read: no other version, by its label or by its ID. */
const readersStatement = (readers: readonly string[]) => ({
  Sid: 'Readers',
  Effect: 'Allow',
  Principal: { AWS: readers },
  Action: ['secretsmanager:DescribeSecret', READ],
  // In the policy of a secret this is the secret itself (Secrets Manager User Guide, "Resource-based policies").
  Resource: '*',
  Condition: {
    // The key is what the request says (Service Authorization Reference), so it is absent where the request asks for no
    // version, as most do, and gets AWSCURRENT. Hence "if it exists".
    StringEqualsIfExists: { 'secretsmanager:VersionStage': LABELS.current },
    // A version ID reaches every version: a key that has not been tested, and the intent of a rotation. A description
    // has neither key.
    Null: { 'secretsmanager:VersionId': 'true' },
  },
});

/**
 * Denies an action to all but these.
 *
 * Not by NotPrincipal, which has to name each session of a role, and denies those that have a permissions boundary whatever it names
 * (IAM User Guide, "NotPrincipal"). For a session, `aws:PrincipalArn` is the ARN of its role ("AWS global condition context keys"). A
 * condition compares texts, so a role that is made anew under its name is the same one, and one that does not exist is no mistake.
 */
const denial = (action: string, admitted: readonly string[]) => ({
  Sid: `DenyOthers${action.split(':')[1]}`,
  Effect: 'Deny',
  Principal: '*',
  Action: action,
  Resource: '*',
  Condition: {
    ArnNotEquals: { 'aws:PrincipalArn': admitted },
    // A service that acts for itself has no such ARN. This policy gives it nothing; it only does not stand in its way.
    BoolIfExists: { 'aws:PrincipalIsAWSService': 'false' },
  },
});

/**
 * The policy of a secret: who may read it, and, where others are denied, what is denied to whom.
 *
 * @param steps - The steps of rotations. Each keeps what it needs, and no more.
 */
export const secretPolicy = (
  { Readers = [], BreakGlass = [] }: Pick<ReadSecrets, 'Readers'> & Pick<PolicedSecrets, 'BreakGlass'>,
  steps: readonly AdmittedStep[],
): string => {
  const rolesFor = (action: string): readonly string[] =>
    steps.filter(({ Actions }) => Actions.includes(action)).map(({ RoleArn }) => RoleArn);
  const denials = GUARDED_ACTIONS.map((action) => {
    const admitted = [...BreakGlass, ...rolesFor(action), ...(action === READ ? Readers : [])];
    return denial(action, [...new Set(admitted)]);
  });
  return JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      ...(Readers.length === 0 ? [] : [readersStatement(Readers)]),
      ...(BreakGlass.length === 0 ? [] : denials),
    ],
  });
};
