// SPDX-License-Identifier: Apache-2.0
// The rows of bench/links: each set is asked in one run of the program, and compared span by span.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

const [bin, model, task, data] = process.argv.slice(2);

const read = (file) => readFileSync(file, 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line));

function ask(rows) {
  const input = rows.map((row) => JSON.stringify({ text: row.text }) + '\n').join('');
  const run = spawnSync(bin, ['run', model, '--jsonl'], { input, encoding: 'utf8', maxBuffer: 1 << 28 });
  if (run.status !== 0) throw new Error(run.stderr);
  return run.stdout.trim().split('\n').map((line) => JSON.parse(line).spans);
}

const share = (n, of) => (of ? (n / of).toFixed(3) : '-');

// Rows with spans of their own: how many are found, how many of those have the right kind.
function measure(name, rows) {
  const answers = ask(rows);
  let wanted = 0, found = 0, right = 0, extra = 0, marked = 0;
  rows.forEach((row, i) => {
    const kinds = new Map(row.spans.map((s) => (Array.isArray(s) ? s : [s.start, s.end, s.label])).map(([a, b, label]) => [`${a}-${b}`, label]));
    const before = extra;
    wanted += kinds.size;
    for (const s of answers[i]) {
      const label = kinds.get(`${s.start}-${s.end}`);
      if (label === undefined) extra++;
      else found++;
      if (label === s.label) right++;
    }
    marked += extra > before;
  });
  console.log(`| ${name} | ${rows.length} | ${wanted} | ${share(found, wanted)} | ${share(right, found)} | ${extra} in ${marked} rows |`);
}

console.log('| set | rows | links | found exactly | right kind of those | found in vain |');
console.log('| --- | --- | --- | --- | --- | --- |');
const gate = read(`${task}/gate.jsonl`);
measure('`gate.jsonl`, rows with links', gate.filter((row) => row.spans.length));
measure('`gate.jsonl`, rows without', gate.filter((row) => !row.spans.length));
measure('`apart.jsonl`', read(`${task}/apart.jsonl`));
const recognizers = `${data}/links/recognizers_sequence.jsonl`;
if (data && existsSync(recognizers)) {
  const rows = read(recognizers).filter((row) => row.kind === 'url');
  const answers = ask(rows);
  let wanted = 0, found = 0, extra = 0, marked = 0;
  rows.forEach((row, i) => {
    const links = row.expected.map((e) => e.text.toLowerCase());
    const got = answers[i].map((s) => s.text.toLowerCase());
    const vain = got.filter((text) => !links.includes(text)).length;
    wanted += links.length;
    found += links.filter((text) => got.includes(text)).length;
    extra += vain;
    marked += vain > 0;
  });
  console.log(`| Recognizers | ${rows.length} | ${wanted} | ${share(found, wanted)} | - | ${extra} in ${marked} rows |`);
}
