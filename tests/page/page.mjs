// SPDX-License-Identifier: Apache-2.0
// The page as people use it: with a keyboard, in the dark, on a phone, with a screen reader's rules, and with a memory
// that means no good.
// usage: node page.mjs PACKAGES CHROMIUM URL     the last line is "PASSED FAILED"; KORORA_HOME is the memory of URL
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { launch, packagesOf, signedIn, token } from "./browser.mjs";

const [folder, chromium, url] = process.argv.slice(2);
const packages = packagesOf(folder);
const axe = packages("axe-core").source;
const browser = await launch(packages, chromium);
const PHONE = { width: 320, height: 640 };
const DAY = "#/day/2026-11-24"; // of day.jsonl

let passed = 0, failed = 0;
const troubles = []; // of the page that a test has open
const requests = new Set(); // of all pages: where they went

function watch(page) {
    page.on("console", (m) => {
        if (m.type() === "error" && !/^Failed to load resource/.test(m.text())) troubles.push(m.text());
    });
    page.on("pageerror", (error) => troubles.push(error.message));
    page.on("dialog", (dialog) => {
        troubles.push(`a dialog: ${dialog.message()}`);
        dialog.dismiss();
    });
    page.on("request", (request) => requests.add(new URL(request.url()).origin));
    return page;
}

async function test(name, run, context = session) {
    const page = watch(await context.newPage());
    page.setDefaultTimeout(10000);
    troubles.length = 0;
    try {
        await run(page);
        assert.deepEqual(troubles, []);
        passed++;
    } catch (error) {
        failed++;
        console.log(`page: ${name} failed: ${error.stack ?? error}`);
    }
    await page.close();
}

// A view by its address, painted and at rest.
async function open(page, hash) {
    await page.goto("about:blank");
    await page.goto(`${url}/${hash}`);
    await page.waitForSelector("main:not([aria-busy]) h1");
}

const heading = (page) => page.textContent("main h1");
const type = async (page, text) => {
    await page.keyboard.press("/");
    await page.keyboard.type(text);
};
const focused = (page) => page.evaluate(() => document.activeElement.textContent || document.activeElement.id);

const session = await signedIn(browser, url);

// ---- Who may see it ----

const stranger = await browser.newContext({ locale: "en-GB" });
await test("without a session the page says how to get in, and the field lets in", async (page) => {
    await page.goto(url);
    assert.equal(await heading(page), "This memory is private");
    assert.match(await page.textContent("main"), /korora serve[^]*\/login\?token=/);
    await page.getByLabel("Token").fill("wrong");
    await page.keyboard.press("Enter");
    await page.getByText("That is not the token.").waitFor();
    await page.getByLabel("Token").fill(token());
    await page.getByRole("button", { name: "Open" }).click();
    await page.getByRole("group", { name: "Choose a day" }).waitFor();
    assert.ok(!page.url().includes(token()));
}, stranger);
await test("/login leads to the page, without the token in its address", async (page) => {
    await stranger.clearCookies();
    await page.goto(`${url}/login?token=${token()}`);
    await page.getByRole("group", { name: "Choose a day" }).waitFor();
    assert.equal(new URL(page.url()).pathname, "/");
    assert.ok(!page.url().includes("token"));
}, stranger);
await test("a session that ended is said, whatever the view", async (page) => {
    await open(page, DAY);
    await stranger.clearCookies();
    await page.keyboard.press("ArrowLeft");
    await page.getByText("This memory is private").waitFor();
}, stranger);

// ---- Days ----

await test("a day that has nothing leads to the latest that has", async (page) => {
    await open(page, "");
    assert.match(await heading(page), /^Today /);
    await page.getByText("Nothing has been remembered today.").waitFor();
    await page.getByRole("link", { name: "Go to Tuesday 24 November 2026" }).click();
    await page.getByRole("heading", { name: "Tuesday 24 November 2026" }).waitFor();
    assert.equal(new URL(page.url()).hash, DAY);
});
await test("a day has its stretches, and their events", async (page) => {
    await open(page, DAY);
    assert.match(await page.textContent(".lead"), /24 events · 17 stretches of work/);
    const shell = page.locator(".stretch", { hasText: "kubectl rollout" });
    assert.match(await shell.innerText(), /09:22 – 09:36\s+14 min\s+shell in bash\s+4 events/);
    assert.match(await page.getByRole("img", { name: /^When:/ }).getAttribute("aria-label"), /mail 08:41 to 08:52/);
    await page.getByRole("link", { name: /Retry the upload with backoff/ }).click();
    await page.getByRole("heading", { name: "Retry the upload with backoff and jitter", level: 1 }).waitFor();
});
await test("previous and next, by buttons, keys and the date", async (page) => {
    await open(page, DAY);
    await page.keyboard.press("ArrowLeft");
    await page.getByRole("heading", { name: "Monday 23 November 2026" }).waitFor();
    assert.equal(await focused(page), "Monday 23 November 2026");
    await page.getByRole("link", { name: "Next day" }).click();
    await page.getByRole("heading", { name: "Tuesday 24 November 2026" }).waitFor();
    await page.getByLabel("Day", { exact: true }).fill("2026-11-17");
    await page.getByRole("heading", { name: "Tuesday 17 November 2026" }).waitFor();
    await page.goBack();
    await page.goBack();
    await page.getByRole("heading", { name: "Monday 23 November 2026" }).waitFor();
    for (const wrong of ["#/day/2026-13-45", "#/day/%E0", "#/day/<b>"]) {
        await open(page, wrong);
        assert.match(await heading(page), /^Today /, wrong);
    }
});
await test("what changes is shown quietly: what is open, focused and scrolled to stays", async (page) => {
    let listed = 5;
    const at = "2026-11-24T09:00:00+01:00";
    const events = (n) => [...Array(n).keys()].map((i) => ({ event: i + 1, time: at, title: `event ${i}`, labels: {} }));
    await page.route("**/api/timeline*", (route) => route.fulfill({ json: {
        from: "2026-11-24T00:00:00+01:00", to: "2026-11-25T00:00:00+01:00", zone: "Europe/Paris", speaking_of_it: [],
        days: [{ day: "2026-11-24", events: listed, stretches: [{
            from: at, to: at, source: "note", events: listed, first: 1, last: listed, titles: [], list: events(listed),
        }] }],
    } }));
    let tell;
    const told = new Promise((resolve) => (tell = resolve));
    await page.route("**/api/live", async (route) => {
        await told;
        await route.fulfill({ contentType: "text/event-stream", body: 'retry: 60000\nevent: stored\ndata: {"last": 6}\n\n' });
    });
    await open(page, DAY);
    await page.getByText("1 more").click();
    await page.getByRole("link", { name: "event 4" }).focus();
    await page.setViewportSize({ width: 800, height: 300 });
    await page.evaluate(() => scrollTo(0, 120));
    listed = 30;
    tell();
    await page.getByText("26 more").waitFor();
    assert.ok(await page.getByRole("link", { name: "event 29" }).isVisible());
    assert.match(await focused(page), /event 4$/);
    assert.equal(await page.evaluate(() => scrollY), 120);
});
await test("a new event appears on today's page", async (page) => {
    await open(page, "");
    const reply = await page.evaluate(() => fetch("/api/events", {
        method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ text: "a note of today" }),
    }).then((r) => r.status));
    assert.equal(reply, 201);
    const { paths } = await page.evaluate(() => fetch("/api/openapi.json").then((r) => r.json()));
    if (!paths["/api/live"]) await page.reload();
    await page.getByRole("link", { name: /a note of today/ }).waitFor();
    assert.equal(await page.locator(".grid .now").count(), 1);
});

// ---- Search ----

await test("search as you type: the range, the hits, the words in them", async (page) => {
    await open(page, DAY);
    await type(page, "connection reset on 24 November 2026");
    await page.locator(".chip.when", { hasText: "Tue 24 Nov" }).waitFor();
    await page.locator("a.hit", { hasText: "Issue 412" }).waitFor();
    assert.match(await page.textContent("main h1"), /^\d+ hits/);
    const words = await page.locator("a.hit mark").allTextContents();
    assert.deepEqual(words.slice(0, 2).map((word) => word.toLowerCase()), ["connection", "reset"]);
    assert.match(await page.textContent("#said"), /^\d+ hits\. Tue 24 Nov/);
    assert.match(page.url(), /#\/search\?q=connection\+reset/);
    await page.goBack();
    await page.getByRole("heading", { name: "Tuesday 24 November 2026" }).waitFor();
    assert.equal(await page.inputValue("#q"), "");
});
await test("keys: down and up through the hits, Enter opens, back returns, Escape clears", async (page) => {
    await open(page, DAY);
    await type(page, "connection reset");
    await page.locator("a.hit").nth(2).waitFor();
    const titles = await page.locator("a.hit").allTextContents();
    for (const [key, i] of [["ArrowDown", 0], ["ArrowDown", 1], ["ArrowUp", 0]]) {
        await page.keyboard.press(key);
        assert.equal(await focused(page), titles[i]);
    }
    await page.keyboard.press("ArrowUp");
    assert.equal(await focused(page), "q");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: titles[0], level: 1 }).waitFor();
    assert.equal(await focused(page), titles[0]);
    await page.goBack();
    await page.locator("a.hit").nth(2).waitFor();
    assert.equal(await page.inputValue("#q"), "connection reset");
    await page.keyboard.press("/");
    await page.keyboard.press("Escape");
    await page.getByRole("heading", { name: "Search" }).waitFor();
    assert.equal(await page.inputValue("#q"), "");
});
await test("only the last of what was typed is shown", async (page) => {
    let release;
    const held = new Promise((resolve) => (release = resolve));
    await page.route("**/api/recall*", async (route) => {
        if (!route.request().url().includes("q=budget+laboratory&")) await held;
        await route.continue().catch(() => {}); // given up meanwhile
    });
    await open(page, DAY);
    await type(page, "budget laboratory");
    await page.locator("a.hit", { hasText: "laboratory" }).waitFor();
    release();
    await page.waitForTimeout(500);
    assert.match(await page.textContent(".chips"), /budget laboratory/);
});
await test("an empty answer explains itself", async (page) => {
    await open(page, "#/search?q=zebra+on+24+November+2026");
    const text = await page.textContent("main");
    assert.match(text, /None has these words/);
    assert.match(text, /\d+ events in the memory → 24 of Tue 24 Nov → 0 with these words/);
    await page.getByRole("link", { name: "Search “zebra” at any time" }).click();
    await page.waitForFunction(() => !document.querySelector(".chip.when"));
    await open(page, "#/search?q=demo+in+March+1999");
    assert.match(await page.textContent("main"), /Nothing is remembered of/);
    await open(page, "#/search?q=connection&kind=mail&tag=pets");
    assert.match(await page.textContent("main"), /None is of kind mail and tag pets/);
    await page.getByRole("link", { name: "Without tag pets" }).click();
    await page.waitForURL(/q=connection&kind=mail$/);
});

// ---- An event ----

const numberOf = (page, title) => page.evaluate(async (q) => {
    const reply = await fetch(`/api/recall?${new URLSearchParams({ q, limit: "1" })}`);
    return (await reply.json()).hits[0].event;
}, title);

await test("labels are corrected, and taken back", async (page) => {
    await open(page, DAY);
    await open(page, `#/event/${await numberOf(page, "winter trip car tyres Bergen")}`);
    await page.getByRole("button", { name: "Correct kind" }).press("Enter");
    const choice = page.getByLabel("Which kind is right?");
    await choice.selectOption("todo");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("kind is todo").waitFor();
    assert.equal(await page.locator(".labels li", { hasText: "todo" }).first().innerText(), "todo you said so");
    assert.equal(await page.evaluate(() => document.activeElement.id), "correct-kind");
    assert.match(await page.textContent("#said"), /Saved: kind todo/);
    await page.getByRole("button", { name: "Correct tags" }).click();
    const group = page.getByRole("group", { name: "Which tags are right?" });
    await group.getByLabel("pets").check();
    await group.getByLabel("travel").setChecked(!(await group.getByLabel("travel").isChecked()));
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("tags is pets").waitFor();
    await page.getByRole("button", { name: "Correct kind" }).click();
    await page.keyboard.press("Escape");
    assert.equal(await page.locator("form.correction").count(), 0);
    await page.getByRole("button", { name: "Take back" }).click();
    await page.waitForFunction(() => !document.body.textContent.includes("Your corrections"));
    assert.equal(await page.getByText("you said so").count(), 0);
});
await test("an event says where and when, what stands in it, and which times it speaks of", async (page) => {
    await open(page, DAY);
    await open(page, `#/event/${await numberOf(page, "Issue 412 uploads fail")}`);
    const text = await page.textContent("main");
    assert.match(text, /Tuesday,? 24 November 2026(,| at) 09:57/);
    assert.match(text, /browser, firefox/);
    const link = page.getByRole("link", { name: "https://forge.example/ingest/issues/412" });
    assert.match(await link.getAttribute("rel"), /noreferrer/);
    await open(page, `#/event/${await numberOf(page, "winter trip car tyres Bergen")}`);
    await page.getByRole("link", { name: /18 December/ }).click();
    await page.getByRole("heading", { name: "Friday 18 December 2026" }).waitFor();
    await page.getByText("Other events speak of this day").waitFor();
    for (const none of ["#/event/999999", "#/event/0", "#/event/x", "#/nothing"]) {
        await open(page, none);
        assert.match(await heading(page), /not there|nothing here/, none);
    }
});

// ---- Models ----

await test("models, and the card of one", async (page) => {
    await open(page, "#/models");
    assert.ok((await page.locator(".tiles > li").count()) >= 13);
    await page.getByRole("link", { name: "tags", exact: true }).click();
    await page.getByRole("heading", { name: "Labels, the weakest first" }).waitFor();
    assert.match(await page.getByRole("row", { name: /^security/ }).innerText(), /security\s+10\s+0\.545/);
    await page.waitForFunction(() => document.querySelector(".card img").naturalWidth > 0);
    await page.goBack();
    await page.getByRole("heading", { name: "Models", level: 1 }).waitFor();
    await open(page, "#/models/..%2f..%2ftoken");
    assert.equal(await heading(page), "It is not there");
});

// ---- What is stored means no good ----

// Nothing ran, and no element came of text.
const MADE = "main :is(script, iframe, object, embed, style, [onerror], [onload], [onmouseover], [srcdoc])";
async function harmless(page, where) {
    const found = await page.evaluate((made) => ({
        ran: window.ran ?? null,
        made: document.querySelectorAll(made).length,
        images: [...document.images].map((i) => new URL(i.src).origin).filter((o) => o !== location.origin),
        links: [...document.links].map((a) => a.protocol).filter((p) => !/^https?:$/.test(p)),
    }), MADE);
    assert.deepEqual(found, { ran: null, made: 0, images: [], links: [] }, where);
}

await test("what is stored runs nothing and makes no element", async (page) => {
    await open(page, "#/day/2026-11-10");
    assert.match(await page.textContent("main"), /<img src=x onerror="window\.ran=1">/);
    assert.match(await page.textContent("main"), /src<\/p><script>/);
    await harmless(page, "day");
    await open(page, "#/search?q=hostile+text");
    assert.ok((await page.locator("a.hit").count()) >= 7);
    await harmless(page, "search");
    for (const q of ['<img src=x onerror="window.ran=1">', "<script>window.ran=1</script> on 1 May 2020"]) {
        await open(page, `#/search?${new URLSearchParams({ q })}`);
        await harmless(page, q);
        await open(page, `#/search?${new URLSearchParams({ tag: q, kind: q })}`);
        await harmless(page, q);
    }
    const first = await numberOf(page, "meeting Ines budget laboratory");
    let seen = 0, links = 0;
    for (let id = first; id < first + 60; id++) {
        const e = await page.evaluate((n) => fetch(`/api/events/${n}`).then((r) => r.json()), id);
        if (!e.text?.startsWith("hostile")) continue;
        await open(page, `#/event/${id}`);
        assert.ok((await page.textContent("main")).includes(e.source));
        if (e.scope) assert.ok((await page.textContent("dl.about")).includes(e.scope));
        await harmless(page, e.title);
        links += await page.locator("dl.about a").count();
        for (const place of await page.locator("main a, main span[title]").all()) await place.hover({ timeout: 500 }).catch(() => {});
        await harmless(page, `${e.title}, pointed at`);
        seen++;
    }
    assert.equal(seen, 8);
    assert.equal(links, 3); // the two of http and https; the second one has a scope of its own too
});
await test("what models say runs nothing either", async (page) => {
    const bad = '<img src=x onerror="window.ran=1">"\'><script>window.ran=1</script>';
    const time = "2026-11-24T09:00:00+01:00";
    const annotation = { field: bad, label: bad, value: bad, score: 0.5, by: bad, version: bad };
    await page.route("**/api/events/7", (route) => route.fulfill({ json: {
        id: bad, event: 7, time, source: bad, app: bad, title: bad, uri: "javascript:window.ran=1", scope: bad, text: bad,
        annotations: [annotation, { ...annotation, field: "kind" }, { ...annotation, field: "tags" },
            { ...annotation, field: "entities", in: "text", start: 0, end: 9 },
            { ...annotation, field: "acts", in: "title", start: 0, end: 99 }],
        corrections: [{ field: bad, label: bad, on: true, corrected: "2026-11-24T09:00:00+00:00" }],
        times: [{ from: "2026-11-24T00:00:00+01:00", to: null, text: bad }], repeats: 3,
    } }));
    await page.route("**/api/events/7/related*", (route) => route.fulfill({ json: {
        results: [{ id: bad, time, title: bad, source: bad, text: bad, shared: bad }],
    } }));
    await page.route("**/api/models/*", (route) => route.fulfill({ json: {
        name: bad, head: "tags", weights: bad, parameters: 1, bytes: 1, license: bad, file: bad, metric: bad, quality: 7,
        names: [bad, "b"], figure: false,
        card: [`# ${bad}`, bad, `## ${bad}`, `| ${bad} | [x](javascript:window.ran=1) |\n| --- | ---: |\n| ${bad} | **${bad}** |`,
            `- ${bad}\n- \`${bad}\``].join("\n\n"),
    } }));
    await open(page, "#/event/7");
    await harmless(page, "event");
    await page.getByRole("button", { name: "Correct tags" }).click();
    await page.getByRole("group").waitFor();
    await harmless(page, "correction");
    await open(page, "#/models/bad");
    assert.ok((await page.textContent(".card")).includes(bad));
    await harmless(page, "card");
});
await test("the page has nothing that could read text as HTML", async (page) => {
    for (const name of readdirSync("web")) {
        const text = readFileSync(`web/${name}`, "utf8");
        assert.doesNotMatch(text, /innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser/, name);
        assert.doesNotMatch(text, /\beval\b|new Function|\sstyle=|\son\w+="/, name);
    }
    await open(page, DAY);
    const refused = await page.evaluate(() => {
        try {
            document.createElement("div").innerHTML = "<b>x</b>";
            return false;
        } catch {
            return true;
        }
    });
    assert.ok(refused);
    troubles.length = 0; // the console says so too
});

// ---- When the server does not do what it should ----

await test("a failure is said, and can be tried again", async (page) => {
    await open(page, DAY);
    const answer = (status, message) => (route) => route.fulfill({ status, json: { error: { message } } });
    await page.route("**/api/timeline*", answer(500, "the disk is full"));
    await page.keyboard.press("ArrowLeft");
    await page.getByText("the disk is full").waitFor();
    await page.unroute("**/api/timeline*");
    await page.getByRole("button", { name: "Try again" }).click();
    await page.getByRole("heading", { name: "Monday 23 November 2026" }).waitFor();
    await page.route("**/api/recall*", answer(401, "no token"));
    await type(page, "demo");
    await page.getByText("This memory is private").waitFor();
    await page.unroute("**/api/recall*");
    await page.route("**/api/**", (route) => route.abort());
    await open(page, DAY);
    assert.match(await page.textContent("main"), /cannot be reached/);
    await page.unroute("**/api/**");
    await page.route("**/api/timeline*", (route) => route.fulfill({ body: "<html>", contentType: "text/html" }));
    await page.getByRole("button", { name: "Try again" }).click();
    await page.getByText("cannot be read").waitFor();
});

// ---- For everybody ----

const VIEWS = [
    "", DAY, "#/search?q=", "#/search?q=connection+reset+on+24+November+2026", "#/search?q=zebra", "#/event/11", "#/event/25",
    "#/models", "#/models/tags", "#/nothing",
];

for (const colorScheme of ["light", "dark"]) {
    const context = await signedIn(browser, url, { colorScheme });
    await test(`axe finds nothing serious, ${colorScheme}`, async (page) => {
        await page.goto("about:blank");
        for (const hash of [...VIEWS, "correct", "locked"]) {
            if (hash === "locked") await context.clearCookies();
            await open(page, hash === "correct" ? "#/event/11" : hash === "locked" ? "" : hash);
            if (hash === "correct") {
                for (const field of ["kind", "tags"]) await page.getByRole("button", { name: `Correct ${field}` }).click();
                await page.getByRole("button", { name: "Save" }).nth(1).waitFor();
            }
            await page.evaluate(axe);
            const found = await page.evaluate(() => window.axe.run(document));
            const serious = found.violations.filter((v) => ["serious", "critical"].includes(v.impact));
            assert.deepEqual(serious.map((v) => `${hash}: ${v.id}: ${v.nodes[0].html}: ${v.nodes[0].failureSummary}`), []);
        }
    }, context);
    await context.close();
}
const phone = await signedIn(browser, url, { viewport: PHONE, hasTouch: true, isMobile: true });
await test("nothing is wider than a phone", async (page) => {
    for (const hash of [...VIEWS, "#/day/2026-11-10"]) {
        await open(page, hash);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth);
        assert.ok(wide <= PHONE.width, `${hash}: ${wide}`);
    }
    await open(page, "#/event/11");
    await page.getByRole("button", { name: "Correct tags" }).click();
    await page.getByRole("group").waitFor();
    assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= PHONE.width);
}, phone);
await test("the keyboard comes in by the skip link, and out again", async (page) => {
    await open(page, DAY);
    await page.keyboard.press("Tab");
    assert.equal(await focused(page), "Skip to the content");
    await page.keyboard.press("Enter");
    assert.equal(await page.evaluate(() => document.activeElement.id), "main");
    const seen = new Set();
    for (let i = 0; i < 200; i++) {
        await page.keyboard.press("Tab");
        const at = await page.evaluate(() => {
            const e = document.activeElement;
            return e === document.body ? "out" : `${e.tagName} ${e.getAttribute("href") ?? e.id} ${e.textContent}`;
        });
        if (at === "out") break;
        seen.add(at);
    }
    assert.ok(seen.size > 25, `${seen.size} places`);
});
await test("150 kB are enough, and nothing is asked elsewhere", async (page) => {
    const sizes = new Map();
    page.on("response", async (reply) => {
        const { pathname } = new URL(reply.url());
        if (pathname === "/" || pathname.startsWith("/web/")) sizes.set(pathname, (await reply.body()).length);
    });
    await open(page, DAY);
    await page.waitForLoadState("networkidle");
    const sum = [...sizes.values()].reduce((a, b) => a + b, 0);
    assert.ok(sizes.size >= 10 && sum < 150e3, `${sizes.size} files, ${sum} bytes`);
    for (const name of readdirSync("web")) {
        const reply = await page.request.get(`${url}/web/${name}`);
        assert.equal(reply.status(), 200, name);
        assert.ok((await reply.body()).equals(readFileSync(`web/${name}`)), name);
    }
    requests.delete("null"); // about:blank
    assert.deepEqual([...requests], [url]);
});

await browser.close();
console.log(`${passed} ${failed}`);
