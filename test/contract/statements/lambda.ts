import { GetFunctionConcurrencyCommand } from '@aws-sdk/client-lambda';
import { refused, type Statement } from '../statement';

export const lambdaStatements: readonly Statement[] = [
  {
    id: 'not-there',
    service: 'Lambda',
    says: 'GetFunctionConcurrency of a function that does not exist is refused with ResourceNotFoundException.',
    source: 'Lambda API, GetFunctionConcurrency, errors',
    matters: 'plan-rotation notices a missing validator',
    check: async ({ lambda, name }) => {
      const FunctionName = name('none');
      await refused(
        'it',
        lambda.send(new GetFunctionConcurrencyCommand({ FunctionName })),
        'ResourceNotFoundException',
      );
    },
  },
];
