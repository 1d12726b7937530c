import { distance } from 'fastest-levenshtein';

/** A text that differs in more than every third letter was not mistyped. */
const LETTERS_PER_MISTAKE = 3;

/** The text that was probably meant; undefined if none is near. */
export const nearest = (given: string, known: Iterable<string>): string | undefined => {
  let best: { readonly text: string; readonly mistakes: number } | undefined;
  for (const text of known) {
    // A different case does not count: it is exactly what the hint should correct.
    const mistakes = distance(given.toLowerCase(), text.toLowerCase());
    if (best === undefined || mistakes < best.mistakes) best = { text, mistakes };
  }
  const tolerated = Math.max(1, Math.floor(given.length / LETTERS_PER_MISTAKE));
  return best !== undefined && best.mistakes <= tolerated ? best.text : undefined;
};

/** The name at the end of an ARN that was given instead of a name. */
export const nameInArn = (given: string): string | undefined =>
  given.startsWith('arn:') ? given.split(/[:/]/).at(-1) || undefined : undefined;
