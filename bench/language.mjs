// SPDX-License-Identifier: Apache-2.0
// usage: node language.mjs ROWS FOLDER    FOLDER has node_modules with @vscode/vscode-languagedetection.
// Prints a line of JSON for each row of ROWS: what the package answers, and the microseconds it took.
import fs from 'node:fs'
import path from 'node:path'
import { createRequire } from 'node:module'

const [rows, folder] = process.argv.slice(2)
const { ModelOperations } = createRequire(path.resolve(folder, 'x.js'))('@vscode/vscode-languagedetection')
// By itself it says nothing about texts of less than 20 characters: it is asked for those too.
const model = new ModelOperations({ minContentSize: 0 })
await model.runModel('let x = 1; // the first answer loads the model')
for (const line of fs.readFileSync(rows, 'utf8').split('\n')) {
  if (!line) continue
  const start = process.hrtime.bigint()
  const answers = await model.runModel(JSON.parse(line).text)
  const us = Number(process.hrtime.bigint() - start) / 1000
  console.log(JSON.stringify({ label: answers.length ? answers[0].languageId : null, us }))
}
