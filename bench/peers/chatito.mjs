// SPDX-License-Identifier: Apache-2.0
// usage: node chatito.mjs PACKAGE FILE.chatito      Rows a second of npm's chatito in PACKAGE/node_modules: as many as the
// grammar asks for, each made JSON and thrown away. Prints "N rows/s (N rows)".
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import path from 'node:path';

const [packageFolder, file] = process.argv.slice(2);
const chatito = createRequire(path.resolve(packageFolder, 'x.js'))('chatito');
let rows = 0, bytes = 0;
const start = performance.now();
await chatito.datasetFromString(readFileSync(file, 'utf8'), (utterance, intent) => {
  rows++;
  bytes += JSON.stringify({ utterance, intent }).length;
}, undefined, file);
const seconds = (performance.now() - start) / 1000;
console.log(`${(rows / seconds).toFixed(0)} rows/s (${rows} rows)`);
