import { GetFunctionConcurrencyCommand, LambdaClient, type LambdaClientConfig } from '@aws-sdk/client-lambda';
import { withoutQualifier } from '../contract/names';
import { isServiceError, isTransient } from './service-errors';

/** Whether a function is there. */
export type FunctionReading = { readonly functionArn: string } & (
  | { readonly state: 'there' | 'missing' }
  /** Lambda does not answer. `lasting`: it will not by itself, as when permission is missing. */
  | { readonly state: 'unreadable'; readonly problem: string; readonly lasting: boolean }
);

/**
 * The only place that calls Lambda. Its answer is how many executions are reserved for the function, and of nothing else
 * about it: of the calls that fail when there is no function, it is the one that tells least (Lambda API,
 * GetFunctionConcurrency). It knows functions, and neither aliases nor versions.
 */
export class FunctionGateway {
  private readonly client: LambdaClient;

  constructor(config: LambdaClientConfig) {
    this.client = new LambdaClient(config);
  }

  /** Whether there is such a function. Never fails: what cannot be read is an answer, too. */
  async exists(functionArn: string): Promise<FunctionReading> {
    const FunctionName = withoutQualifier(functionArn);
    try {
      await this.client.send(new GetFunctionConcurrencyCommand({ FunctionName }));
      return { functionArn, state: 'there' };
    } catch (error) {
      if (isServiceError(error, 'ResourceNotFoundException')) return { functionArn, state: 'missing' };
      const problem = error instanceof Error ? error.name : 'an unknown error';
      return { functionArn, state: 'unreadable', problem, lasting: !isTransient(error) };
    }
  }
}
