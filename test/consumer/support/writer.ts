import { readKey, writeKey } from '../../../consumer/file/credentials-file';

/**
 * Writes one key after another into a profile, and fails if one of them is gone before the next is written.
 */
const main = async ([file = '', profile = '', rounds = '0']: readonly string[]): Promise<void> => {
  for (let round = 1; round <= Number(rounds); round += 1) {
    const key = {
      accessKeyId: `AKIA${profile}${1000 + round}`,
      secretAccessKey: `secret-of-${profile}-${round}`,
    };
    await writeKey(file, profile, key);
    if (readKey(file, profile)?.accessKeyId !== key.accessKeyId) throw new Error(`Key ${round} was lost`);
  }
};

void main(process.argv.slice(2));
