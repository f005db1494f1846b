// SPDX-License-Identifier: Apache-2.0
// The answers of `korora bench --json`, one a line on stdin, as rows of a Markdown table.
import { createInterface } from 'node:readline';

for await (const line of createInterface({ input: process.stdin })) {
  const bench = JSON.parse(line);
  for (const r of bench.results) {
    const share = r.peak_fraction === null ? '' : `${Math.round(100 * r.peak_fraction)} %`;
    console.log(`| ${r.model} | ${r.weights} | ${bench.path} | ${r.tokens} | ${r.threads} | ${r.p50_us.toFixed(0)} | ${r.p95_us.toFixed(0)} | ${r.per_s.toFixed(0)} | ${share} |`);
  }
}
