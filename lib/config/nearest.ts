import { distance } from 'fastest-levenshtein';

/** What differs in more than every third letter is nothing that was mistyped. */
const LETTERS_PER_MISTAKE = 3;

/** The one of these texts that was probably meant; undefined when none is near. */
export const nearest = (given: string, known: Iterable<string>): string | undefined => {
  let best: { readonly text: string; readonly mistakes: number } | undefined;
  for (const text of known) {
    // Another case is no mistake here: it is what is to be told.
    const mistakes = distance(given.toLowerCase(), text.toLowerCase());
    if (best === undefined || mistakes < best.mistakes) best = { text, mistakes };
  }
  const tolerated = Math.max(1, Math.floor(given.length / LETTERS_PER_MISTAKE));
  return best !== undefined && best.mistakes <= tolerated ? best.text : undefined;
};

/** The name at the end of an ARN, where a name is meant. */
export const nameInArn = (given: string): string | undefined =>
  given.startsWith('arn:') ? given.split(/[:/]/).at(-1) || undefined : undefined;
