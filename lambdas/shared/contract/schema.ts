import { en } from 'zod/locales';
import * as z from 'zod/mini';

// Of zod, functions use the part in which everything is a function, so that a bundle has only what is used. By itself
// it has no words for what is wrong.
const ENGLISH = { error: en().localeError };

/** A text whose length, in UTF-16 code units, is between these two, inclusive. Default: as long as it likes. */
export const text = (least: number, most = Number.POSITIVE_INFINITY): z.ZodMiniString =>
  z.string().check(z.minLength(least), z.maxLength(most));

/** What the schema makes of a value, or what is wrong with the value, in words for a person. */
export const safeParse = <Schema extends z.ZodMiniType>(
  schema: Schema,
  value: unknown,
): z.core.util.SafeParseResult<z.output<Schema>> => schema.safeParse(value, ENGLISH);

/**
 * What the schema makes of a value.
 *
 * @throws ZodError that lists what is wrong with the value, as JSON.
 */
export const parse = <Schema extends z.ZodMiniType>(schema: Schema, value: unknown): z.output<Schema> => {
  const result = safeParse(schema, value);
  if (result.success) return result.data;
  // The name that the library gives depends on which part of it is used.
  throw Object.assign(result.error, { name: 'ZodError' });
};
