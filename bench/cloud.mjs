// What ten calls to a cloud model would cost where the colony reads one event. usage: cloud.mjs COLONY-TABLE...
// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from "node:fs";

// Assumptions, all stated in what is printed.
const calls = 10, tokensIn = 250, tokensOut = 20, seconds = 0.5, wattHours = 0.24, watts = 15;
const prices = [
  ["GPT-4o mini", 0.15, 0.6],
  ["GPT-4.1", 2, 8],
];
const file = process.argv[2];
const all = readFileSync(file, "utf8").split("\n").find((line) => line.startsWith("| all"));
const ms = Number(all.split("|")[4]) / 1000;
const usd = (p) => (calls * (tokensIn * p[1] + tokensOut * p[2])) / 1e6;
const local = ((ms / 1000) * watts) / 3600;

console.log(`
### Beside a cloud model

The same ten questions about one event, as ${calls} calls to a hosted language model. Assumed: a call has the event and the labels in it, ${tokensIn} tokens in and ${tokensOut} out; the calls are made at once and the slowest takes
${seconds} s; prices of 2026 as published (https://www.promptunit.ai/blog/gpt-4o-mini-pricing-guide: dollars for a million tokens in and out, ${prices.map((p) => `${p[0]} ${p[1]} and ${p[2]}`).join(", ")}); the energy of a call is the ${wattHours} Wh
that Google states for the median text prompt of Gemini in August 2025 (as cited in https://jonmoshier.com/notes/llm-energy-use/); a core of a laptop takes ${watts} W. What a cloud model would answer, and how well, is not measured here.

| | one event | 1,000 events a day, a year |
| --- | --- | --- |
| the colony, here: time | ${ms.toFixed(1)} ms | ${((ms * 365e3) / 3.6e6).toFixed(1)} hours of one core |
| ten calls: time | ${seconds * 1000} ms | |
| the colony: energy | ${(local * 1e6).toFixed(0)} uWh | ${(local * 365).toFixed(2)} kWh |
| ten calls: energy | ${(wattHours * calls).toFixed(1)} Wh | ${(wattHours * calls * 365).toFixed(0)} kWh |
| the colony: money | 0 | 0 |
${prices.map((p) => `| ten calls: money, ${p[0]} | ${usd(p).toFixed(5)} dollars | ${(usd(p) * 365e3).toFixed(0)} dollars |`).join("\n")}
| the colony: bytes that leave the machine | 0 | 0 |`);
