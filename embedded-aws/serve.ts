import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { EmbeddedAws } from './embedded-aws';
import { ConnectionLost } from './ground/errors';
import type { WireRequest, WireResponse } from './wire/messages';

/** The embedded AWS on a loopback port. */
export interface AwsServer {
  /** The endpoint to give to SDK clients. */
  readonly url: string;
  /** Closes the port and every connection. */
  close(): Promise<void>;
}

/** Reads a request to its end. */
export const readRequest = async (incoming: IncomingMessage): Promise<WireRequest> => {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) {
    chunks.push(chunk as Buffer);
  }
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(incoming.headers)) {
    headers[name] = Array.isArray(value) ? value.join(',') : (value ?? '');
  }
  return { method: incoming.method ?? '', path: incoming.url ?? '', headers, body: Buffer.concat(chunks) };
};

/** Sends an answer on its way. */
type Send = (response: WireResponse) => void;

/** Answers a request of a client that lives in virtual time: while it is at work, time stands still. */
const answer = async (aws: EmbeddedAws, incoming: IncomingMessage, send: Send): Promise<void> => {
  const { clock } = aws;
  const { remotePort = 0 } = incoming.socket;
  let release = clock.hold();
  try {
    const request = await readRequest(incoming);
    const response = await aws.handle(request, {
      onWait: () => {
        // A request that waits for virtual time must not keep that time from passing, on either side.
        release();
        const unpark = clock.park(remotePort);
        return () => {
          release = clock.hold();
          unpark();
        };
      },
    });
    // Not before that may time go on: the client does not wait for anything else.
    send(response);
  } finally {
    release();
  }
};

/**
 * Listens on a port of 127.0.0.1 that is free.
 *
 * @param answerTo - Answers a request. {@link ConnectionLost} breaks the connection.
 */
export const listen = async (
  answerTo: (incoming: IncomingMessage, send: Send) => Promise<void>,
): Promise<AwsServer> => {
  const respond = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    try {
      await answerTo(incoming, ({ statusCode, headers, body }) => {
        outgoing.writeHead(statusCode, { ...headers, 'content-length': body.byteLength });
        outgoing.end(body);
      });
    } catch (error) {
      incoming.socket.destroy();
      if (!(error instanceof ConnectionLost)) {
        // A defect, not an answer of AWS: show it to a person, and do not leave the client waiting.
        process.emitWarning(error instanceof Error ? error : String(error));
      }
    }
  };
  const server = createServer((incoming, outgoing) => void respond(incoming, outgoing));
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error === undefined ? resolve() : reject(error)));
        server.closeAllConnections();
      }),
  };
};

/** Serves the embedded AWS over HTTP on 127.0.0.1, for clients that cannot take its request handler. */
export const serve = (aws: EmbeddedAws): Promise<AwsServer> =>
  listen((incoming, send) => answer(aws, incoming, send));
