import type { IAMClientConfig } from '@aws-sdk/client-iam';

/** The systems that answer as AWS would, and AWS itself. */
type JudgeName = 'embedded' | 'moto' | 'ministack' | 'aws';

/** How SDK clients reach a judge, and its peculiarities. */
export interface Judge {
  readonly name: JudgeName;
  /** The settings of every client. */
  readonly connection: Pick<IAMClientConfig, 'region' | 'endpoint' | 'requestHandler' | 'maxAttempts'>;
  /** Of a caller that may do everything that the statements do. Default: the SDK's default provider chain. */
  readonly credentials?: NonNullable<IAMClientConfig['credentials']>;
  readonly accountId: string;
  /** How long a change may take to show. AWS promises no bound; a judge in memory needs none. */
  readonly patienceSeconds: number;
  /** Whether an error says that the judge does not have the operation, rather than that it refuses it. */
  isNotModelled(error: ServiceError, operation: string): boolean | Promise<boolean>;
  /** Called for every request before it is sent; may refuse it by throwing. */
  readonly inspect?: (request: OutgoingRequest) => void;
}

/** An error as SDK clients throw it. */
export type ServiceError = Error & { readonly $metadata?: { readonly httpStatusCode?: number } };

/** A request to a service, before it is sent. */
export interface OutgoingRequest {
  /** Such as `iam`. */
  readonly service: string;
  /** Such as `CreateUser`. */
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
}
