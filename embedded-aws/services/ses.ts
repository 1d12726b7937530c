import { createHmac } from 'node:crypto';
import { signingKey } from '../wire/sigv4';
import type { Iam } from './iam';

/** The SMTP interface of SES, as far as it checks the sender: no message is delivered. */
export class Ses {
  constructor(private readonly iam: Iam) {}

  /**
   * A mail program logs in at the endpoint of a Region and sends. Amazon SES Developer Guide, "Obtaining
   * Amazon SES SMTP credentials": the password is a signature, of a date that never changes. The key works
   * here if it works elsewhere, and this counts as a use of it.
   *
   * @returns Whether user name and password were accepted.
   */
  send(userName: string, password: string, region: string): boolean {
    const key = this.iam.key(userName);
    if (key === undefined) return false;
    const scope = { date: '11111111', region, service: 'ses' };
    const signature = createHmac('sha256', signingKey(key.secretAccessKey, scope)).update('SendRawEmail');
    const expected = Buffer.from([4, ...signature.digest()]).toString('base64');
    return password === expected && this.iam.useAccessKey(userName, 'ses', region);
  }
}
