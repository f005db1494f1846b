// SPDX-License-Identifier: Apache-2.0
// usage: node compare.mjs KORORA GRAMMARS PACKAGE [SEEDS]
// Grammars, read by korora and by npm's chatito in PACKAGE/node_modules: every sentence that one makes, with its slots,
// the other makes too; what chatito refuses korora refuses. Then SEEDS (default 300) grammars made up of parts, right
// and wrong ones. The last line is "PASSED FAILED".
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const [korora, grammars, packageFolder, seeds = '300'] = process.argv.slice(2);
const chatito = createRequire(path.resolve(packageFolder, 'x.js'))('chatito');
const LIMIT = 5000; // combinations of a made-up grammar: beyond it the comparison is left out
console.warn = () => {};

const points = (text) => [...text].length;

// As in chatito's own command line.
const importer = (from, to) => {
  const filePath = path.resolve(path.dirname(from), to);
  if (path.extname(filePath) !== '.chatito') throw new Error('Only files with .chatito extension can be imported');
  if (!existsSync(filePath)) throw new Error(`Can't import ${filePath}`);
  return { filePath, dsl: readFileSync(filePath, 'utf8') };
};

// Rows of chatito as a sorted list of JSON; all of them, whatever the intents ask for.
async function theirs(file) {
  const ast = chatito.astFromString(readFileSync(file, 'utf8'));
  const all = ast.map((d) => {
    if (d.type !== 'IntentDefinition') return d;
    for (const key of ['training', 'testing']) {
      if (d.args && d.args[key] !== undefined && !(parseInt(d.args[key], 10) >= 1)) throw new Error('must be higher than 0');
    }
    return { ...d, args: null };
  });
  const counted = chatito.definitionsFromAST(all, importer, file);
  for (const intent of Object.values(counted.Intent)) if (intent.cardinality > LIMIT) return null;
  const rows = [];
  // definitionsFromAST leaves its counts in the definitions, so they are read again.
  const fresh = JSON.parse(JSON.stringify(all, (k, v) => (k === 'cardinality' ? undefined : v)));
  await chatito.datasetFromAST(fresh, (utterance, intent) => {
    let text = '';
    const spans = [];
    for (const part of utterance) {
      const start = points(text);
      text += part.value;
      if (part.type === 'Slot') spans.push([start, points(text), part.slot]);
    }
    rows.push(JSON.stringify([intent, text, spans]));
  }, importer, file);
  return rows.sort();
}

function ours(file) {
  const run = spawnSync(korora, ['generate', file, '--count', '10000000'], { encoding: 'utf8', maxBuffer: 1 << 28, timeout: 20000 });
  if (run.status !== 0) throw Object.assign(new Error(run.stderr.trim()), { status: run.status });
  return run.stdout.split('\n').filter(Boolean).map((line) => {
    const row = JSON.parse(line);
    return JSON.stringify([row.label, row.text, row.spans.map((s) => [s.start, s.end, s.label])]);
  }).sort();
}

const outcome = async (f) => {
  try { return { rows: await f() }; } catch (e) { return { refused: e.message, status: e.status }; }
};

let passed = 0, failed = 0, skipped = 0;
const fail = (name, why) => { failed++; console.log(`chatito: ${name}: ${why}`); };

function compare(name, a, b) {
  if (a.rows === null) return fail(name, 'too large to compare: make it smaller');
  if (b.refused !== undefined && b.status !== 2) return fail(name, `korora ended with ${b.status}: ${b.refused}`);
  if ((a.refused === undefined) !== (b.refused === undefined))
    return fail(name, a.refused ? `chatito refuses it (${a.refused}), korora does not` : `korora refuses it (${b.refused}), chatito does not`);
  if (a.refused === undefined) {
    // Both keep one row a text, the first one made, so equal lists are equal down to the slots.
    const left = new Set(a.rows), right = new Set(b.rows);
    const missing = a.rows.find((r) => !right.has(r)), more = b.rows.find((r) => !left.has(r));
    if (missing) return fail(name, `chatito makes ${missing}, korora does not`);
    if (more) return fail(name, `korora makes ${more}, chatito does not`);
    if (a.rows.length !== b.rows.length) return fail(name, `korora makes ${b.rows.length} rows, chatito ${a.rows.length}`);
  }
  passed++;
}

const list = (folder) => readdirSync(folder).filter((f) => f.endsWith('.chatito')).sort().map((f) => path.join(folder, f));

for (const file of list(grammars)) {
  const a = await outcome(() => theirs(file));
  if (a.refused) fail(file, `chatito refuses it: ${a.refused}`);
  else compare(file, a, await outcome(() => ours(file)));
}
for (const file of list(path.join(grammars, 'refused'))) {
  const a = await outcome(() => theirs(file));
  if (!a.refused) fail(file, 'chatito does not refuse it');
  else compare(file, a, await outcome(() => ours(file)));
}
// What docs/grammar.md says is refused here and not there.
for (const file of list(path.join(grammars, 'stricter'))) {
  const a = await outcome(() => theirs(file)), b = await outcome(() => ours(file));
  if (a.refused && a.rows !== null && !/undefined/.test(a.refused)) fail(file, `chatito refuses it too: ${a.refused}`);
  else if (!b.refused || b.status !== 2) fail(file, 'korora does not refuse it');
  else passed++;
}

// ---- Made-up grammars ----

function random(seed) {
  let state = BigInt(seed) + 1n;
  return (n) => {
    state = (state * 6364136223846793005n + 1442695040888963407n) & 0xffffffffffffffffn;
    return Number((state >> 33n) % BigInt(n));
  };
}

function makeUp(seed) {
  const below = random(seed);
  const pick = (list) => list[below(list.length)];
  const words = ['a', 'b  c', ' ', '  ', 'd ', ' e', 'é', '\u00a0', '👋', '?', ']', '[', '~-', '@-', '%[x]', '#', '//', '*[2]', ', ', '\t', '.'];
  const name = (marks) => pick(marks);
  const reference = (slots) => {
    const optional = below(3) === 0 ? '?' : '';
    if (slots && below(2)) return `@[${name(['s', 't', 's#v'])}${optional}]`;
    return `~[${name(['x', 'y', 'z', 'w w', 'free'])}${optional}]`;
  };
  const sentence = (slots) => {
    let out = below(3) ? pick(['k', 'l ', '[', '']) : '';
    for (let n = 1 + below(4); n > 0; n--) out += below(2) ? pick(words) : reference(slots);
    return (below(8) === 0 ? '*[2]' : '') + (out.replace(/^ +/, '') || 'm');
  };
  const breaks = [' ', '?', '(', "('k': 'v')", '('];
  let out = '';
  const define = (head, slots) => {
    out += head + (below(150) === 0 ? pick(breaks) : '') + pick(['\n', '\n', '\n\n', '\r\n']);
    for (let n = 1 + below(3); n > 0; n--) {
      const indent = below(200) === 0 ? pick(['', '  ', '     ', '\t']) : '    ';
      out += indent + sentence(slots) + pick(['\n', '\n', '\n\n', '\r\n']);
    }
    if (below(6) === 0) out += pick(['// comment\n', '# comment\n', '//c\n', '\n', '#\n']);
  };
  // What an alias refers to comes later in the alphabet most of the time, so that few are circles.
  define('%[one]', true);
  if (below(2)) define('%[two]', true);
  const parts = [['@[s]', false], ['@[s#v]', false], ['@[t]', false], ['~[x]', below(3) === 0], ['~[y]', false], ['~[w w]', false]];
  for (const [head, slots] of parts) {
    if (below(30) === 0) continue;
    define(head, slots);
  }
  if (below(5) === 0) define('~[z]', true);
  return out;
}

// No alias leads back to itself: chatito looks for circles in time that grows without bounds.
function straighten(text) {
  const order = ['x', 'y', 'w w', 'z'];
  let now = -1;
  return text.split('\n').map((line) => {
    const head = line.match(/^([%@~])\[([^\]]*)\]/);
    if (head) now = head[1] === '~' ? order.indexOf(head[2]) : head[1] === '@' ? order.length : -1;
    return line.startsWith(' ') ? line.replace(/~\[(x|y|w w|z)(\??)\]/g, (all, n, o) => (order.indexOf(n) > now ? all : `~[free${o}]`)) : line;
  }).join('\n');
}

const folder = mkdtempSync(path.join(tmpdir(), 'korora-chatito-'));
let refused = 0;
for (let seed = 0; seed < Number(seeds); seed++) {
  const file = path.join(folder, 'made_up.chatito');
  const text = straighten(makeUp(seed));
  writeFileSync(file, text);
  const before = failed;
  const a = await outcome(() => theirs(file));
  if (a.refused !== undefined) refused++;
  if (a.rows === null) {
    skipped++;
    continue;
  }
  compare(`made-up grammar ${seed}`, a, await outcome(() => ours(file)));
  if (failed > before && process.env.SHOW) console.log(text);
}
rmSync(folder, { recursive: true });
console.log(`chatito: ${seeds} made-up grammars, ${refused} of them refused by both, ${skipped} too large to compare`);
console.log(`${passed} ${failed}`);
