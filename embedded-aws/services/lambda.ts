import { notModelled, ServiceError } from '../ground/errors';
import type { InvalidParameter } from '../wire/parameters';
import type { Route } from '../wire/rest-json';
import { type Environment, operation, type Service } from './service';

/** The ARN of a function itself, from that of an alias or a version. */
const withoutQualifier = (functionArn: string): string => functionArn.split(':').slice(0, 7).join(':');

/** Lambda, as far as it is asked about its functions. The runner of the functions says which exist. */
export class Lambda implements Service {
  /** By ARN. */
  readonly #functions = new Set<string>();

  /** Lambda API, GetFunctionConcurrency: InvalidParameterValueException 400. */
  readonly invalidParameter: InvalidParameter = (message) =>
    new ServiceError('InvalidParameterValueException', message, 400);

  constructor(private readonly environment: Environment) {}

  /** Adds a function, by its own ARN or that of an alias or a version. */
  addFunction(functionArn: string): void {
    this.#functions.add(withoutQualifier(functionArn));
  }

  removeFunction(functionArn: string): void {
    this.#functions.delete(withoutQualifier(functionArn));
  }

  readonly routes: Readonly<Record<'GetFunctionConcurrency', Route>> = {
    GetFunctionConcurrency: { method: 'GET', path: '/2019-09-30/functions/{FunctionName}/concurrency' },
  };

  readonly operations = {
    // Lambda API, GetFunctionConcurrency: without reserved concurrency the answer is empty.
    GetFunctionConcurrency: operation({
      parameters: { FunctionName: { type: 'string', required: true, min: 1, max: 140 } },
      resource: ({ FunctionName }) => this.#arn(FunctionName),
      handle: ({ FunctionName }) => {
        const arn = this.#arn(FunctionName);
        if (!this.#functions.has(arn)) {
          throw new ServiceError('ResourceNotFoundException', `Function not found: ${arn}`, 404);
        }
        return {};
      },
    }),
  };

  #arn(functionName: string): string {
    const { region, accountId } = this.environment;
    if (/^[\w-]+$/.test(functionName))
      return `arn:aws:lambda:${region}:${accountId}:function:${functionName}`;
    if (functionName.startsWith('arn:') && functionName === withoutQualifier(functionName))
      return functionName;
    // The page does not say what happens for an alias or a version, which have no reserved concurrency.
    throw notModelled('names of functions other than a name and the ARN of a function itself');
  }
}
