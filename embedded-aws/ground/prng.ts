const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const BASE62 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const BASE64 = `${BASE62}+/`;
const HEX = '0123456789abcdef';

/**
 * Seeded pseudo-random identifiers (mulberry32): the same seed gives the same keys in every run. Nothing here
 * is a secret outside the embedded AWS.
 */
export class Prng {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** A number in [0, 1). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from 0 to `most`. If 0 is the only choice, nothing is drawn. */
  upTo(most: number): number {
    return most === 0 ? 0 : Math.floor(this.next() * (most + 1));
  }

  /** An IAM unique identifier: a four-letter prefix such as `AKIA`, and 16 characters of base 32. */
  uniqueId(prefix: string): string {
    return prefix + this.#characters(BASE32, 16);
  }

  /** A secret access key: 40 characters. */
  secretAccessKey(): string {
    return this.#characters(BASE64, 40);
  }

  sessionToken(): string {
    return this.#characters(BASE64, 120);
  }

  /** The six characters that Secrets Manager appends to a secret's name in its ARN. */
  arnSuffix(): string {
    return this.#characters(BASE62, 6);
  }

  uuid(): string {
    const hex = this.#characters(HEX, 32);
    return [
      hex.slice(0, 8),
      hex.slice(8, 12),
      `4${hex.slice(13, 16)}`,
      `8${hex.slice(17, 20)}`,
      hex.slice(20),
    ].join('-');
  }

  #characters(alphabet: string, length: number): string {
    let text = '';
    for (let index = 0; index < length; index += 1) {
      text += alphabet[Math.floor(this.next() * alphabet.length)] ?? '';
    }
    return text;
  }
}
