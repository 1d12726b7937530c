import { takenOverBy } from '../../../../lambdas/shared/contract/stop';
import { causeOfStop } from '../../../../lambdas/stop-execution/words';

const EXECUTIONS = 'arn:aws:states:us-east-1:111122223333:execution:IamAccessKeyRotation';

test.each(['2f1c', 'alice_2', 'alice.2', 'alice+2=@'])(
  'an execution with the name %s is found in the cause',
  (name) => {
    expect(takenOverBy(causeOfStop('rollback', `${EXECUTIONS}:${name}`))).toBe(`${EXECUTIONS}:${name}`);
  },
);

test.each(['', 'by hand', 'Taken over by ', 'It was Taken over by x'])('"%s" names no execution', (cause) => {
  expect(takenOverBy(cause)).toBeUndefined();
});
