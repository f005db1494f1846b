// SPDX-License-Identifier: Apache-2.0
// Measures for bench/spam, which says what they are.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';

const [work, scratch, korora, gate] = process.argv.slice(2);
const read = (path) => readFileSync(path, 'utf8').split('\n').filter(Boolean).map((l) => JSON.parse(l));
const run = (program, args, input) =>
  execFileSync(program, args, { input, encoding: 'utf8', maxBuffer: 1 << 30, stdio: ['pipe', 'pipe', 'inherit'] });

// A row as a mail: its first line is the subject.
function mail({ text }) {
  const end = text.indexOf('\n');
  const subject = end < 0 ? text : text.slice(0, end);
  return `Subject: ${subject}\nContent-Type: text/plain; charset=utf-8\n\n${end < 0 ? text : text.slice(end + 1)}\n`;
}

function spread(rows, folder) {
  mkdirSync(folder, { recursive: true });
  return rows.map((row, i) => {
    const path = `${folder}/${String(i).padStart(6, '0')}`;
    writeFileSync(path, mail(row));
    return path;
  });
}

// bogofilter exits 0 to 2 to say spam, ham or unsure.
function bogofilter(args, input) {
  try {
    return run('bogofilter', ['-d', `${scratch}/words`, ...args], input);
  } catch (e) {
    if (e.status > 2) throw e;
    return e.stdout;
  }
}

const once = new Map(read(`${work}/train.jsonl`).map((row) => [row.text, row]));
const train = [...once.values()];
mkdirSync(`${scratch}/words`);
for (const label of ['ham', 'spam']) {
  spread(train.filter((row) => row.label === label), `${scratch}/${label}`);
  bogofilter([label === 'ham' ? '-n' : '-s', '-B', `${scratch}/${label}`]);
}

function figures(rows, isSpam) {
  let right = 0, ham = 0, lost = 0, spam = 0, caught = 0;
  rows.forEach((row, i) => {
    const said = isSpam(i);
    right += said === (row.label === 'spam');
    if (row.label === 'ham') { ham++; lost += said; }
    else { spam++; caught += said; }
  });
  const pct = (a, b) => (b ? `${((100 * a) / b).toFixed(2)} %` : '-');
  return `${pct(right, rows.length).padStart(9)}  ${pct(lost, ham).padStart(8)} (${lost} of ${ham})`.padEnd(38) +
    `${pct(caught, spam).padStart(9)} of ${spam}`;
}

const sets = readdirSync(work).filter((f) => /^set-\d+\.jsonl$/.test(f)).sort().map((f) => [f, `${work}/${f}`]);
console.log(`learnt from ${train.length} rows\n`);
console.log(`${'set'.padEnd(14)}${'rows'.padStart(5)}  ${'made by'.padEnd(20)} accuracy  ham lost            spam caught`);
for (const [name, path] of [['gate.jsonl', gate], ...sets]) {
  const rows = read(path);
  const input = rows.map((row) => JSON.stringify({ text: row.text })).join('\n');
  const answers = run(korora, ['run', `${work}/spam.gguf`, '--jsonl'], `${input}\n`).split('\n').filter(Boolean)
    .map((l) => JSON.parse(l));
  const files = spread(rows, `${scratch}/${name}`);
  const scores = bogofilter(['-b', '-T'], `${files.join('\n')}\n`).split('\n').filter(Boolean)
    .map((l) => Number(l.trim().split(/\s+/).pop()));
  if (answers.length !== rows.length || scores.length !== rows.length) throw new Error(`${name}: answers are missing`);
  const line = (who, isSpam) =>
    console.log(`${name.padEnd(14)}${String(rows.length).padStart(5)}  ${who.padEnd(20)}${figures(rows, isSpam)}`);
  line('korora', (i) => answers[i].label === 'spam');
  line('bogofilter, cut 0.99', (i) => scores[i] >= 0.99);
  line('bogofilter, cut 0.5', (i) => scores[i] >= 0.5);
}
