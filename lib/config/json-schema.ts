import { z } from 'zod';
import { documentSchema } from './schema';

/** The file of the JSON Schema, which editors complete and check by. */
export const JSON_SCHEMA_FILE = 'rotation.config.schema.json';

/**
 * The JSON Schema of the configuration, from the same code that reads it. It knows forms. What has to fit together, and what
 * depends on account and Region, is told when the stack is synthesized.
 */
export const configJsonSchema = (): object =>
  z.toJSONSchema(documentSchema, {
    target: 'draft-7',
    io: 'input',
    unrepresentable: 'any',
    // Names of fields by a word are rewritten before they are read, so their schema says itself what is taken.
    override: ({ jsonSchema }) => {
      if (jsonSchema.anyOf === undefined) return;
      for (const keyword of ['type', 'properties', 'required', 'additionalProperties'] as const) {
        delete jsonSchema[keyword];
      }
    },
  });
