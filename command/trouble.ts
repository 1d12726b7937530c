import { answerOf, isDenial, isServiceError, isTransient } from '../lambdas/shared/gateways/service-errors';
import { oneLine } from '../lambdas/shared/text/bounded';

/** With what the command exits. Scripts use it: a number never changes its meaning. */
export const EXIT = {
  /** Done, or nothing that a person has to look at. */
  fine: 0,
  /** A person has to look: something is wrong, failed, waits for a decision, or is not known. */
  look: 1,
  /** The command line, or the configuration, is wrong. Nothing was started or changed. */
  misuse: 2,
  /** AWS did not answer, or has denied it. */
  aws: 3,
} as const;
export type Exit = (typeof EXIT)[keyof typeof EXIT];

/** Why the command has ended early, in a sentence or two: what is wrong, what state the keys are in, what to do. */
export class Trouble extends Error {
  constructor(
    readonly exit: Exit,
    message: string,
  ) {
    super(message);
  }
}

/** What the SDK says when it finds no credentials, or no Region. */
const NO_CREDENTIALS = /^(CredentialsProviderError|TokenProviderError|SSOTokenProviderFailure)$/;

/** What services say when they do not know who has signed. */
const NOT_SIGNED = [
  'InvalidClientTokenId',
  'UnrecognizedClientException',
  'SignatureDoesNotMatch',
  'InvalidSignatureException',
  'IncompleteSignature',
];

/** The error of AWS behind one of ours. */
const rootOf = (error: unknown): unknown =>
  error instanceof Error && error.cause !== undefined ? error.cause : error;

/** What is known, in a sentence, when a call fails. */
export interface Known {
  /** When AWS has refused it. */
  readonly refused: string;
  /** When AWS has not answered: it may have been done. */
  readonly unanswered: string;
}

const UNCHANGED = 'Nothing was changed by this command.';
const READS: Known = { refused: UNCHANGED, unanswered: UNCHANGED };

/**
 * A failed call as a person reads it; undefined: it is no answer of AWS, but a defect.
 *
 * @param known - Default: the command has only read so far.
 */
export const troubleOf = (error: unknown, known: Known = READS): Trouble | undefined => {
  if (error instanceof Trouble) return error;
  const { refused: keys, unanswered } = known;
  const root = rootOf(error);
  const { code, answer } = answerOf(root);
  const said = `${code}: ${oneLine(answer)}`.replace(/\.?$/, '.');
  if (NO_CREDENTIALS.test(code)) {
    return new Trouble(
      EXIT.aws,
      `There are no credentials to sign with. ${said} Sign in as for the AWS CLI ("aws sso login", AWS_PROFILE, or --profile). ${keys}`,
    );
  }
  if (code === 'Error' && /Region is missing/.test(answer)) {
    return new Trouble(
      EXIT.misuse,
      `No Region is known: give --region, or set AWS_REGION or the profile's region. ${keys}`,
    );
  }
  if (code === 'Error' && /^Region not accepted/.test(answer)) {
    return new Trouble(EXIT.misuse, `What --region, AWS_REGION or the profile names is no Region. ${keys}`);
  }
  if (/\bENOTFOUND\b/.test(answer)) {
    return new Trouble(
      EXIT.aws,
      `AWS was not found. ${said} Is the Region right, and is there a network? ${unanswered}`,
    );
  }
  if (isServiceError(root, ...NOT_SIGNED)) {
    return new Trouble(
      EXIT.aws,
      `AWS does not take these credentials. ${said} They are deleted, Inactive or mistyped, or the account does not have this Region. ${keys}`,
    );
  }
  if (isServiceError(root, 'ExpiredToken', 'ExpiredTokenException')) {
    return new Trouble(EXIT.aws, `The session has expired: sign in again. ${unanswered}`);
  }
  if (isServiceError(root, 'StateMachineDoesNotExist')) {
    return new Trouble(
      EXIT.misuse,
      `There is no rotation of this name in this account and Region: see --name, --region and --profile. ${keys}`,
    );
  }
  if (isDenial(root)) {
    return new Trouble(
      EXIT.aws,
      `AWS has denied it. ${said} ${keys} docs/command.md says which policies a command needs.`,
    );
  }
  if (isTransient(root)) {
    return new Trouble(EXIT.aws, `AWS has not answered. ${said} ${unanswered} Try again in a minute.`);
  }
  const isAnswer = typeof root === 'object' && root !== null && '$metadata' in root;
  return isAnswer ? new Trouble(EXIT.aws, `AWS has refused it. ${said} ${keys}`) : undefined;
};

/** Does work of which it has to be said what is known when it fails. */
export const during = async <Result>(known: Known, work: () => Promise<Result>): Promise<Result> => {
  try {
    return await work();
  } catch (error) {
    throw troubleOf(error, known) ?? error;
  }
};
