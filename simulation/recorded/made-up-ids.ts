import { Prng } from '../../embedded-aws/ground/prng';

const DIGITS = 9;

/** Identifiers for files that are kept: clearly never AWS's, and the same in every run. */
export class MadeUpIds extends Prng {
  #issued = 0;

  /** A prefix such as `AKIA`, EXAMPLE and a number: 0 and 1 never occur in an identifier of IAM. */
  override uniqueId(prefix: string): string {
    this.#issued += 1;
    return `${prefix}EXAMPLE${String(this.#issued).padStart(DIGITS, '0')}`;
  }

  override secretAccessKey(): string {
    this.#issued += 1;
    return `made-up-secret-${this.#issued}`;
  }
}
