import { cut } from '../contract/errors';
import { answerOf, isDenial, isKmsProblem, isTransient, policyNamedIn } from '../gateways/service-errors';
import { adviceOnDenial, ended } from '../gateways/words';
import { bounded } from '../text/bounded';
import { type Command, createSecret, restoreSecret, writeCommand } from '../text/commands';

/** A secret of which something could not be done, and what AWS answered. */
export interface SecretProblem {
  readonly secretId: string;
  readonly error: unknown;
}

/** CloudFormation shows a person 1,000 characters of a reason, which begins with the name of the error. */
const LONGEST_REASON = 980;

/** Room for the names of secrets that have one and the same problem. */
const ROOM_FOR_NAMES = 160;

const takeUserOut = (many: boolean): string =>
  `take ${many ? 'their users' : 'its user'} out of the configuration`;

/** A command for the first of the secrets, set apart, so that nobody copies the end of the sentence with it. */
const byHand = (command: Command, many: boolean): string =>
  `\`${writeCommand(command)}\`${many ? ', and the others in the same way' : ''}`;

/** What helps, by what AWS answered. */
const ADVICE: Readonly<Record<string, (secretId: string, many: boolean) => string>> = {
  InvalidRequestException: (secretId, many) =>
    `If AWS says that it is scheduled for deletion, restore it: ${byHand(restoreSecret(secretId), many)}. Or ${takeUserOut(many)}.`,
  // Of the creation of a secret: its KMS key.
  ResourceNotFoundException: (secretId, many) => {
    const create = createSecret(secretId);
    return (
      'The secret or its KMS key does not exist. ' +
      `${create === undefined ? '' : `Create the secret: ${byHand(create, many)}. `}` +
      `${create === undefined ? 'Correct' : 'Or correct'} existingSecret or kmsKeyArn, or ${takeUserOut(many)}.`
    );
  },
  MalformedPolicyDocumentException: () =>
    'Mostly, readers names an IAM role or user that does not exist: correct readers.',
  PublicPolicyException: () => 'The policy would let everybody in: name IAM roles and users in readers.',
  InvalidParameterException: () => 'Correct what AWS names: readers, replicaRegions, kmsKeyArn or tags.',
};

const adviceOn = ({ secretId, error }: SecretProblem, many: boolean): string => {
  const { code, answer } = answerOf(error);
  // Before the codes: an error of any name may be one of the server.
  if (isTransient(error)) return 'It was tried several times. Wait a while.';
  if (isDenial(error)) return adviceOnDenial(policyNamedIn(answer));
  if (isKmsProblem(error))
    return 'kmsKeyArn must name an enabled KMS key of the right Region that the role of this function may use.';
  return ADVICE[code]?.(secretId, many) ?? '';
};

/** As many names as there is room for, the first one in any case. */
const namesOf = ([first = '', ...others]: readonly string[]): string => {
  let names = first;
  for (const [index, name] of others.entries()) {
    if (names.length + name.length > ROOM_FOR_NAMES) return `${names} and ${others.length - index} more`;
    names += `, ${name}`;
  }
  return names;
};

/** Secrets of which AWS answered the same. They have one cause, as a rule. */
interface Group {
  readonly first: SecretProblem;
  readonly names: string[];
}

const groupsOf = (problems: readonly SecretProblem[]): readonly Group[] => {
  const groups = new Map<string, Group>();
  for (const problem of problems) {
    const { code } = answerOf(problem.error);
    const group = groups.get(code) ?? { first: problem, names: [] };
    group.names.push(problem.secretId);
    groups.set(code, group);
  }
  return [...groups.values()];
};

const groupText = ({ first, names }: Group): string => {
  const { code, answer } = answerOf(first.error);
  const advice = adviceOn(first, names.length > 1);
  return `${namesOf(names)}: ${code}: ${ended(bounded(answer))} ${advice}`.trim();
};

/** One secret's problem in full, for the log. */
export const problemInFull = ({ secretId, error }: SecretProblem): string => {
  const { code, answer } = answerOf(error);
  return `${secretId}: ${code}: ${answer}`;
};

/**
 * Why a deployment fails: one text of at most 980 characters, however many secrets there are. What does not fit is counted,
 * and is in the log.
 *
 * @param failed - What could not be done, as in "secrets that could not be …".
 * @param total - Of how many secrets it was to be done.
 */
export const deploymentReason = (
  problems: readonly SecretProblem[],
  { failed, total }: { readonly failed: string; readonly total: number },
): string => {
  const head = `Secrets that could not be ${failed}: ${problems.length} of ${total}.`;
  const tail =
    'No value and no access key was changed. What was to be done for the other secrets is done. Solve this, then ' +
    'deploy again. See docs/runbook.md, "A deployment fails for a secret". The log of this function names every secret.';
  const rest = (left: number): string => (left === 0 ? '' : ` And ${left} more, for other reasons.`);
  const room = LONGEST_REASON - `${head} ${rest(problems.length)} ${tail}`.length;
  let said = '';
  let left = problems.length;
  for (const group of groupsOf(problems)) {
    const text = groupText(group);
    const longer = said === '' ? cut(text, room - 1) : `${said} ${text}`;
    if (longer.length > room) continue;
    said = longer;
    left -= group.names.length;
  }
  return `${head} ${said}${rest(left)} ${tail}`;
};
