import type { Behaviour } from '../ground/behaviour';
import type { VirtualClock } from '../ground/clock';
import { ServiceError } from '../ground/errors';
import type { Prng } from '../ground/prng';
import type { InputOf, InvalidParameter, Parameters } from '../wire/parameters';

/** What every service of the embedded AWS shares. */
export interface Environment {
  readonly clock: VirtualClock;
  readonly behaviour: Behaviour;
  readonly ids: Prng;
  readonly accountId: string;
  readonly region: string;
}

/** The Region for which calls of services that are the same in all Regions are signed. */
export const GLOBAL_REGION = 'us-east-1';

/** The caller. */
export type Principal =
  | {
      readonly kind: 'user';
      readonly arn: string;
      readonly userId: string;
      readonly userName: string;
    }
  | {
      readonly kind: 'role';
      /** ARN of the role: calls are recorded and authorized under it. */
      readonly arn: string;
      /** ARN of the session, which GetCallerIdentity returns. */
      readonly sessionArn: string;
      readonly roleId: string;
      readonly sessionName: string;
    };

/** What an operation knows of its call besides the input. */
export interface CallContext {
  readonly principal: Principal;
  readonly accessKeyId: string;
  /** The Region for which the call was signed. */
  readonly region: string;
}

/** What CloudTrail records of a call. */
export interface TrailElements {
  readonly requestParameters: Readonly<Record<string, unknown>> | null;
  readonly responseElements: Readonly<Record<string, unknown>> | null;
  /** Set for a call that changes nothing. */
  readonly readOnly?: boolean;
}

/** The values of a call for the condition keys of IAM policies. */
export type ConditionValues = Readonly<Record<string, readonly string[]>>;

/** A use of another resource that a call makes in the caller's name. */
export interface IndirectUse {
  /** The IAM action, such as `kms:Decrypt`. */
  readonly action: string;
  readonly resource: string;
  readonly conditions: ConditionValues;
  /** The service's answer if the caller lacks the permission. */
  readonly refusal: ServiceError;
}

/** A modelled operation. It knows nothing of the wire. */
export interface Operation {
  readonly parameters: Parameters;
  /** ARN of the resource of the call, for the log and for authorization; `*` if the call names none. */
  resource(input: Record<string, unknown>, context: CallContext): string;
  /** What else the caller must be allowed to do, once the call itself is allowed. */
  alsoUses?(input: Record<string, unknown>): readonly IndirectUse[];
  handle(input: Record<string, unknown>, context: CallContext): Record<string, unknown>;
  /** Values for the conditions of policies, by condition key. */
  conditions?(input: Record<string, unknown>): ConditionValues;
  /** Set for the operations that CloudTrail shows here. `output` is undefined if the call failed. */
  trail?(input: Record<string, unknown>, output: Record<string, unknown> | undefined): TrailElements;
}

/** An {@link Operation} whose input is typed by its parameters. */
export interface OperationDefinition<P extends Parameters> {
  readonly parameters: P;
  resource(input: InputOf<P>, context: CallContext): string;
  alsoUses?(input: InputOf<P>): readonly IndirectUse[];
  handle(input: InputOf<P>, context: CallContext): Record<string, unknown>;
  conditions?(input: InputOf<P>): ConditionValues;
  trail?(input: InputOf<P>, output: Record<string, unknown> | undefined): TrailElements;
}

/** Declares an operation. The input that it receives has been parsed against its parameters. */
export const operation = <const P extends Parameters>(definition: OperationDefinition<P>): Operation =>
  definition as unknown as Operation;

/** A service of the embedded AWS: its operations by name. */
export interface Service {
  readonly operations: Readonly<Record<string, Operation>>;
  readonly invalidParameter: InvalidParameter;
}

/** How services name a parameter that breaks its constraints, unless they have their own name for it. */
export const validationException: InvalidParameter = (message) =>
  new ServiceError('ValidationException', message, 400);

/** The page of a list that begins at an opaque token, and the token of the next page. */
export const page = <T>(
  items: readonly T[],
  token: string | undefined,
  size: number,
  invalidToken: () => ServiceError,
): { readonly items: readonly T[]; readonly next: string | undefined } => {
  const start =
    token === undefined ? 0 : Number(Buffer.from(token, 'base64url').toString().replace(/^at:/, ''));
  if (!Number.isInteger(start) || start < 0) {
    throw invalidToken();
  }
  const end = start + size;
  const next = end < items.length ? Buffer.from(`at:${end}`).toString('base64url') : undefined;
  return { items: items.slice(start, end), next };
};
