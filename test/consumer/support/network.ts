import { createServer as createHttpServer, type IncomingMessage, type RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, connect, type Server, type Socket } from 'node:net';
import type { Certificate } from './certificates';

/** Servers on loopback, which stand for a network. */
export interface Running {
  readonly port: number;
  close(): Promise<void>;
}

const running: Running[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.close()));
});

const listen = async (server: Server): Promise<Running> => {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const started = {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
  running.push(started);
  return started;
};

const bodyOf = async (incoming: IncomingMessage): Promise<string> => {
  const parts: Buffer[] = [];
  for await (const part of incoming) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
};

/** What an AWS that is called over the network was asked. */
export interface Asked {
  readonly host: string;
  readonly path: string;
  readonly signer: string | undefined;
  readonly region: string | undefined;
}

const ROLE_KEY = 'ASIAROLEROLEROLE0000';
const SSO_KEY = 'ASIASSOSSOSSOSSO0000';

const assumedRole = `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
<AccessKeyId>${ROLE_KEY}</AccessKeyId><SecretAccessKey>secretOfTheRole0</SecretAccessKey><SessionToken>tokenOfTheRole</SessionToken>
<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`;

const identity =
  '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>' +
  '<Arn>arn:aws:iam::111122223333:user/alice</Arn><UserId>AIDAALICE</UserId><Account>111122223333</Account>' +
  '</GetCallerIdentityResult></GetCallerIdentityResponse>';

const refused = (code: string, message: string): string =>
  `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`;

const answers = (body: string, { url = '' }: IncomingMessage, secretString: string): [string, string] => {
  if (body.includes('Action=AssumeRole')) return ['text/xml', assumedRole];
  if (body.includes('Action=GetCallerIdentity')) return ['text/xml', identity];
  if (url.startsWith('/federation/credentials')) {
    const roleCredentials = {
      accessKeyId: SSO_KEY,
      secretAccessKey: 'secretOfTheSession',
      sessionToken: 'tokenOfTheSession',
      expiration: Date.UTC(2099, 0),
    };
    return ['application/json', JSON.stringify({ roleCredentials })];
  }
  if (body.includes('Action=ListAccessKeys')) return ['text/xml', '<ListAccessKeysResponse/>'];
  return ['application/x-amz-json-1.1', JSON.stringify({ Name: 'alice', SecretString: secretString })];
};

/**
 * An AWS with one secret that checks nothing, over HTTPS with a certificate or over HTTP. It also knows what
 * profiles need: AssumeRole of STS, and the credentials of IAM Identity Center.
 *
 * @param refusals - Codes and messages with which actions are refused.
 * @param more - Answers to other actions.
 */
export const serveAws = async (
  secretString: string,
  certificate?: Certificate,
  refusals: Readonly<Record<string, readonly [code: string, message: string]>> = {},
  more: Readonly<Record<string, string>> = {},
): Promise<Running & { readonly asked: readonly Asked[] }> => {
  const asked: Asked[] = [];
  const answer: RequestListener = async (incoming, outgoing) => {
    const body = await bodyOf(incoming);
    const [, signer, region] =
      /Credential=(\w+)\/\d+\/([\w-]+)/.exec(incoming.headers.authorization ?? '') ?? [];
    asked.push({ host: incoming.headers.host ?? '', path: incoming.url ?? '', signer, region });
    const action = /Action=(\w+)/.exec(body)?.[1] ?? '';
    const refusal = refusals[action];
    if (refusal !== undefined) {
      outgoing.writeHead(403, { 'content-type': 'text/xml' }).end(refused(...refusal));
      return;
    }
    const other = more[action];
    const [type, content] = other !== undefined ? ['text/xml', other] : answers(body, incoming, secretString);
    outgoing.writeHead(200, { 'content-type': type }).end(content);
  };
  const server =
    certificate === undefined ? createHttpServer(answer) : createHttpsServer(certificate, answer);
  return { ...(await listen(server)), asked };
};

/** A proxy that knows one route only: it connects every request to this port. */
export const serveProxy = async (
  to: () => number,
  { certificate, user }: { readonly certificate?: Certificate; readonly user?: string } = {},
): Promise<Running & { readonly tunnels: readonly string[] }> => {
  const tunnels: string[] = [];
  const server = certificate === undefined ? createHttpServer() : createHttpsServer(certificate);
  server.on('connect', (incoming: IncomingMessage, socket: Socket) => {
    const wanted = user === undefined ? undefined : `Basic ${Buffer.from(user).toString('base64')}`;
    if (incoming.headers['proxy-authorization'] !== wanted) {
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
      return;
    }
    tunnels.push(incoming.url ?? '');
    const target = connect(to(), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      target.pipe(socket).pipe(target);
    });
    target.on('error', () => socket.destroy());
    socket.on('error', () => target.destroy());
  });
  return { ...(await listen(server)), tunnels };
};

/** A port of this machine on which no process listens. */
export const closedPort = async (): Promise<number> => {
  const { port, close } = await listen(createHttpServer());
  await close();
  return port;
};
