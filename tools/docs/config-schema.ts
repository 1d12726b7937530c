import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { configJsonSchema, JSON_SCHEMA_FILE } from '../../lib/config/json-schema';

/** The JSON Schema, as its file has it. */
export const configSchemaText = (): string => `${JSON.stringify(configJsonSchema(), undefined, 2)}\n`;

if (require.main === module) writeFileSync(join(__dirname, '..', '..', JSON_SCHEMA_FILE), configSchemaText());
