// SPDX-License-Identifier: Apache-2.0
// What models said of an event, as small words. A kind has a colour beside its name, never alone.
import { el } from "./dom.js";

const KINDS = new Set([
    "chat", "code", "command", "data", "document", "error", "event", "link", "mail", "note", "secret", "todo",
]);

// The class that gives an element the colour of a kind.
export const kindClass = (kind) => (KINDS.has(kind) ? `k-${kind}` : "k-other");

export const searchFor = (parameters) => `#/search?${new URLSearchParams(parameters)}`;

export function kindMark(kind) {
    return kind && el("span", { class: `kind ${kindClass(kind)}` }, kind);
}

export function tagMark(tag) {
    return el("a", { class: "tag", href: searchFor({ tag }) }, tag);
}

// How often each kind is there, the most frequent first: [["code", 12], ["note", 3]]
export function kindCounts(events) {
    const counts = new Map();
    for (const kind of events.flatMap((e) => e.labels.kind ?? [])) counts.set(kind, (counts.get(kind) ?? 0) + 1);
    return [...counts].sort((a, b) => b[1] - a[1]);
}
