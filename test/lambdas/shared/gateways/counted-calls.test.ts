import { HttpRequest, HttpResponse } from '@smithy/protocol-http';
import { countCalls } from '../../../../lambdas/shared/gateways/counted-calls';

test('counts each request, also one that fails, and outlives the clients that share it', async () => {
  let answers = true;
  const { requestHandler, calls } = countCalls(async () => {
    if (!answers) throw new Error('The connection broke.');
    return { response: new HttpResponse({ statusCode: 200 }) };
  });
  expect(calls()).toBe(0);
  await requestHandler.handle(new HttpRequest({}));
  expect(calls()).toBe(1);
  answers = false;
  await expect(requestHandler.handle(new HttpRequest({}))).rejects.toThrow('broke');
  requestHandler.destroy();
  answers = true;
  await requestHandler.handle(new HttpRequest({}));
  expect(calls()).toBe(3);
});
