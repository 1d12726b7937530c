import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { CommonErrors, Credential, WireRequest } from './messages';

/** A request's `Authorization` header, taken apart. */
export interface Authorization {
  readonly accessKeyId: string;
  /** `yyyymmdd`. */
  readonly date: string;
  readonly region: string;
  /** The signing name, such as `iam` or `monitoring`. */
  readonly service: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
}

/** What a request must be signed with to be accepted. */
export interface SigningSecret {
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

/** Why a request is refused before its service looks at it. The protocol knows the code's name. */
export class AuthenticationFailure extends Error {
  override readonly name = 'AuthenticationFailure';

  constructor(
    readonly reason: keyof CommonErrors,
    message: string,
  ) {
    super(message);
  }
}

/** AWS Signature Version 4: requests are refused when their date is more than five minutes off. */
const MAX_SKEW = 5 * 60 * 1000;

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/;

const hmac = (key: string | Buffer, data: string): Buffer =>
  createHmac('sha256', key).update(data, 'utf8').digest();

/** The key that signs the requests of a day, a Region and a service. */
export const signingKey = (
  secretAccessKey: string,
  { date, region, service }: Pick<Authorization, 'date' | 'region' | 'service'>,
): Buffer => hmac(hmac(hmac(hmac(`AWS4${secretAccessKey}`, date), region), service), 'aws4_request');

const sha256 = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex');

const basicDate = (moment: number): string =>
  `${new Date(moment).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;

/** Reads the `Authorization` header. Signatures in the query string are not modelled. */
export const parseAuthorization = ({ headers }: WireRequest): Authorization => {
  const header = headers.authorization;
  if (header === undefined) {
    throw new AuthenticationFailure('missingAuthentication', 'Request is missing Authentication Token');
  }
  const match = AUTHORIZATION.exec(header);
  if (match === null) {
    throw new AuthenticationFailure(
      'incompleteSignature',
      'The Authorization header is not of the expected form.',
    );
  }
  const [, accessKeyId = '', date = '', region = '', service = '', signedHeaders = '', signature = ''] =
    match;
  return { accessKeyId, date, region, service, signedHeaders: signedHeaders.split(';'), signature };
};

const badSignature = (message: string): AuthenticationFailure =>
  new AuthenticationFailure('badSignature', message);

const MISMATCH =
  'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method.';

/** A request must have been signed at about this time. */
const checkMoment = (signed: number, moment: number): void => {
  if (Math.abs(signed - moment) <= MAX_SKEW) return;
  const timestamp = basicDate(signed);
  if (signed < moment) {
    throw badSignature(
      `Signature expired: ${timestamp} is now earlier than ${basicDate(moment - MAX_SKEW)} (${basicDate(moment)} - 5 min.)`,
    );
  }
  throw badSignature(
    `Signature not yet current: ${timestamp} is still later than ${basicDate(moment + MAX_SKEW)} (${basicDate(moment)} + 5 min.)`,
  );
};

const checkToken = (token: string | undefined, secret: SigningSecret): void => {
  if (token === secret.sessionToken) return;
  throw new AuthenticationFailure(
    'unknownCredentials',
    'The security token included in the request is invalid.',
  );
};

/** Judges a credential that was passed as an object, just as its signature would have been judged. */
export const verifyCredential = (credential: Credential, secret: SigningSecret, now: Date): void => {
  // A signature gives its time to the second.
  checkMoment(Math.floor(credential.signedAt.getTime() / 1000) * 1000, now.getTime());
  checkToken(credential.sessionToken, secret);
  if (credential.secretAccessKey !== secret.secretAccessKey) throw badSignature(MISMATCH);
};

/**
 * Verifies Signature Version 4. IAM User Guide, "Create a signed AWS API request". Derived signing keys are
 * kept: each serves a key, Region and service for a day.
 */
export class SignatureVerifier {
  readonly #signingKeys = new Map<string, Buffer>();

  verify(request: WireRequest, authorization: Authorization, secret: SigningSecret, now: Date): void {
    const { headers } = request;
    const timestamp = headers['x-amz-date'] ?? '';
    this.#checkDate(timestamp, authorization, now);
    this.#checkSignedHeaders(request, authorization);
    checkToken(headers['x-amz-security-token'], secret);
    const bodyHash = sha256(request.body);
    const expected = this.#signature(request, authorization, secret, timestamp, bodyHash);
    const given = Buffer.from(authorization.signature, 'hex');
    if (!timingSafeEqual(expected, given)) {
      throw badSignature(MISMATCH);
    }
  }

  #checkDate(timestamp: string, { date }: Authorization, now: Date): void {
    const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(timestamp);
    if (parts === null || !timestamp.startsWith(date)) {
      throw new AuthenticationFailure(
        'incompleteSignature',
        'X-Amz-Date is missing or not of the scope’s day.',
      );
    }
    const [, year, month, day, hour, minute, second] = parts;
    checkMoment(Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`), now.getTime());
  }

  /** The host header and every x-amz- header must be part of the signature. */
  #checkSignedHeaders({ headers }: WireRequest, { signedHeaders }: Authorization): void {
    for (const name of Object.keys(headers)) {
      if ((name === 'host' || name.startsWith('x-amz-')) && !signedHeaders.includes(name)) {
        throw badSignature(`'${name}' must be a signed header.`);
      }
    }
    for (const name of signedHeaders) {
      if (headers[name] === undefined) {
        throw badSignature(`The signed header '${name}' is missing.`);
      }
    }
  }

  #signature(
    { method, path, headers }: WireRequest,
    authorization: Authorization,
    secret: SigningSecret,
    timestamp: string,
    bodyHash: string,
  ): Buffer {
    const { date, region, service, signedHeaders } = authorization;
    const canonicalHeaders = signedHeaders
      .map((name) => `${name}:${(headers[name] ?? '').trim().replace(/ +/g, ' ')}\n`)
      .join('');
    const [resource = '', queryString = ''] = path.split('?');
    // Each segment is encoded once more than it was sent; the parameters of the query string are sorted.
    const canonicalPath = encodeURIComponent(resource).replaceAll('%2F', '/');
    const canonicalQuery = queryString.split('&').sort().join('&');
    const canonicalRequest = `${method}\n${canonicalPath}\n${canonicalQuery}\n${canonicalHeaders}\n${signedHeaders.join(';')}\n${bodyHash}`;
    const scope = `${date}/${region}/${service}/aws4_request`;
    const stringToSign = `AWS4-HMAC-SHA256\n${timestamp}\n${scope}\n${sha256(canonicalRequest)}`;
    return hmac(this.#signingKey(secret.secretAccessKey, authorization), stringToSign);
  }

  #signingKey(secretAccessKey: string, authorization: Authorization): Buffer {
    const { accessKeyId, date, region, service } = authorization;
    const name = `${accessKeyId}/${date}/${region}/${service}`;
    let key = this.#signingKeys.get(name);
    if (key === undefined) {
      key = signingKey(secretAccessKey, authorization);
      this.#signingKeys.set(name, key);
    }
    return key;
  }
}
