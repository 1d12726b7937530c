import { Deviation } from './deviation';
import type { ServiceError } from './judge';
import type { Subject } from './subject';

/** A service that the statements are about, as the fidelity table names it. */
export type ServiceTitle =
  | 'Secrets Manager'
  | 'IAM'
  | 'STS'
  | 'CloudWatch'
  | 'Step Functions'
  | 'Lambda'
  | 'SNS'
  | 'EventBridge'
  | 'EventBridge Scheduler'
  | 'CloudWatch Logs'
  | 'CloudTrail';

/**
 * Something that the rotation relies on: a sentence about a service, and how to find out by calls whether it
 * is true.
 */
export interface Statement {
  /** Stable, unique within the service: `move-without-remove-from`. */
  readonly id: string;
  readonly service: ServiceTitle;
  /** One sentence in the present tense, as the fidelity table shows it. */
  readonly says: string;
  /**
   * Where AWS says so: guide or API reference, page, and element. `undocumented` means that AWS does not say
   * it, followed by what the rotation does about it.
   */
  readonly source: string;
  /** Why it matters to the rotation: which step or mechanism relies on it. One short phrase. */
  readonly matters: string;
  /** Why it is not put to AWS itself, if the answer would take hours. */
  readonly notOnAws?: string;
  /** Returns if the statement holds. Throws {@link Deviation} if it does not. */
  check(subject: Subject): Promise<void>;
}

/** Statements about one service. */
export const statementsAbout =
  (service: ServiceTitle) =>
  (parts: Omit<Statement, 'service'>): Statement => ({ service, ...parts });

/** What an error of a service says, as far as it is the same in every run; undefined for any other error. */
export const answerOf = (error: unknown): string | undefined => {
  const { name, $metadata } = error as ServiceError;
  // An error without an answer of a service is a defect, a broken connection, or an operation that a judge
  // lacks.
  if ($metadata?.httpStatusCode === undefined) return undefined;
  const { httpStatusCode: status } = $metadata;
  if (status >= 500) return `HTTP ${status}`;
  return name === 'SyntaxError' ? `an HTTP ${status} that the SDK cannot read` : name;
};

/** The name of the error with which a call is refused, or undefined if it is accepted. */
export const refusalOf = async (call: Promise<unknown>): Promise<string | undefined> => {
  try {
    await call;
    return undefined;
  } catch (error) {
    const answer = answerOf(error);
    if (answer === undefined) throw error;
    return answer;
  }
};

/** Throws a {@link Deviation} unless the call is refused with one of these errors. */
export const refused = async (
  what: string,
  call: Promise<unknown>,
  ...names: readonly string[]
): Promise<void> => {
  const name = await refusalOf(call);
  if (name === undefined) throw new Deviation(`${what} is accepted`);
  if (!names.includes(name))
    throw new Deviation(`${what} is refused with ${name} instead of ${names.join(' or ')}`);
};

/** Throws a {@link Deviation} if the call is refused. */
export const accepted = async <T>(what: string, call: Promise<T>): Promise<T> => {
  try {
    return await call;
  } catch (error) {
    const answer = answerOf(error);
    if (answer === undefined) throw error;
    throw new Deviation(`${what} is refused with ${answer}`);
  }
};
