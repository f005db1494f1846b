// SPDX-License-Identifier: Apache-2.0
// How fast the page is, in Chromium: the first paint of a load, and the time from a key press in the search box to the
// painted hits, one search a key.
// usage: KORORA_HOME=HOME node bench/page.mjs PACKAGES CHROMIUM URL
//   PACKAGES is build/page-clients, once tests/page_test has run; URL is what `korora serve` says of HOME
import { launch, packagesOf, signedIn } from "../tests/page/browser.mjs";

const [folder, chromium, url] = process.argv.slice(2);
const LOADS = 30;
const QUESTIONS = [
    "the parser last week", "upload retry backoff", "meeting with Ines about the budget", "connection reset yesterday afternoon",
    "error recovery in the tokenizer", "notes on tariffs in November", "docker restart ingest", "who signs the discount",
];

const at = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
function report(what, list) {
    const sorted = list.toSorted((a, b) => a - b);
    const ms = [at(sorted, 0.5), at(sorted, 0.95), sorted.at(-1)].map((x) => x.toFixed(1));
    console.log(`${what}: p50 ${ms[0]} ms, p95 ${ms[1]} ms, most ${ms[2]} ms (${list.length})`);
}

const browser = await launch(packagesOf(folder), chromium);
const session = await signedIn(browser, url, { viewport: { width: 1280, height: 860 } });
const page = await session.newPage();

const painted = [], shown = [];
for (let i = 0; i < LOADS; i++) {
    await page.goto("about:blank");
    await page.goto(`${url}/`);
    await page.waitForSelector("main:not([aria-busy]) h1");
    painted.push(await page.evaluate(() => new Promise((resolve) =>
        new PerformanceObserver((list, observer) => {
            const [paint] = list.getEntriesByName("first-contentful-paint");
            if (!paint) return;
            observer.disconnect();
            resolve(paint.startTime);
        }).observe({ type: "paint", buffered: true }))));
    shown.push(await page.evaluate(() => performance.now()));
}
report("first paint", painted);
report("the day shown, at the latest", shown);

// The task after the frame in which the view was changed.
await page.evaluate(() => {
    const main = document.getElementById("main");
    let pressed = 0;
    window.times = [];
    document.addEventListener("keydown", (e) => (pressed = e.timeStamp), true);
    new MutationObserver(() => requestAnimationFrame(() => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => window.times.push(performance.now() - pressed);
        port2.postMessage(0);
    })).observe(main, { childList: true });
});
for (const question of QUESTIONS) {
    await page.locator("#q").fill("");
    await page.waitForTimeout(200);
    await page.evaluate(() => (window.times.warm = window.times.length));
    for (const key of question) {
        const before = await page.evaluate(() => window.times.length);
        await page.keyboard.press(key === " " ? "Space" : key);
        await page.waitForFunction((n) => window.times.length > n, before);
    }
    await page.evaluate(() => {
        (window.all ??= []).push(...window.times.slice(window.times.warm));
        window.times.length = 0;
    });
}
report("from the key to the painted hits", await page.evaluate(() => window.all));
await browser.close();
