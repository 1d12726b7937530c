import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { EmbeddedAws } from './embedded-aws';
import { ConnectionLost } from './ground/errors';
import type { WireRequest } from './wire/messages';

/** The embedded AWS on a loopback port. */
export interface AwsServer {
  /** The endpoint to give to SDK clients. */
  readonly url: string;
  /** Closes the port and every connection. */
  close(): Promise<void>;
}

const readRequest = async (incoming: IncomingMessage): Promise<WireRequest> => {
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

const answer = async (
  aws: EmbeddedAws,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> => {
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
    outgoing.writeHead(response.statusCode, {
      ...response.headers,
      'content-length': response.body.byteLength,
    });
    outgoing.end(response.body);
  } catch (error) {
    if (!(error instanceof ConnectionLost)) {
      throw error;
    }
    incoming.socket.destroy();
  } finally {
    release();
  }
};

/** Serves the embedded AWS over HTTP on 127.0.0.1, for clients that cannot take its request handler. */
export const serve = async (aws: EmbeddedAws): Promise<AwsServer> => {
  const server = createServer((incoming, outgoing) => {
    answer(aws, incoming, outgoing).catch((error: unknown) => {
      // A defect, not an answer of AWS: show it to a person, and do not leave the client waiting.
      process.emitWarning(error instanceof Error ? error : String(error));
      incoming.socket.destroy();
    });
  });
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
