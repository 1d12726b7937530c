import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { InterruptibleHandler } from '../../../tools/accept/interruptible';

const ANSWER =
  '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Account>111122223333</Account></GetCallerIdentityResult></GetCallerIdentityResponse>';

/** A server that says how often it was asked, and a client of it that sends through the handler. */
const setUp = async (statusOf: (count: number) => number = () => 200) => {
  const stop = new AbortController();
  let count = 0;
  let onRequest = (): void => {};
  const server = createServer((_request, response) => {
    count += 1;
    onRequest();
    response.writeHead(statusOf(count)).end(ANSWER);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const handler = new InterruptibleHandler(stop.signal);
  const client = (): STSClient =>
    new STSClient({
      endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      region: 'eu-west-1',
      credentials: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'none' },
      requestHandler: handler,
      maxAttempts: 3,
    });
  const close = (): void => void server.close().closeAllConnections();
  return {
    stop,
    client,
    close,
    asked: () => count,
    onRequest: (listener: () => void) => {
      onRequest = listener;
    },
  };
};

const ask = (client: STSClient) => client.send(new GetCallerIdentityCommand({}));

test('requests are sent until the signal, also while another client ends, and none after it', async () => {
  const { stop, client, close, asked, onRequest } = await setUp();
  const other = client();
  await ask(other);
  onRequest(() => other.destroy());
  expect(await ask(client())).toMatchObject({ Account: '111122223333' });
  stop.abort();
  await expect(ask(client())).rejects.toThrow(/abort/i);
  expect(asked()).toBe(2);
  close();
});

test('a request that is under way ends, and is not sent again', async () => {
  const { stop, client, close, asked, onRequest } = await setUp(() => 500);
  onRequest(() => stop.abort());
  await expect(ask(client())).rejects.toThrow(/abort/i);
  expect(asked()).toBe(1);
  close();
});
