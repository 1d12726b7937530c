import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { drawFlow, withFlow } from '../../tools/docs/flow';

const read = (...path: string[]): string => readFileSync(join(__dirname, '..', '..', ...path), 'utf8');

const definition = read('state-machine', 'access-key-rotation.asl.json');

describe('the picture of the flow', () => {
  it('in docs/architecture.md is what the definition gives (else: npx tsx tools/docs/flow.ts)', () => {
    const page = read('docs', 'architecture.md');

    expect(withFlow(page, definition)).toBe(page);
  });

  it('shows every state of the definition once, but those that only send an event', () => {
    const picture = drawFlow(definition);
    const states = Object.entries<{ Resource?: string }>(JSON.parse(definition).States);

    for (const [name, { Resource = '' }] of states) {
      expect([name, picture.split(`"${name}"`).length]).toEqual([
        name,
        Resource.endsWith(':events:putEvents') ? 1 : 2,
      ]);
    }
  });

  it('follows a healthy rotation with thick arrows from the plan to its end', () => {
    const mainLine = [...drawFlow(definition).matchAll(/^ *(\w+) ==>(?:\|.*\|)? (\w+)$/gm)];

    expect(mainLine[0]?.[1]).toBe('PlanTheRotation');
    expect(mainLine.at(-1)?.[2]).toBe('RotationComplete');
    expect(mainLine.map(([, from]) => from)).not.toContainEqual(expect.stringMatching(/^(Tell|Remind|Ask)/));
    mainLine.slice(1).forEach((arrow, index) => {
      expect(arrow[1]).toBe(mainLine[index]?.[2]);
    });
  });

  it('leads to the failure branch by one arrow, not by one from every step, beside the one from the plan', () => {
    const arrows = drawFlow(definition).match(/^.*-> WhatWentWrong$/gm) ?? [];
    expect(arrows).toHaveLength(2);
    expect(arrows).toContainEqual(expect.stringContaining('KeepWhatThePlanSaid --> '));
  });
});
