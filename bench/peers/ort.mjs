// SPDX-License-Identifier: Apache-2.0
// Korora against ONNX Runtime on one core: the same shapes, random ids, rounds in turn, medians of the rounds' medians.
// usage: ort.mjs KORORA FOLDER MODEL.gguf...     a model is named SHAPE-int8.gguf or SHAPE-f32.gguf; prints rows of a Markdown table
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import ort from 'onnxruntime-node';
import { encoderOnnx, shapes } from './encoder_onnx.mjs';

const ROUNDS = 5;
const [korora, folder, ...models] = process.argv.slice(2);
const median = a => a.sort((x, y) => x - y)[a.length >> 1];

async function timeOrt(session, rows, tokens) {
  const ids = Int32Array.from({ length: tokens }, (_, i) => 1 + (i * 7919) % (rows - 1));
  const feed = { ids: new ort.Tensor('int32', ids, [1, tokens]) };
  const us = [];
  for (let i = 0; i < 10; i++) await session.run(feed);
  for (const end = performance.now() + 300; performance.now() < end || us.length < 20;) {
    const start = performance.now();
    await session.run(feed);
    us.push((performance.now() - start) * 1e3);
  }
  return median(us);
}

function timeKorora(model, tokens) {
  const out = execFileSync(korora, ['bench', model, '--tokens', tokens, '--threads', '1', '--json']);
  const [row] = JSON.parse(out).results;
  if (row.tokens !== tokens) throw new Error(`${model}: ${row.tokens} tokens measured, not ${tokens}`);
  return row.p50_us;
}

mkdirSync(folder, { recursive: true });
for (const model of models) {
  const [, name, weights] = /^(.*)-(int8|f32)\.gguf$/.exec(basename(model));
  const shape = shapes[name], file = join(folder, `${name}-${weights}.onnx`);
  if (!existsSync(file)) writeFileSync(file, encoderOnnx(shape, weights === 'int8'));
  const session = await ort.InferenceSession.create(file, {
    intraOpNumThreads: 1, interOpNumThreads: 1, graphOptimizationLevel: 'all', executionMode: 'sequential',
  });
  for (const tokens of [16, 32, 128]) {
    const ours = [], theirs = [];
    for (let round = 0; round < ROUNDS; round++) {
      theirs.push(await timeOrt(session, shape.rows, tokens));
      ours.push(timeKorora(model, tokens));
    }
    const [a, b] = [median(ours), median(theirs)];
    console.log(`| ${name} | ${weights} | ${tokens} | ${a.toFixed(0)} | ${b.toFixed(0)} | ${(b / a).toFixed(2)} |`);
  }
  await session.release();
}
