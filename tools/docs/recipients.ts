/**
 * Writes the message for a chat channel, and the example of a pager, into the marked regions of docs/recipients.md:
 *
 *     npx tsx tools/docs/recipients.ts
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type InputTransformer, transformed } from '../../embedded-aws/services/event-pattern';
import { type Template, TemplateResolver } from '../../local/deployment/template';
import { resourcesOf, templateOf } from '../../test/lib/synthesize';
import { withRegion } from './region';

const DOCS = join(__dirname, '..', '..', 'docs');
const PAGE_FILE = join(DOCS, 'recipients.md');

const fenced = (language: string, text: string): string => `\`\`\`${language}\n${text.trimEnd()}\n\`\`\``;

/** What a channel gets of the first example of docs/events.md. */
const chatMessage = (): unknown => {
  const template = templateOf({ notifications: { chat: true }, users: [{ userName: 'alice' }] });
  const resolver = new TemplateResolver(template.toJSON() as Template, {
    stackName: 'IamAccessKeyRotation',
    accountId: '111122223333',
    region: 'us-east-1',
  });
  const [, text = ''] = /^```json\n(.*?)^```/ms.exec(readFileSync(join(DOCS, 'events.md'), 'utf8')) ?? [];
  const example = JSON.parse(text) as Readonly<Record<string, unknown>>;
  const id = `Chat${String(example['detail-type']).replaceAll(' ', '')}`;
  const [rule] = Object.entries(resourcesOf(template, 'AWS::Events::Rule')).filter(([name]) =>
    name.includes(id),
  );
  const { Targets } = resolver.resolve(rule?.[1].Properties) as {
    readonly Targets: readonly [{ readonly InputTransformer: InputTransformer }];
  };
  return JSON.parse(transformed(Targets[0].InputTransformer, example));
};

/** The page with its regions up to date. */
export const withRecipients = (page: string): string => {
  const example = readFileSync(join(DOCS, 'examples', 'page-on-failure.ts'), 'utf8');
  const shown = withRegion(page, 'chat', fenced('text', JSON.stringify(chatMessage(), undefined, 2)));
  return withRegion(shown, 'page', fenced('ts', example));
};

if (require.main === module) writeFileSync(PAGE_FILE, withRecipients(readFileSync(PAGE_FILE, 'utf8')));
