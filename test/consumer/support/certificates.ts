import { createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

/** A certificate and its key, as text. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** DER of a tag with contents (ITU-T X.690). */
const der = (tag: number, ...contents: readonly Buffer[]): Buffer => {
  const content = Buffer.concat(contents);
  const length =
    content.length < 0x80
      ? [content.length]
      : content.length < 0x100
        ? [0x81, content.length]
        : [0x82, content.length >> 8, content.length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
};

const SEQUENCE = 0x30;
const sequence = (...contents: readonly Buffer[]) => der(SEQUENCE, ...contents);
const text = (tag: number, value: string) => der(tag, Buffer.from(value, 'ascii'));
const oid = (hex: string) => der(0x06, Buffer.from(hex, 'hex'));
const bits = (content: Buffer) => der(0x03, Buffer.from([0]), content);

const ECDSA_WITH_SHA256 = sequence(oid('2a8648ce3d040302'));
const COMMON_NAME = oid('550403');
const BASIC_CONSTRAINTS = oid('551d13');
const SUBJECT_ALTERNATIVE_NAME = oid('551d11');
const TRUE = der(0x01, Buffer.from([0xff]));

const nameOf = (name: string) => sequence(der(0x31, sequence(COMMON_NAME, text(0x0c, name))));

const isAddress = (name: string) => /^[\d.]+$/.test(name);

const alternative = (name: string) =>
  isAddress(name) ? der(0x87, Buffer.from(name.split('.').map(Number))) : text(0x82, name);

const pem = (content: Buffer): string =>
  [
    '-----BEGIN CERTIFICATE-----',
    ...(content.toString('base64').match(/.{1,64}/g) ?? []),
    '-----END CERTIFICATE-----\n',
  ].join('\n');

const certify = (
  {
    name,
    publicKey,
    hosts,
  }: { readonly name: string; readonly publicKey: KeyObject; readonly hosts: readonly string[] },
  issuer: { readonly name: string; readonly key: KeyObject },
): string => {
  const extension =
    hosts.length === 0
      ? sequence(BASIC_CONSTRAINTS, TRUE, der(0x04, sequence(TRUE)))
      : sequence(SUBJECT_ALTERNATIVE_NAME, der(0x04, sequence(...hosts.map(alternative))));
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.concat([Buffer.from([0x01]), randomBytes(8)])),
    ECDSA_WITH_SHA256,
    nameOf(issuer.name),
    sequence(text(0x17, '200101000000Z'), text(0x17, '491231235959Z')),
    nameOf(name),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(extension)),
  );
  return pem(sequence(body, ECDSA_WITH_SHA256, bits(sign('sha256', body, issuer.key))));
};

const newKeys = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });

/**
 * An authority that is trusted only where it is configured, as that of a company's proxy. Made for each run,
 * so no key is stored anywhere.
 */
export const createAuthority = (name: string) => {
  const { publicKey, privateKey } = newKeys();
  const issuer = { name, key: privateKey };
  return {
    cert: certify({ name, publicKey, hosts: [] }, issuer),
    /** A certificate for hosts: names, or addresses of version 4. */
    certify: (...hosts: readonly string[]): Certificate => {
      const keys = newKeys();
      const key = keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
      return {
        cert: certify({ name: hosts[0] ?? '', publicKey: keys.publicKey, hosts }, issuer),
        key: createPrivateKey(key).export({ type: 'pkcs8', format: 'pem' }).toString(),
      };
    },
  };
};
