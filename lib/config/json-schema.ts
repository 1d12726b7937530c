import { z } from 'zod';
import { documentSchema } from './schema';

/** The file of the JSON Schema, with which editors complete and check the configuration. */
export const JSON_SCHEMA_FILE = 'rotation.config.schema.json';

/**
 * The JSON Schema of the configuration, from the same code that reads it. It knows forms only. Synthesis
 * checks what has to fit together, and what depends on account and Region.
 */
export const configJsonSchema = (): object =>
  z.toJSONSchema(documentSchema, {
    target: 'draft-7',
    io: 'input',
    unrepresentable: 'any',
    // Field names given by a word are rewritten before they are read, so their schema itself says what is
    // accepted.
    override: ({ jsonSchema }) => {
      if (jsonSchema.anyOf === undefined) return;
      for (const keyword of ['type', 'properties', 'required', 'additionalProperties'] as const) {
        delete jsonSchema[keyword];
      }
    },
  });
