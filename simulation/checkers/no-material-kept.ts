import type { Checker } from './facts';

/** 5. Key material is nowhere but in memory, in the secret and in signatures. */
export const noMaterialKept: Checker = {
  *onEnd({ secretAccessKeys, kept }) {
    for (const secretAccessKey of secretAccessKeys) {
      if (kept.includes(secretAccessKey)) yield 'key material is kept';
    }
  },
};
