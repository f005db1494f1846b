// SPDX-License-Identifier: Apache-2.0
// usage: TZ=UTC node peers.mjs ROWS FOLDER PACKAGE    FOLDER has node_modules with chrono-node and
// @microsoft/recognizers-text-date-time; PACKAGE is chrono or recognizers.
// Prints a line of JSON for each row of ROWS, as `korora when --batch` does: the spans with offsets in code points and
// half-open ranges of the past reading. What a package gives as a point is as wide as the finest thing that was said.
import fs from 'node:fs'
import path from 'node:path'
import { createRequire } from 'node:module'

const [rows, folder, which] = process.argv.slice(2)
const require = createRequire(path.resolve(folder, 'x.js'))

const codePoints = (text, units) => Array.from(text.slice(0, units)).length
const iso = date => date.toISOString().slice(0, 19)
const plus = (date, n, unit) => {
  const out = new Date(date)
  if (unit === 'year') out.setUTCFullYear(out.getUTCFullYear() + n)
  if (unit === 'month') out.setUTCMonth(out.getUTCMonth() + n)
  if (unit === 'day') out.setUTCDate(out.getUTCDate() + n)
  if (unit === 'hour') out.setUTCHours(out.getUTCHours() + n)
  if (unit === 'minute') out.setUTCMinutes(out.getUTCMinutes() + n)
  if (unit === 'second') out.setUTCSeconds(out.getUTCSeconds() + n)
  return out
}

function chrono() {
  const { parse } = require('chrono-node')
  const grain = c => ['second', 'minute', 'hour', 'day', 'weekday', 'month', 'year'].find(u => c.isCertain(u)) ?? 'day'
  const start = c => {
    const unit = grain(c), d = new Date(c.date())
    if (['day', 'weekday', 'month', 'year'].includes(unit)) d.setUTCHours(0, 0, 0, 0)
    if (unit === 'month' || unit === 'year') d.setUTCDate(1)
    if (unit === 'year') d.setUTCMonth(0)
    return [d, unit === 'weekday' ? 'day' : unit]
  }
  return (text, reference) => parse(text, reference).map(r => {
    const [from, unit] = start(r.start)
    const to = r.end ? plus(...((([d, u]) => [d, ['day', 'month', 'year'].includes(u) ? 1 : 0, u])(start(r.end)))) : plus(from, 1, unit)
    return { start: r.index, end: r.index + r.text.length, from: iso(from), to: iso(to) }
  })
}

function recognizers() {
  const { recognizeDateTime, Culture } = { ...require('@microsoft/recognizers-text-date-time'), Culture: { English: 'en-us' } }
  const read = text => new Date(text.replace(' ', 'T') + (text.length > 10 ? 'Z' : 'T00:00:00Z'))
  const range = (v, type) => {
    if (type.endsWith('duration') || type.endsWith('set') || v.value === 'not resolved') return null
    if (v.start || v.end) return { from: v.start ? iso(read(v.start)) : null, to: v.end ? iso(read(v.end)) : null }
    if (!v.value || type.endsWith('.time')) return null
    const from = read(v.value)
    const unit = v.value.length <= 10 ? 'day' : /T\d\d$/.test(v.timex) ? 'hour' : /T\d\d:\d\d$/.test(v.timex) ? 'minute' : 'second'
    return { from: iso(from), to: iso(plus(from, 1, unit)) }
  }
  return (text, reference) => recognizeDateTime(text, Culture.English, 0, reference).map(r => {
    const span = { start: r.start, end: r.end + 1, type: r.typeName }
    const values = r.resolution?.values ?? []
    const all = r.typeName.endsWith('timerange') && !r.typeName.includes('datetime') ? [] : values.map(v => { try { return range(v, r.typeName) } catch { return null } }).filter(Boolean)
    const now = iso(reference), at = v => v.from ?? v.to
    const past = all.filter(v => at(v) <= now).sort((a, b) => (at(a) < at(b) ? 1 : -1))
    return { ...span, ...(past[0] ?? all[0] ?? {}), alternatives: all }
  })
}

const find = which === 'chrono' ? chrono() : recognizers()
let spent = []
for (const line of fs.readFileSync(rows, 'utf8').split('\n')) {
  if (!line) continue
  const row = JSON.parse(line)
  const reference = new Date((row.reference ?? '2026-11-22T10:00:00').slice(0, 19) + 'Z')
  let spans = []
  const start = process.hrtime.bigint()
  try {
    spans = find(row.text, reference)
  } catch {} // an answer that it cannot give is none
  spent.push(Number(process.hrtime.bigint() - start) / 1000)
  for (const s of spans) {
    s.start = codePoints(row.text, s.start)
    s.end = codePoints(row.text, s.end)
  }
  console.log(JSON.stringify({ spans }))
}
spent.sort((a, b) => a - b)
console.error(`${which}: p50 ${spent[spent.length >> 1].toFixed(1)} us`)
