import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A Secrets Manager for other processes. It knows one secret and checks nothing. */
export interface SecretServer {
  /** The answer to GetSecretValue. */
  secretString: string;
  /** Resolves when it has been asked this many times in all. */
  asked(times: number): Promise<void>;
  /** The access key IDs that it was asked with. */
  readonly readers: readonly string[];
  /** Variables with which a process reaches it, and nothing else. */
  readonly environment: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** Starts a {@link SecretServer} on a free port of this machine. */
export const serveSecret = async (secretString: string): Promise<SecretServer> => {
  const readers: string[] = [];
  const waiting = new Map<number, () => void>();
  const server = createServer((incoming, outgoing) => {
    readers.push(/Credential=(\w+)\//.exec(incoming.headers.authorization ?? '')?.[1] ?? 'unsigned');
    waiting.get(readers.length)?.();
    incoming.resume().on('end', () => {
      outgoing.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' });
      outgoing.end(JSON.stringify({ Name: 'alice', SecretString: served.secretString }));
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  const served: SecretServer = {
    secretString,
    readers,
    asked: (times) =>
      readers.length >= times
        ? Promise.resolve()
        : new Promise((resolve) => {
            waiting.set(times, resolve);
          }),
    environment: {
      AWS_ENDPOINT_URL_SECRETS_MANAGER: `http://127.0.0.1:${port}`,
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_REGION: 'us-east-1',
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return served;
};
