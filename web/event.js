// SPDX-License-Identifier: Apache-2.0
// One event: its text, what models said of it, and what the user says instead.
import * as api from "./api.js";
import { el, quiet, say, titleOf } from "./dom.js";
import { kindMark, searchFor, tagMark } from "./labels.js";
import { clock, dayOf, longMoment, moment, range, shortDay } from "./times.js";

const ALWAYS = ["kind", "tags"]; // can be corrected, also where no model said anything
const MONOSPACED = ["code", "command", "data", "error"];

const percent = (score) => `${Math.round(score * 100)} %`;
const who = (a) => (a.by === "you" ? "you said so" : `${a.by}, ${percent(a.score)} sure`);

function byField(list) {
    const fields = new Map();
    for (const a of list) fields.set(a.field, [...(fields.get(a.field) ?? []), a]);
    return fields;
}

// ---- The text ----

// Places are in code points. Names and links are shown where they stand; of two that overlap, the first.
function withPlaces(text, places) {
    const points = [...text], out = [];
    let at = 0;
    for (const a of places.sort((x, y) => x.start - y.start || y.end - x.end)) {
        if (a.start < at || a.end <= a.start) continue;
        out.push(points.slice(at, a.start).join(""));
        out.push(el("span", { class: "place", title: `${a.label}: ${who(a)}` }, points.slice(a.start, a.end).join("")));
        at = a.end;
    }
    out.push(points.slice(at).join(""));
    return out;
}

function textOf(e) {
    const kind = e.annotations.find((a) => a.field === "kind")?.label;
    const places = e.annotations.filter((a) => a.in === "text" && a.field !== "acts");
    return el("div", { class: MONOSPACED.includes(kind) ? "sheet text code" : "sheet text" }, withPlaces(e.text, places));
}

// An address is a link when it leads to the web; anything else is text.
function address(uri) {
    if (!/^https?:\/\//i.test(uri)) return el("code", {}, uri);
    return el("a", { href: uri, rel: "noreferrer noopener", target: "_blank" }, uri);
}

function about(e) {
    const offset = `UTC${e.time.slice(-6)}`, there = e.time.slice(11, 16); // by the clock where it happened
    const facts = [
        ["When", [
            el("time", { datetime: e.time }, longMoment(e.time)),
            quiet(there === clock(e.time) ? ` ${offset}` : `; ${there} where it happened, ${offset}`),
        ]],
        ["Source", e.app && e.app !== e.source ? `${e.source}, ${e.app}` : e.source],
        e.scope && ["Scope", e.scope],
        e.uri && ["Where", address(e.uri)],
        e.repeats && ["Repeats", el("a", { href: `#/event/${e.repeats}` }, `event ${e.repeats}, which says the same`)],
        ["Number", `${e.event}${String(e.id) === String(e.event) ? "" : `, known as ${e.id}`}`],
    ];
    const fact = ([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value));
    return el("dl", { class: "about" }, facts.filter(Boolean).map(fact));
}

// ---- Corrections ----

// What a form offers, and what was said with it: nothing when that is what holds already.
function several(field, names, now) {
    const boxes = names.map((name) => el("input", { type: "checkbox", value: name, checked: now.has(name) }));
    return {
        node: el("fieldset", {}, el("legend", {}, `Which ${field} are right?`),
            el("div", { class: "choices" }, boxes.map((box) => el("label", {}, box, box.value)))),
        said() {
            const changed = boxes.filter((box) => box.checked !== now.has(box.value));
            return changed.map((box) => (box.checked ? "+" : "-") + box.value);
        },
    };
}

function one(field, names, now) {
    const options = names.map((name) => el("option", { value: name, selected: now.has(name) }, name));
    const select = el("select", {}, !now.size && el("option", { value: "" }, "choose"), options);
    return {
        node: el("label", {}, `Which ${field} is right? `, select),
        said: () => (now.has(select.value) ? "" : select.value),
    };
}

const CHOOSERS = { classify: one, tags: several };

// The form under a field, made when it is asked for.
async function correction(e, field, labels, { done, cancel }) {
    const model = await api.model(field);
    if (!CHOOSERS[model.head]) throw new api.Failure(400, "What this model says has no labels to correct.");
    const choice = CHOOSERS[model.head](field, model.names, new Set(labels.map((a) => a.label)));
    const wrong = el("p", { class: "wrong", role: "alert" });
    const submit = async (event) => {
        event.preventDefault();
        const said = choice.said();
        if (!said.length) return cancel();
        try {
            await api.correct(e.event, { [field]: said });
            say(`Saved: ${field} ${[said].flat().join(", ")}`);
            done();
        } catch (error) {
            wrong.textContent = error.message;
        }
    };
    return el("form", { class: "correction", on: { submit, keydown: (k) => k.key === "Escape" && cancel() } },
        choice.node,
        el("div", { class: "row" },
            el("button", { class: "main" }, "Save"),
            el("button", { type: "button", on: { click: cancel } }, "Cancel")),
        wrong);
}

function said(a) {
    const mark = { kind: kindMark, tags: tagMark }[a.field] ?? ((label) => el("span", { class: "tag" }, label));
    return el("li", {}, mark(a.label), quiet(` ${who(a)}`));
}

function fieldRow(e, field, labels, reload) {
    const place = el("div", {});
    const cancel = () => {
        place.replaceChildren();
        button.setAttribute("aria-expanded", "false");
        button.focus();
    };
    const open = async () => {
        if (place.hasChildNodes()) return cancel();
        try {
            place.replaceChildren(await correction(e, field, labels, { done: () => reload(`correct-${field}`), cancel }));
            button.setAttribute("aria-expanded", "true");
            place.querySelector("select, input")?.focus();
        } catch (error) {
            place.replaceChildren(el("p", { class: "wrong", role: "alert" }, error.message));
        }
    };
    const button = el("button", {
        id: `correct-${field}`, class: "small", "aria-expanded": "false", "aria-label": `Correct ${field}`, on: { click: open },
    }, "Correct");
    return el("div", { class: "field" },
        el("h3", {}, field),
        labels.length ? el("ul", { class: "labels" }, labels.map(said)) : el("p", { class: "quiet" }, "no model was sure"),
        button, place);
}

function corrections(e, reload) {
    if (!e.corrections?.length) return null;
    const undo = async (event) => {
        try {
            await api.takeBack(e.event);
            say("Taken back");
            reload("corrections");
        } catch (error) {
            event.target.after(el("p", { class: "wrong", role: "alert" }, error.message));
        }
    };
    return el("div", { class: "field" },
        el("h3", {}, "Your corrections"),
        el("ul", { class: "labels" }, e.corrections.map((c) => el("li", {},
            `${c.field} is ${c.on ? "" : "not "}`, el("b", {}, c.label), quiet(` ${moment(c.corrected)}`)))),
        el("button", { class: "small", on: { click: undo } }, "Take back"));
}

function labels(e, reload) {
    const whole = byField(e.annotations.filter((a) => !a.in));
    const fields = new Set([...ALWAYS, ...whole.keys()]);
    return el("section", { class: "sheet", id: "corrections", tabindex: "-1", "aria-labelledby": "labels" },
        el("h2", { id: "labels" }, "What it is"),
        [...fields].map((field) => fieldRow(e, field, whole.get(field) ?? [], reload)),
        corrections(e, reload));
}

// ---- What stands in it ----

function inside(e) {
    const fields = byField(e.annotations.filter((a) => a.in));
    if (!fields.size) return null;
    const points = { title: [...(e.title ?? "")], text: [...e.text] };
    const words = (a) => points[a.in].slice(a.start, a.end).join(""); // values are in lower case
    const item = (field, a) => (field === "entities"
        ? el("a", { class: "tag", href: searchFor({ entity: a.value }), title: who(a) }, words(a))
        : el("span", { title: who(a) }, words(a)));
    const group = (field, [label, list]) => el("div", {},
        el("dt", {}, label),
        list.map((a) => el("dd", {}, item(field, a), quiet(` ${a.by === "you" ? "you" : percent(a.score)}`))));
    return el("section", { class: "sheet" },
        el("h2", {}, "What stands in it"),
        [...fields].map(([field, list]) => el("div", { class: `field ${field === "acts" ? "acts" : ""}` },
            el("h3", {}, field),
            el("dl", { class: "inside" }, [...Map.groupBy(distinct(list), (a) => a.label)].map((entry) => group(field, entry))))));
}

function distinct(list) {
    const seen = new Set();
    return list.filter((a) => {
        const key = `${a.label}\n${a.value}`;
        return !seen.has(key) && seen.add(key);
    });
}

function times(e) {
    return e.times?.length > 0 && el("section", { class: "sheet" },
        el("h2", {}, "Times it speaks of"),
        el("ul", { class: "labels" }, e.times.map((t) => el("li", {},
            t.from ? el("a", { href: `#/day/${dayOf(t.from)}` }, t.text) : t.text, quiet(` ${range(t)}`)))));
}

/* As the command line says it. */
function why(r) {
    return [r.shared && `both name ${r.shared}`, r.cosine > 0 && "near in meaning"].filter(Boolean).join("; ");
}

function relatedTo(list) {
    return list.length > 0 && el("section", {},
        el("h2", {}, "Related"),
        el("ul", { class: "events sheet" }, list.map((r) => el("li", {},
            el("a", { class: "event", href: `#/event/${encodeURIComponent(r.id)}` },
                el("time", { datetime: r.time }, moment(r.time)),
                el("span", { class: "title" }, titleOf(r)),
                quiet(r.source)),
            el("p", { class: "shared quiet" }, why(r))))));
}

// ---- The view ----

export async function event({ word }, signal, { reload }) {
    if (!/^[1-9]\d{0,17}$/.test(word)) throw new api.Failure(404, "An event has a number.");
    const [e, related] = await Promise.all([api.event(word, signal), api.related(word, signal)]);
    const again = async (id) => {
        await reload();
        document.getElementById(id)?.focus({ preventScroll: true });
    };
    const node = el("article", { class: "one" },
        el("p", {}, el("a", { href: `#/day/${dayOf(e.time)}` }, `← ${shortDay(e.time)}`)),
        el("h1", { tabindex: "-1" }, titleOf(e)),
        about(e),
        el("div", { class: "columns" },
            el("div", {}, textOf(e), times(e), relatedTo(related)),
            el("div", { class: "side" }, labels(e, again), inside(e))));
    return { title: titleOf(e), node };
}
