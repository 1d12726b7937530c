import { createHmac } from 'node:crypto';
import { SES_REGIONS } from '../contract/document-fields';

/*
 * SES's SMTP interface takes an access key ID as the user name, and as the password what is computed from the secret access key
 * and the Region (Amazon SES Developer Guide, "Obtaining Amazon SES SMTP credentials by converting existing AWS credentials").
 */

const MESSAGE = 'SendRawEmail';

/** The first byte of a password says how the others were made: the present way, and the one until January 2019. */
const VERSION = 4;
const FORMER_VERSION = 2;

const sign = (key: string | Buffer, message: string): Buffer =>
  createHmac('sha256', key).update(message).digest();

const encode = (version: number, signature: Buffer): string =>
  Buffer.concat([Buffer.of(version), signature]).toString('base64');

/**
 * The password for the SMTP endpoint of one Region: 44 characters. The chain is that of Signature Version 4 for the date 11111111,
 * so that it is always the same for a key and a Region.
 *
 * @param secretAccessKey - of the key whose ID is the user name.
 * @param region - The Region of the endpoint, which need not be that of the secret.
 */
export const smtpPassword = (secretAccessKey: string, region: string): string => {
  const chain: readonly string[] = ['11111111', region, 'ses', 'aws4_request', MESSAGE];
  return encode(VERSION, chain.reduce<Buffer>(sign, Buffer.from(`AWS4${secretAccessKey}`)));
};

/** The password as it was made until January 2019, for all Regions of then. There is no other way to make such a one now. */
const formerSmtpPassword = (secretAccessKey: string): string =>
  encode(FORMER_VERSION, sign(secretAccessKey, MESSAGE));

/** Whether a password is made of this key, for this Region. */
export const isSmtpPasswordOf = (secretAccessKey: string, region: string, password: string): boolean =>
  [smtpPassword(secretAccessKey, region), formerSmtpPassword(secretAccessKey)].includes(password);

/** How long every password is. What is shorter has none in it, however it is written. */
export const SMTP_PASSWORD_LENGTH = 44;

/** Every password that is made of a key, for whatever Region. */
export const smtpPasswordsOf = (secretAccessKey: string): readonly string[] => [
  ...SES_REGIONS.map((region) => smtpPassword(secretAccessKey, region)),
  formerSmtpPassword(secretAccessKey),
];

/** Whether a text has the form of a password: 33 bytes in Base64, of which the first is a version. */
export const isSmtpPassword = (text: string): boolean =>
  /^[A-Za-z0-9+/]{44}$/.test(text) && [VERSION, FORMER_VERSION].includes(Buffer.from(text, 'base64')[0] ?? 0);
