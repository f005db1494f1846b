// SPDX-License-Identifier: Apache-2.0
// See bench/secrets.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';

const args = process.argv.slice(2);
const verbose = args[0] === '-v' && args.shift() !== undefined;
const model = args[0] ?? 'models/secrets.gguf';
const bin = process.env.KORORA_BIN ?? 'build/korora';
const data = process.env.KORORA_DATA;
const show = text => JSON.stringify(text.length > 90 ? text.slice(0, 90) + '…' : text);

function readRows(file) {
    return readFileSync(file, 'utf8').split('\n').filter(line => line).map(line => JSON.parse(line));
}

function ask(texts) {
    const input = texts.map(text => JSON.stringify({ text })).join('\n') + '\n';
    const out = execFileSync(bin, ['run', '--jsonl', model], { input, maxBuffer: 1 << 30 });
    return out.toString().trim().split('\n').map(line => JSON.parse(line).spans ?? []);
}

// A secret is found when spans that were answered cover all of it, whatever their type.
function measure(rows) {
    const types = {}, answers = ask(rows.map(row => row.text));
    const of = label => types[label] ??= { there: 0, covered: 0, exact: 0, typed: 0, answered: 0 };
    let falseAlarms = 0;
    rows.forEach((row, i) => {
        for (const wanted of row.spans) {
            const t = of(wanted.label);
            t.there++;
            const at = answers[i].find(s => s.start <= wanted.start && s.end >= wanted.end);
            if (at) t.covered++;
            if (at && at.label === wanted.label) t.typed++;
            if (at && at.label === wanted.label && at.start === wanted.start && at.end === wanted.end) t.exact++;
            const said = Array.from(row.text);
            if (verbose && !at)
                console.log('missed', wanted.label, show(said.slice(Math.max(0, wanted.start - 40), wanted.end).join('')));
            else if (verbose && at.label !== wanted.label) console.log('typed', at.label, 'not', wanted.label, show(at.text));
        }
        for (const s of answers[i]) {
            of(s.label).answered++;
            if (row.spans.some(w => w.start < s.end && w.end > s.start)) continue;
            falseAlarms++;
            if (verbose) console.log('false alarm', s.label, show(s.text), 'in', show(row.text));
        }
    });
    return { types, falseAlarms };
}

const rows = readRows('tasks/secrets/gate.jsonl');
const { types, falseAlarms } = measure(rows);
const sum = { there: 0, covered: 0, exact: 0, typed: 0, answered: 0 };
const percent = (a, b) => (b ? (100 * a / b).toFixed(1) : '-');
const f1 = t => (2 * t.exact / (t.there + t.answered)).toFixed(3);
console.log(`gate.jsonl: ${rows.length} texts, ${falseAlarms} false alarms\n`);
console.log('| type | secrets | all of it found % | and the type right % | F1 of exact spans |\n| --- | ---: | ---: | ---: | ---: |');
for (const label of Object.keys(types).sort()) {
    const t = types[label];
    for (const key in sum) sum[key] += t[key];
    console.log(`| ${label} | ${t.there} | ${percent(t.covered, t.there)} | ${percent(t.typed, t.covered)} | ${f1(t)} |`);
}
console.log(`| all | ${sum.there} | ${percent(sum.covered, sum.there)} | ${percent(sum.typed, sum.covered)} | ${f1(sum)} |\n`);

console.log('| text without secrets, or hardly any | lines | alarms | per 1,000 lines |\n| --- | ---: | ---: | ---: |');
// In pieces that end at a line, as an answer reads 16,384 characters at most.
function pieces(text) {
    const out = [];
    for (let at = 0; at < text.length;) {
        let end = Math.min(text.length, at + 12000);
        if (end < text.length) end = Math.max(text.lastIndexOf('\n', end) + 1, at + 1);
        out.push(text.slice(at, end));
        at = end;
    }
    return out;
}

function alarms(name, texts) {
    const parts = texts.flatMap(pieces);
    const lines = parts.reduce((n, part) => n + part.trimEnd().split('\n').length, 0);
    let count = 0;
    ask(parts).forEach((spans, i) => {
        count += spans.length;
        if (!verbose) return;
        const said = Array.from(parts[i]);
        for (const s of spans)
            console.log(name, s.label, show(s.text), 'in', show(said.slice(Math.max(0, s.start - 40), s.end + 20).join('')));
    });
    console.log(`| ${name} | ${lines} | ${count} | ${(1000 * count / lines).toFixed(2)} |`);
}

alarms('clean.jsonl', readRows('tasks/secrets/clean.jsonl').map(row => row.text));
for (const name of ['linguist', 'renegade']) {
    const file = `${data}/code/${name}.jsonl`;
    if (data && existsSync(file)) alarms(name, readRows(file).map(row => row.text));
}
const docs = '/usr/share/doc';
if (existsSync(docs)) {
    const texts = [];
    for (const folder of readdirSync(docs).slice(0, 400)) {
        for (const file of [`${docs}/${folder}/copyright`, `${docs}/${folder}/README`, `${docs}/${folder}/NEWS`]) {
            if (existsSync(file)) texts.push(readFileSync(file, 'utf8'));
        }
    }
    alarms('/usr/share/doc', texts);
}
