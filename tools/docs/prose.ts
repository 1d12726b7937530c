import { wrap } from '../../picture/wrap';

/** Columns of prose in a document. */
export const PROSE_WIDTH = 120;

/** A paragraph. */
export const paragraph = (text: string): string => wrap(text, PROSE_WIDTH).join('\n');

/** An item of a list. */
export const item = (text: string): string => `- ${wrap(text, PROSE_WIDTH - 2).join('\n  ')}`;
