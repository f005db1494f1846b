// SPDX-License-Identifier: Apache-2.0
// The models, and the card of each.
import * as api from "./api.js";
import { card } from "./card.js";
import { count, el } from "./dom.js";

const HEADS = {
    classify: "chooses one label", tags: "gives labels", spans: "finds parts of a text", embed: "turns text into vectors",
    rank: "orders",
};

const megabytes = (bytes) => (bytes < 1e5 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`);
const large = (n) => (n < 1e6 ? `${Math.round(n / 1e3)} k` : `${(n / 1e6).toFixed(1)} M`);

function facts(m) {
    return [
        m.labels && count(m.labels, "label"),
        `${large(m.parameters)} weights, ${m.weights}`,
        megabytes(m.bytes),
        m.license && `data: ${m.license.replaceAll(" AND ", ", ")}`,
        m.personal && (m.outdated ? "your own, made of an older one" : "your own"),
    ].filter(Boolean);
}

function quality(m) {
    if (!m.metric) return null;
    const bar = el("span", { class: "bar" }, el("span", { class: "full" }));
    bar.firstChild.style.setProperty("inline-size", `${Math.round(Math.min(1, Math.max(0, m.quality)) * 100)}%`);
    const name = m.metric.replaceAll("_", "-").replace("f1", "F1").replace("mrr", "MRR");
    return el("p", { class: "quality" }, el("span", {}, name), bar, el("b", {}, m.quality.toFixed(3)));
}

function tile(m) {
    return el("li", { class: "sheet" },
        el("h2", {}, el("a", { href: `#/models/${encodeURIComponent(m.name)}` }, m.name)),
        el("p", {}, HEADS[m.head] ?? m.head),
        quality(m),
        el("ul", { class: "facts quiet" }, facts(m).map((fact) => el("li", {}, fact))));
}

export async function models(place, signal) {
    const list = (await api.models(signal)).models;
    const bytes = list.reduce((sum, m) => sum + m.bytes, 0);
    return {
        title: "Models",
        node: el("article", {},
            el("h1", { tabindex: "-1" }, "Models"),
            el("p", { class: "lead" }, `${count(list.length, "model")}, ${megabytes(bytes)} together, all on this machine`),
            el("ul", { class: "tiles" }, list.map(tile))),
    };
}

export async function model({ word }, signal) {
    const m = await api.model(word, signal);
    return {
        title: m.name,
        node: el("article", { class: "model" },
            el("p", {}, el("a", { href: "#/models" }, "← All models")),
            el("h1", { tabindex: "-1" }, m.name),
            el("p", { class: "lead" }, HEADS[m.head] ?? m.head),
            quality(m),
            el("ul", { class: "facts quiet" }, facts(m).map((fact) => el("li", {}, fact))),
            el("div", { class: "card" },
                el("div", {}, m.card ? card(m.card) : el("p", {}, "Its file holds no card.")),
                m.figure && el("img", {
                    src: api.figure(m.name), width: 460, height: 590,
                    alt: "How far its probabilities can be trusted; the table of the calibration says the same in figures.",
                })),
            el("p", { class: "quiet file" }, m.file)),
    };
}
