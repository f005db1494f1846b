// SPDX-License-Identifier: Apache-2.0
// The local server as clients of other programs use it, unchanged: `openai`, and `aw-client`, which ActivityWatch's
// watchers for browsers and editors are made with.
// usage: node clients.mjs TOKEN PACKAGES URL WATCHERS     the last line is "PASSED FAILED"; URLs are what `korora serve` says
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";

const [tokenFile, packages, url, watchers] = process.argv.slice(2);
const require = createRequire(join(resolve(packages), "package.json"));
const OpenAI = require("openai");
const { AWClient } = require("aw-client");
const apiKey = readFileSync(tokenFile, "utf8").trim();

let passed = 0, failed = 0;
async function test(name, run) {
    try {
        await run();
        passed++;
    } catch (error) {
        failed++;
        console.log(`clients: ${name} failed: ${error.stack}`);
    }
}

// ---- openai ----

const openai = new OpenAI({ apiKey, baseURL: url + "/v1", maxRetries: 0 });
const near = (a, b) => a.length === b.length && a.every((x, i) => Math.abs(x - b[i]) < 1e-6);

await test("openai embeds a text, as base64 on the wire and as numbers", async () => {
    const coded = await openai.embeddings.create({ model: "trunk", input: "the demo moved to Friday" });
    const plain = await openai.embeddings.create({ model: "trunk", input: "the demo moved to Friday", encoding_format: "float" });
    const raw = await openai.embeddings.create({ model: "trunk", input: "the demo moved to Friday", encoding_format: "base64" });
    assert.equal(typeof raw.data[0].embedding, "string");
    assert(near(coded.data[0].embedding, plain.data[0].embedding) && coded.data[0].embedding.length > 100);
    assert(Math.abs(plain.data[0].embedding.reduce((sum, x) => sum + x * x, 0) - 1) < 1e-3);
    assert(plain.usage.total_tokens > 0 && plain.model === "trunk");
});

await test("openai embeds a list, in its order", async () => {
    const list = await openai.embeddings.create({ model: "trunk", input: ["one", "two", "one"] });
    assert.deepEqual(list.data.map((d) => d.index), [0, 1, 2]);
    assert(near(list.data[0].embedding, list.data[2].embedding) && !near(list.data[0].embedding, list.data[1].embedding));
});

await test("openai lists models", async () => {
    const names = [];
    for await (const model of openai.models.list()) names.push(model.id);
    assert.deepEqual(names, ["trunk"]);
});

await test("openai knows what went wrong", async () => {
    const other = new OpenAI({ apiKey: "wrong", baseURL: url + "/v1", maxRetries: 0 });
    await assert.rejects(other.embeddings.create({ model: "trunk", input: "x" }), OpenAI.AuthenticationError);
    await assert.rejects(openai.embeddings.create({ model: "gpt-5", input: "x" }), OpenAI.NotFoundError);
    await assert.rejects(openai.embeddings.create({ model: "trunk", input: [] }), OpenAI.BadRequestError);
    await assert.rejects(openai.embeddings.create({ model: "trunk", input: [1, 2] }), (e) => e instanceof OpenAI.BadRequestError && /input/.test(e.message));
    await assert.rejects(openai.chat.completions.create({ model: "trunk", messages: [] }), OpenAI.NotFoundError);
});

// ---- aw-client ----

const bucket = "aw-watcher-web-test";
const tab = (title) => ({ url: "https://example.org/" + title, title, audible: false, incognito: false, tabCount: 2 });
const time = (second) => new Date(Date.UTC(2026, 10, 25, 9, 0, second));

// As a watcher has it: no token.
const watcher = new AWClient("aw-client-web", { baseURL: watchers });
// As somebody who reads: with one.
const reader = new AWClient("reader", { baseURL: url });
reader.req.defaults.headers.common.Authorization = "Bearer " + apiKey;

await test("aw-client is a watcher without a token", async () => {
    assert.equal((await watcher.getInfo()).testing, false);
    assert.deepEqual(await watcher.ensureBucket(bucket, "web.tab.current", "unknown"), { alreadyExist: false });
    assert.deepEqual(await watcher.ensureBucket(bucket, "web.tab.current", "unknown"), { alreadyExist: true });
    const beats = [];
    for (let second = 0; second <= 20; second += 5) beats.push(watcher.heartbeat(bucket, 10, { timestamp: time(second), duration: 0, data: tab("kakapo") }));
    beats.push(watcher.heartbeat(bucket, 10, { timestamp: time(21), duration: 0, data: tab("weka") }));
    await Promise.all(beats);
});

await test("aw-client without a token reads nothing", async () => {
    for (const ask of [() => watcher.getBuckets(), () => watcher.getEvents(bucket), () => watcher.getBucketInfo(bucket), () => watcher.countEvents(bucket), () => watcher.deleteBucket(bucket)])
        await assert.rejects(ask(), (e) => e.response.status === 401);
    await assert.rejects(watcher.heartbeat("nobody", 5, { timestamp: time(0), data: {} }), (e) => e.response.status === 404);
});

await test("aw-client reads what was merged", async () => {
    const events = await reader.getEvents(bucket);
    assert.deepEqual(events.map((e) => [e.timestamp.getTime(), e.duration, e.data.title]), [[time(21).getTime(), 0, "weka"], [time(0).getTime(), 20, "kakapo"]]);
    assert.equal(await reader.countEvents(bucket), 2);
    assert.equal((await reader.getEvents(bucket, { limit: 1, start: time(0), end: time(10) }))[0].duration, 10);
    const info = await reader.getBucketInfo(bucket), all = await reader.getBuckets();
    assert.equal(info.client, "aw-client-web");
    assert.equal(all[bucket].last_updated.getTime(), time(21).getTime());
    assert.equal((await reader.getEvent(bucket, events[0].id)).data.title, "weka");
});

await test("aw-client inserts, replaces and deletes", async () => {
    await reader.insertEvents(bucket, [{ timestamp: time(40), duration: 10, data: tab("kea") }]);
    const [kea] = await reader.getEvents(bucket, { limit: 1 });
    await reader.replaceEvent(bucket, { ...kea, duration: 12.5 });
    assert.equal((await reader.getEvent(bucket, kea.id)).duration, 12.5);
    await assert.rejects(watcher.replaceEvent(bucket, { ...kea, duration: 1 }), (e) => e.response.status === 400);
    await reader.deleteEvent(bucket, kea.id);
    await assert.rejects(reader.getEvent(bucket, kea.id), (e) => e.response.status === 404);
});

await test("what aw-client sent is remembered", async () => {
    const ask = async (question) => (await (await fetch(`${url}/api/recall?q=${question}`, { headers: { authorization: "Bearer " + apiKey } })).json()).hits;
    const hits = await ask("kakapo");
    assert.equal(hits.length, 1);
    assert.equal(hits[0].uri, "https://example.org/kakapo");
    await reader.deleteBucket(bucket);
    assert.deepEqual(await ask("kakapo"), []);
    assert.equal(Object.keys(await reader.getBuckets()).length, 0);
});

console.log(`${passed} ${failed}`);
