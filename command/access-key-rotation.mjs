#!/usr/bin/env node
// The clone has no build: tsx loads the sources, as `npm start` does.
import 'tsx';

await import('./main.ts');
