// SPDX-License-Identifier: Apache-2.0
// What is found, as it is typed: the time that the words mean, the hits, and when there are none, why.
import { recall } from "./api.js";
import { count, el, quiet, say, titleOf } from "./dom.js";
import { kindMark, searchFor, tagMark } from "./labels.js";
import { moment, range } from "./times.js";

const LIMIT = 20, SNIPPET = 240;
const FILTERS = ["kind", "tag", "entity", "link"];

// ---- Words that were found ----

const plain = (word) => word.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
// As far as the memory's own stems need: "uploads", "uploaded" and "uploading" are one word.
const stem = (word) => plain(word).replace(/(?<=...)(ing|edly|ed|es|s|ly|e|y|ies)$/u, "");

// Text as nodes, with a <mark> around each word whose stem is in stems.
function marked(text, stems) {
    return text.split(/([\p{L}\p{N}\p{M}]+)/u).map((part, i) => (i % 2 && stems.has(stem(part)) ? el("mark", {}, part) : part));
}

// The part of a text around the first word that was found.
function snippet(text, stems) {
    let at = 0;
    for (const found of text.matchAll(/[\p{L}\p{N}\p{M}]+/gu)) {
        if (!stems.has(stem(found[0]))) continue;
        at = found.index;
        break;
    }
    let from = at < SNIPPET / 2 ? 0 : at - SNIPPET / 4;
    if (from) from += text.slice(from, at).search(/\s|$/u);
    const part = [...text.slice(from, from + 2 * SNIPPET)].slice(0, SNIPPET).join("");
    return (from ? "… " : "") + part.trim() + (from + part.length < text.length ? " …" : "");
}

// What the text says beside the title.
function bodyOf(e) {
    const text = e.text.trim(), title = titleOf(e);
    return (text.startsWith(title) ? text.slice(title.length) : text).replace(/\s+/g, " ").trim();
}

function hit(e, stems) {
    const body = bodyOf(e), tags = e.labels.tags ?? [];
    return el("li", { class: "sheet" },
        el("h2", { class: "title" }, el("a", { class: "hit", href: `#/event/${e.event}` }, marked(titleOf(e), stems))),
        el("p", { class: "about" },
            el("time", { datetime: e.time }, moment(e.time)),
            el("span", {}, e.app && e.app !== e.source ? `${e.source}, ${e.app}` : e.source),
            kindMark(e.labels.kind?.[0])),
        body && el("p", { class: "snippet" }, marked(snippet(body, stems), stems)),
        tags.length > 0 && el("p", { class: "tags" }, tags.map((tag) => [tagMark(tag), " "])));
}

// ---- What was understood ----

function chips({ query, reply }) {
    const without = (name) => searchFor(Object.fromEntries(Object.entries(query).filter(([key]) => key !== name)));
    const said = reply.range?.rule?.split(":")[0];
    return el("ul", { class: "chips", "aria-label": "Understood as" },
        reply.range && el("li", { class: "chip when" }, said && el("b", {}, `${said}: `), range(reply.range)),
        reply.words && el("li", { class: "chip" }, quiet("words: "), reply.words),
        FILTERS.filter((name) => query[name]).map((name) =>
            el("li", { class: "chip" }, quiet(`${name}: `), query[name], " ",
                el("a", { href: without(name), "aria-label": `Without ${name} ${query[name]}` }, "×"))));
}

// Which filter left how many.
function why({ query, reply }) {
    const f = reply.filters, named = FILTERS.filter((name) => query[name]);
    const number = (n) => n.toLocaleString("en");
    const steps = [`${count(f.events, "event")} in the memory`];
    if (reply.range) steps.push(`${number(f.in_range)} of ${range(reply.range)}`);
    if (reply.words) steps.push(`${number(f.lexical)} with these words`, `${number(f.near)} near in meaning`);
    let reason = "None has these words, or means something like them.";
    if (!f.events) reason = "The memory is empty.";
    else if (reply.range && !f.in_range) reason = `Nothing is remembered of ${range(reply.range)}.`;
    else if (named.length) reason = `None is of ${named.map((name) => `${name} ${query[name]}`).join(" and ")}.`;
    return el("section", { class: "notice" },
        el("img", { src: "/web/penguin.svg", alt: "", width: 72, height: 72 }),
        el("h2", {}, reason),
        el("p", { class: "quiet" }, steps.join(" → ")),
        reply.range && reply.words && el("p", {},
            el("a", { class: "button", href: searchFor({ ...query, q: reply.words }) }, `Search “${reply.words}” at any time`)));
}

// ---- The view ----

function hints() {
    const examples = [
        "what did I do yesterday", "the upload bug last week", "meetings in November", "recipes from Sunday evening",
    ];
    return el("section", { class: "notice" },
        el("h1", { tabindex: "-1" }, "Search"),
        el("p", {}, "Say what it was about, and when, in words:"),
        el("ul", { class: "chips" }, examples.map((q) => el("li", {}, el("a", { class: "chip", href: searchFor({ q }) }, q)))));
}

export async function search({ query }, signal) {
    const q = (query.q ?? "").trim();
    const parameters = { q, limit: String(LIMIT), labels: "true" };
    for (const name of FILTERS) parameters[name] = query[name];
    if (!q && !FILTERS.some((name) => query[name])) {
        say("");
        return { title: "Search", node: hints() };
    }
    const reply = await recall(parameters, signal);
    const stems = new Set(reply.words.split(/[^\p{L}\p{N}\p{M}]+/u).filter(Boolean).map(stem));
    const { hits } = reply;
    const found = hits.length ? count(hits.length, "hit") + (hits.length === LIMIT ? ", the best ones" : "") : "No hits";
    say(reply.range ? `${found}. ${range(reply.range)}` : found);
    const node = el("article", { class: "search" },
        el("h1", { tabindex: "-1" }, found, quiet(` in ${reply.ms.toFixed(1)} ms`)),
        chips({ query, reply }),
        hits.length > 0 ? el("ol", { class: "hits" }, hits.map((e) => hit(e, stems))) : why({ query, reply }));
    return { title: q || "Search", node };
}
